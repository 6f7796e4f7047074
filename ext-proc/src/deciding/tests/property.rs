//! Whatever the store answers, and whoever asks for what: it ends, it goes nowhere that it must not, and the receipt
//! holds what was reserved.

use proptest::prelude::*;

use super::*;
use crate::cache::Recalled;

const MORE: &str = "
  downgrades: { large: small, small: tiny, free: tiny }
  approve_above: 0.0015
  approve_key: { env: KEY }
  budgets:
    - { name: month, per: [tenant], amount: 0.01, period: month, downgrade_at: 80 }
    - { name: of-us, match: { provider: [us] }, amount: 0.01, period: day, fail: closed }
    - { name: each, per: [provider], amount: 0.01, period: day, downgrade_at: 50, on_exceeded: notify }
quota:
  limits:
    - { name: each, strict: true, per: [tenant], tokens_per_minute: 500, requests_per_minute: 5 }
";
const LIMITS: [&str; 2] = [
    ", limits: [{ requests_per_minute: 5 }, { model: big, tokens_per_minute: 300, fail: closed }]",
    ", limits: [{ tokens_per_minute: 100 }]",
];
/// Where a request may come to, by the model that it asks for.
const REACHED: [(&str, &[&str]); 5] = [
    ("large", &["large", "small", "tiny"]),
    ("small", &["small", "tiny"]),
    ("tiny", &["tiny"]),
    ("free", &["free", "tiny"]),
    ("secret", &["secret"]),
];
const WAITS: usize = 3;
/// More questions than this between two waits would be too many: one for each alias, and one for each target of one.
const STEPS: usize = 8;

fn words() -> impl Strategy<Value = String> {
    let model = prop::sample::select(vec!["large", "small", "tiny", "free", "secret", "huge"]);
    let region = prop::sample::select(vec!["", "", "region=eu", "region=us", "region=asia", "region="]);
    let needs = prop::sample::select(vec!["", "tools", "reasoning", "schema reasoning"]);
    let models = prop::sample::select(vec!["", "", "models=", "models=large", "models=small,free"]);
    let approval = prop::sample::select(vec!["", "approve=good", "approve=expired", "approve=x"]);
    let own = prop::sample::select(vec!["", "own-rpm=3"]);
    let open = prop::sample::select(vec!["", "open:eu/big=5", "open:us/big=5 open:eu/big=9"]);
    (
        model,
        region,
        needs,
        models,
        approval,
        own,
        open,
        1..200_u64,
        0..1200_u64,
    )
        .prop_map(
            |(model, region, needs, models, approval, own, open, max, input)| {
                format!(
                    "model={model} {region} {needs} {models} {approval} {own} {open} max={max} in={input}"
                )
            },
        )
}

/// What the store says to one question: a number that decides, and what is used everywhere.
type Answer = (u8, u64);

fn standing((_, used): Answer) -> Standing {
    Standing {
        used,
        held: used / 2,
        reset_ms: used % 3 * 1_000,
    }
}

fn reserve((what, used): Answer, claims: &[Claim]) -> Result<Vec<Standing>, Refused> {
    let claim = usize::from(what) / 4 % claims.len().max(1);
    let standings = vec![standing((what, used)); claims.len()];
    match what % 4 {
        0 => Ok(standings),
        1 => Err(Refused::Away { claim }),
        _ => Err(Refused::Short { claim, standings }),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_ends_and_keeps_what_must_be_kept(
        words in words(),
        answers in prop::collection::vec((any::<u8>(), 0..20_000_u64), 1..40),
        anthropic in any::<bool>(),
    ) {
        thread_local! {
            static SNAPSHOT: Arc<Snapshot> = snapshot(LIMITS, &format!("money:{PRICES}{MORE}"));
        }
        let snapshot = SNAPSHOT.with(Arc::clone);
        let given = Given::read(&words);
        let dialect = if anthropic { Api::Anthropic } else { Api::OpenAi };
        let question = given.question(&snapshot, dialect);
        let (mut deciding, mut next) = Deciding::start(Arc::clone(&snapshot), question, &given.view, 0, NOW);
        let mut answers = answers.into_iter().cycle();
        let (mut steps, mut waits) = (0, 0);
        let mut reserved: Vec<Claim> = Vec::new();
        let verdict = loop {
            let answer = answers.next().unwrap();
            steps += 1;
            prop_assert!(steps <= STEPS, "{steps} steps");
            next = match next {
                Next::Recall => deciding.recalled(Recalled::Off, &given.view),
                Next::Done(verdict) => break *verdict,
                Next::Tell => panic!("nobody has asked for an estimate"),
                Next::Count(counting) => {
                    let question = deciding.question();
                    let counted = counting.count(question.client.dialect, &question.body);
                    deciding.counted(counted, &given.view)
                }
                Next::Look(accounts) => {
                    let standings = vec![standing(answer); accounts.len()];
                    deciding.looked((answer.0 % 8 != 0).then_some(standings.as_slice()), &given.view)
                }
                Next::Reserve(claims) => {
                    prop_assert!(!claims.is_empty());
                    let result = reserve(answer, &claims);
                    reserved = if result.is_ok() { claims } else { Vec::new() };
                    deciding.reserved(result.as_deref(), &given.view)
                }
                Next::Wait(room) => {
                    prop_assert!(snapshot.queues.get(&room.provider, room.model.as_deref()).is_some());
                    waits += 1;
                    steps = 0;
                    if waits > WAITS {
                        deciding.gave_up(&queue::Refused::Late { retry_ms: room.retry_ms })
                    } else {
                        deciding.waited(&given.view, NOW + 1)
                    }
                }
            };
        };
        match verdict {
            Verdict::Reply { reply, receipt } => {
                prop_assert!((400..600).contains(&reply.status) && reply.status != 500, "{reply:?}");
                prop_assert!(reserved.is_empty());
                prop_assert_eq!(receipt.unwrap().held, []);
            }
            Verdict::Go { decision, receipt, .. } => {
                let caller = &given.caller;
                let asked = receipt.asked.as_str();
                prop_assert!(caller.may_use(asked));
                let (_, reached) = REACHED.iter().find(|(model, _)| *model == asked).unwrap();
                prop_assert!(reached.contains(&decision.alias.as_str()));
                prop_assert!(!decision.targets.is_empty());
                let routing = snapshot.routing(&decision.alias).unwrap();
                let needs = Needs::read(&given.body(), caller);
                for target in &decision.targets {
                    let route = routing.targets.iter().find(|route| {
                        route.provider == target.provider && route.model == target.model
                    });
                    let route = route.unwrap();
                    prop_assert!(caller.region.as_deref().is_none_or(|region| route.is_within(region)));
                    prop_assert_eq!(route.capabilities.lacks(needs.capabilities), None);
                    // A budget that refuses holds for everybody here.
                    prop_assert!(target.price.is_some());
                }
                let approvals = reserved.iter().filter(|claim| claim.account.name.starts_with("approval/"));
                prop_assert_eq!(approvals.count(), usize::from(receipt.estimate.0 > 1_500));
                let reserved = reserved.iter().filter(|claim| !claim.account.name.starts_with("approval/"));
                let reserved: Vec<_> = reserved.map(|claim| (&claim.account, claim.amount)).collect();
                let held: Vec<_> = receipt.held.iter().map(|held| (&held.account, held.amount)).collect();
                prop_assert_eq!(held, reserved);
            }
        }
    }
}
