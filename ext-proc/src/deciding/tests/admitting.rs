//! What is decided before money and limits: the model, the caller, and the targets that can take the request.

use super::*;

#[test]
fn a_request_gets_the_targets_that_can_take_it() {
    assert_table(
        &snapshot(["", ""], ""),
        &[
            ("", "large: eu/big us/big"),
            ("model=tiny", "tiny: eu/little"),
            // Residency.
            ("region=eu", "large: eu/big"),
            ("region=eu-west-1", "large: eu/big"),
            ("region=us", "large: us/big"),
            (
                "region=eu-west-2",
                "503 no_target service_unavailable/api_error: no target is left for model large: eu/big: region eu-west-1, not eu-west-2; us/big: region us-east-1, not eu-west-2",
            ),
            (
                "region=eu model=small",
                "503 no_target service_unavailable/api_error: no target is left for model small: us/little: region us-east-1, not eu",
            ),
            ("region=eu model=free", "free: eu/little"),
            // Nobody has said where it must stay, and it must.
            (
                "region=",
                "503 no_target service_unavailable/api_error: no target is left for model large: eu/big: the caller's region is not known; us/big: the caller's region is not known",
            ),
            (
                "region= model=secret",
                "503 no_target service_unavailable/api_error: no target is left for model secret: lab/secret: the caller's region is not known",
            ),
            // Capabilities.
            ("tools", "large: eu/big us/big"),
            ("schema tools", "large: eu/big us/big"),
            ("reasoning", "large: us/big"),
            (
                "reasoning region=eu",
                "503 no_target service_unavailable/api_error: no target is left for model large: eu/big: without reasoning; us/big: region us-east-1, not eu",
            ),
            // Context windows.
            ("in=900", "large: eu/big us/big"),
            ("in=901", "large: us/big"),
            (
                "in=1901",
                "503 no_target service_unavailable/api_error: no target is left for model large: eu/big: context window of 1000 tokens for 2001; us/big: context window of 2000 tokens for 2001",
            ),
            // Circuits: they are no reason to refuse.
            ("open:eu/big=2000", "large: us/big"),
            ("open:eu/big=3000 open:us/big=2000", "large: us/big eu/big"),
            ("open:eu/big=3000 region=eu", "large: eu/big"),
        ],
    );
}

#[test]
fn what_cannot_be_answered_is_refused_in_the_callers_dialect() {
    assert_table(
        &snapshot(["", ""], ""),
        &[
            (
                "model=huge",
                "404 model_not_found model_not_found/not_found_error: the model `huge` does not exist; GET /v1/models lists those that do",
            ),
            (
                "no-model",
                "400 invalid_request invalid_request_error: model: must be the name of a model",
            ),
            (
                "no-model uncounted",
                "400 invalid_request invalid_request_error: model: must be the name of a model",
            ),
            (
                "body={\"model\":\"large\",\"mess uncounted",
                "400 invalid_request invalid_request_error: EOF while parsing a string at line 1 column 22",
            ),
            (
                "body={\"mess",
                "400 invalid_request invalid_request_error: EOF while parsing a string at line 1 column 6",
            ),
            (
                "body=",
                "400 invalid_request invalid_request_error: expected a JSON object",
            ),
            (
                "body=[]",
                "400 invalid_request invalid_request_error: expected a JSON object",
            ),
            (
                "body={\"model\":5}",
                "400 invalid_request invalid_request_error: model: must be the name of a model",
            ),
            (
                "models=",
                "403 model_not_allowed permission_denied/permission_error: this key may not use the model `large`",
            ),
            (
                "models=small,tiny",
                "403 model_not_allowed permission_denied/permission_error: this key may not use the model `large`",
            ),
            ("models=large", "large: eu/big us/big"),
            (
                "models=large model=huge",
                "404 model_not_found model_not_found/not_found_error: the model `huge` does not exist; GET /v1/models lists those that do",
            ),
            (
                "models=LARGE",
                "403 model_not_allowed permission_denied/permission_error: this key may not use the model `large`",
            ),
        ],
    );
}

#[test]
fn a_request_that_nobody_has_counted_is_counted() {
    let snapshot = snapshot(["", ""], "");
    let mut given = Given::read("uncounted max=70");
    given.output = None;
    let question = given.question(&snapshot, Api::OpenAi);
    let view = View::default();
    let (mut deciding, next) = Deciding::start(snapshot, question, &view, 0, NOW);
    let Next::Count(counting) = next else {
        panic!("{next:?}")
    };
    let counted = counting.count(Api::OpenAi, &deciding.question().body);
    let next = deciding.counted(counted, &view);
    let Next::Done(verdict) = next else {
        panic!("{next:?}")
    };
    let Verdict::Go { receipt, .. } = *verdict else {
        panic!("{verdict:?}")
    };
    assert_eq!(receipt.output_tokens, 70);
    assert!((1..100).contains(&receipt.input_tokens), "{receipt:?}");
}

#[test]
fn the_name_of_a_model_that_is_not_there_is_not_written_down() {
    let snapshot = snapshot(["", ""], "");
    let question = Given::read("model=my-mother-is-ill").question(&snapshot, Api::OpenAi);
    let (_, next) = Deciding::start(snapshot, question, &View::default(), 0, NOW);
    let Next::Done(verdict) = next else {
        panic!("{next:?}")
    };
    let Verdict::Reply { receipt, .. } = *verdict else {
        panic!("{verdict:?}")
    };
    let receipt = receipt.unwrap();
    assert_eq!((receipt.asked.as_str(), receipt.served.as_str()), ("", ""));
}

#[test]
fn an_answer_to_what_was_not_asked_is_no_consent() {
    let snapshot = snapshot(["", ""], "");
    let start = || {
        let question = Given::read("").question(&snapshot, Api::OpenAi);
        Deciding::start(Arc::clone(&snapshot), question, &View::default(), 0, NOW).0
    };
    let view = View::default();
    let answers: [fn(&mut Deciding, &View) -> Next; 3] = [
        |deciding, view| deciding.looked(Some(&[]), view),
        |deciding, view| deciding.reserved(Ok(&[]), view),
        |deciding, view| deciding.waited(view, NOW),
    ];
    for answer in answers {
        let next = answer(&mut start(), &view);
        let Next::Done(verdict) = next else {
            panic!("{next:?}")
        };
        assert!(
            matches!(&*verdict, Verdict::Reply { reply, .. } if reply.status == 500),
            "{verdict:?}"
        );
    }
}
