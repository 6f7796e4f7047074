use super::*;

#[test]
fn a_provider_gets_the_headers_it_needs_and_no_others() {
    let plan = plan(Api::OpenAi, true, Commit::FirstEvent);
    let mut back = back("a", Api::OpenAi);
    let journey = Journey::start();
    let step = back.request_headers(&request_headers(), Some(plan), Some(journey), None);
    assert_eq!(step.verdict, Verdict::Hold);
    for name in [
        "authorization",
        "x-api-key",
        "cookie",
        "x-forwarded-for",
        "anthropic-beta",
    ] {
        assert!(step.headers.contains(&HeaderOp::Remove(name.into())), "{name}");
    }
    assert_eq!(header(&step, ":path"), Some("/x/a%2Fmodel/chat"));
    assert_eq!(header(&step, ":authority"), Some("host"));
    assert_eq!(header(&step, "content-type"), Some("application/json"));
    assert_eq!(
        kept(&step, state::NEXT),
        Some("provider-b"),
        "the default, should nothing more be heard"
    );
}

#[test]
fn the_clients_own_headers_and_credential_reach_only_who_is_to_have_them() {
    let mut plan = plan(Api::Anthropic, true, Commit::FirstEvent);
    plan.forward = vec![("anthropic-beta".into(), "b".into())];
    plan.targets[1].client_credential = true;
    let mut progress = Progress::start();

    let mut first = back("a", Api::OpenAi);
    let journey = Some(Journey {
        progress: progress.clone(),
        ..Journey::default()
    });
    let step = first.request_headers(
        &request_headers(),
        Some(plan.clone()),
        journey,
        Some(Credential::Key("key".into())),
    );
    assert_eq!(header(&step, "anthropic-beta"), None);
    assert_eq!(header(&step, "authorization"), None);

    progress.begin(&plan, 0);
    let mut second = back("b", Api::Anthropic);
    let journey = Some(Journey {
        progress,
        ..Journey::default()
    });
    let step = second.request_headers(
        &request_headers(),
        Some(plan),
        journey,
        Some(Credential::Key("key".into())),
    );
    assert_eq!(header(&step, "anthropic-beta"), Some("b"));
    assert_eq!(header(&step, "anthropic-version"), Some("2023-06-01"));
    assert_eq!(header(&step, "x-api-key"), Some("key"));
    assert_eq!(header(&step, "authorization"), None);
}

#[test]
fn an_attempt_that_contradicts_the_plan_sends_nothing() {
    let plan = plan(Api::OpenAi, true, Commit::FirstEvent);
    let journey = Journey::start();
    for (provider, plan) in [("b", Some(plan)), ("a", None)] {
        let step = back(provider, Api::OpenAi).request_headers(
            &request_headers(),
            plan,
            Some(journey.clone()),
            None,
        );
        assert!(
            matches!(&step.verdict, Verdict::Reply(reply) if reply.status == 500),
            "{provider}"
        );
    }
}

#[test]
fn the_request_is_written_for_the_target() {
    let plan = plan(Api::OpenAi, false, Commit::FirstEvent);
    let mut back = back("a", Api::OpenAi);
    let journey = Journey::start();
    back.request_headers(&request_headers(), Some(plan), Some(journey), None);
    let step = back.request_body(REQUEST.as_bytes());
    let Body::Replace(body) = &step.body else {
        panic!("the model's name must change")
    };
    assert_eq!(
        header(&step, "content-length"),
        Some(body.len().to_string().as_str())
    );
    let body: serde_json::Value = serde_json::from_slice(body).unwrap();
    assert_eq!(body["model"], "a/model");
}
