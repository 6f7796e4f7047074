//! The cache: asked after admission, and before anything is counted, reserved or planned.

use penstock_chat::Usage;

use super::*;
use crate::cache::{Hit, Recalled, Wanted};

fn cached(more: &str) -> Arc<Snapshot> {
    let budget =
        "  budgets: [{ name: month, per: [tenant], amount: 0.01, period: month, downgrade_at: 50 }]\n";
    let text = format!("cache: {{ {more} }}\nmoney:\n  downgrades: {{ large: small }}{PRICES}{budget}");
    snapshot(["", ""], &text)
}

fn begun(words: &str, more: &str) -> (Deciding, Next, Given) {
    let (snapshot, given) = (cached(more), Given::read(words));
    let question = given.question(&snapshot, Api::OpenAi);
    let (deciding, next) = Deciding::start(snapshot, question, &given.view, 0, NOW);
    (deciding, next, given)
}

fn missed() -> Recalled {
    Recalled::Goes {
        lookup: Lookup::Miss,
        wanted: Some(Box::new(Wanted {
            key: "k".to_owned(),
            compare: None,
        })),
    }
}

/// The verdict on a request for which the cache had nothing, whose budget has used so much.
fn after_a_miss(used: u64) -> Verdict {
    let (mut deciding, _, given) = begun("", "");
    let mut next = deciding.recalled(missed(), &given.view);
    loop {
        next = match next {
            Next::Look(accounts) => {
                let standing = Standing {
                    used,
                    held: 0,
                    reset_ms: RESET,
                };
                let standings: Vec<_> = accounts.iter().map(|_| standing).collect();
                deciding.looked(Some(&standings), &given.view)
            }
            Next::Reserve(_) => deciding.reserved(Ok(&[]), &given.view),
            Next::Done(verdict) => return *verdict,
            other => panic!("{other:?}"),
        };
    }
}

#[test]
fn who_may_not_use_the_model_gets_no_answer_of_its() {
    let (_, next, _) = begun("models=small", "");
    assert!(
        matches!(&next, Next::Done(verdict) if matches!(&**verdict, Verdict::Reply { reply, .. } if reply.status == 403)),
        "{next:?}"
    );
    assert!(matches!(begun("", "").1, Next::Recall));
}

#[test]
fn a_model_without_a_cache_is_decided_at_once() {
    let (_, next, _) = begun("", "enabled: false");
    assert!(matches!(next, Next::Look(_)), "{next:?}");
}

#[test]
fn a_kept_answer_reserves_nothing() {
    let (mut deciding, _, given) = begun("", "");
    let reply = Client::unknown("p1").reply(200, b"{}".to_vec(), "cache");
    let hit = Recalled::Hit(Box::new(Hit {
        reply: reply.clone(),
        word: "hit-exact",
        model: "large".to_owned(),
        usage: Usage::default(),
    }));
    let Next::Done(verdict) = deciding.recalled(hit, &given.view) else {
        panic!("no end")
    };
    let Verdict::Reply {
        reply: told,
        receipt: Some(receipt),
    } = *verdict
    else {
        panic!("no reply")
    };
    assert_eq!(told, reply);
    assert_eq!(
        (receipt.held.len(), receipt.cache.as_deref()),
        (0, Some("hit-exact"))
    );
}

#[test]
fn the_answer_to_a_miss_is_wanted_and_the_client_told() {
    let Verdict::Go {
        decision,
        receipt,
        wanted: Some(wanted),
    } = after_a_miss(0)
    else {
        panic!("not wanted")
    };
    assert_eq!(decision.cache, Some(Lookup::Miss));
    assert_eq!(
        (receipt.cache.as_deref(), receipt.wanted),
        (Some("miss"), Some(wanted.key))
    );
}

#[test]
fn an_answer_of_a_cheaper_model_is_not_kept_for_those_who_can_pay() {
    let Verdict::Go {
        decision,
        receipt,
        wanted,
    } = after_a_miss(6_000)
    else {
        panic!("refused")
    };
    assert_eq!(
        (decision.alias.as_str(), receipt.asked.as_str()),
        ("small", "large")
    );
    assert_eq!((wanted, receipt.wanted), (None, None));
}
