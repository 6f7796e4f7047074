//! The whole machine: a configuration, who asks, what is asked and how the accounts stand, and what comes of it.
//!
//! Every case is asked in both dialects. What it comes to is told in one line: where the request waits, then either the
//! alias, the targets in order and what is held, or status, details, code and message of the refusal.

mod admitting;
mod paying;
mod property;
mod recalling;
mod telling;
mod waiting;

use std::{collections::HashMap, path::Path};

use penstock_chat::Api;
use penstock_client::Client;
use penstock_config::Config;
use penstock_flow::Headers;
use serde_json::{Value, json};

use super::{story::Story, *};
use crate::{
    cache::Recalled,
    caller::{Caller, OwnLimits},
    limits::{self, queue},
    money::Priced,
    plan::{Circuit, Standing as Health, Turn},
    session::Purpose,
    snapshot::Metrics,
    store::{Fail, LONGEST_NAME, Refused, Standing},
};

const NOW: u64 = 1_774_778_400_000;
/// What any window still lasts.
const RESET: u64 = 30_000;
const INPUT: u64 = 10;
/// Stands for the error's code, which each dialect has of its own.
const CODE: &str = "<code>";
const APPROVE_KEY: &[u8] = b"0123456789abcdef";

/// `lab/secret` is in no price table.
const MODELS: &str = "
models:
  - name: large
    targets:
      - { provider: eu, model: big, context_window: 1000, capabilities: [tools, json_schema] }
      - { provider: us, model: big, context_window: 2000 }
  - { name: small, targets: [{ provider: us, model: little }] }
  - { name: tiny, targets: [{ provider: eu, model: little }] }
  - { name: free, targets: [{ provider: lab, model: secret }, { provider: eu, model: little }] }
  - { name: wide, targets: [{ provider: us, model: little, max_output_tokens: 1000 }] }
  - { name: secret, targets: [{ provider: lab, model: secret }] }
service: {}
";

/// Micro-dollars for an output token; input costs nothing.
const PRICES: &str = "
  prices:
    - { provider: eu, model: big, input: 0, output: 10 }
    - { provider: us, model: big, input: 0, output: 20 }
    - { provider: us, model: little, input: 0, output: 2 }
    - { provider: eu, model: little, input: 0, output: 1 }
";

/// `limits` are those of the providers `eu` and `us`, `more` is what else stands in the file.
fn snapshot(limits: [&str; 2], more: &str) -> Arc<Snapshot> {
    let [eu, us] = limits;
    let text = format!(
        "providers:
  - {{ name: eu, api: openai, base_url: 'https://eu.example/v1', region: eu-west-1{eu} }}
  - {{ name: us, api: anthropic, base_url: 'https://us.example', region: us-east-1{us} }}
  - {{ name: lab, api: openai, base_url: 'http://127.0.0.1:9/v1' }}
{MODELS}{more}"
    );
    let config = match Config::from_yaml_str(&text, Path::new("penstock.yaml")) {
        Ok(config) => config,
        Err(invalid) => panic!("{invalid}"),
    };
    Arc::new(Snapshot::new(config, Some(APPROVE_KEY), &Metrics::default(), None).unwrap())
}

/// Every case of a table, each of what is given in words and of what it comes to. Tells of all that differ.
fn assert_table(snapshot: &Arc<Snapshot>, cases: &[(&str, &str)]) {
    let found = cases.iter().map(|(given, expected)| {
        let outcome = Given::read(given).outcome(snapshot);
        (outcome != *expected).then(|| format!("{given:?}\n  is       {outcome}\n  expected {expected}"))
    });
    let wrong: Vec<String> = found.flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A world in which each circuit that is named is open.
#[derive(Clone, Debug, Default)]
struct View(HashMap<String, u64>);

impl HealthView for View {
    fn standing(&self, provider: &str, model: &str, _: u64) -> Health {
        let open = self.0.get(&format!("{provider}/{model}"));
        Health {
            circuit: open.map_or(Circuit::Closed, |ms| Circuit::Open { retry_after_ms: *ms }),
            ..Health::default()
        }
    }

    fn claim(&self, _: &str, _: &str, _: Turn, _: u64) -> bool {
        true
    }
}

/// Accounts by what people call them: `budget/NAME`, `provider/NAME`, `strict`, `own`, `approval`.
#[derive(Clone, Debug, Default)]
struct Books {
    used: HashMap<String, u64>,
    away: bool,
    /// What was reserved last, if that went well.
    reserved: Vec<Claim>,
}

impl Books {
    fn label(snapshot: &Snapshot, account: &Account) -> String {
        let name = &account.name;
        assert!(name.len() <= LONGEST_NAME, "{name}");
        if let Some(budget) = name.strip_prefix("budget/") {
            return format!("budget/{}", budget.split('/').next().unwrap_or_default());
        }
        let caller = Caller::default();
        let ask = limits::Ask {
            caller: &caller,
            alias: "",
            route: "",
            input_tokens: 0,
            output_tokens: 0,
        };
        let provider = snapshot.config.providers.iter().find(|provider| {
            let models = ["big", "little"].iter();
            let drawn = models.flat_map(|model| limits::provider(provider, model, &ask));
            drawn.into_iter().any(|drawn| drawn.claim.account == *account)
        });
        match provider {
            Some(provider) => format!("provider/{}", provider.name),
            None => name.split([':', '/']).next().unwrap_or_default().to_owned(),
        }
    }

    fn standing(&self, snapshot: &Snapshot, account: &Account) -> Standing {
        let used = self.used.get(&Self::label(snapshot, account));
        Standing {
            used: used.copied().unwrap_or_default(),
            held: 0,
            reset_ms: RESET,
        }
    }

    fn reserve(&mut self, snapshot: &Snapshot, claims: &[Claim]) -> Result<Vec<Standing>, Refused> {
        self.reserved.clear();
        if let Some(claim) = claims
            .iter()
            .position(|claim| self.away && claim.fail == Fail::Closed)
        {
            return Err(Refused::Away { claim });
        }
        let standing = |claim: &Claim| self.standing(snapshot, &claim.account);
        let standings: Vec<Standing> = claims.iter().map(standing).collect();
        let mut both = claims.iter().zip(&standings);
        if let Some(claim) = both.position(|(claim, standing)| standing.used + claim.amount > claim.cap) {
            return Err(Refused::Short { claim, standings });
        }
        self.reserved = claims.to_vec();
        Ok(standings)
    }
}

/// A request and a world in words.
#[derive(Clone, Debug)]
struct Given {
    caller: Caller,
    purpose: Purpose,
    body: Value,
    raw: Option<String>,
    input: Option<u64>,
    output: Option<u64>,
    approval: Option<String>,
    books: Books,
    /// What is used after each wait, one wait after the other; the request is late when there is no more.
    waits: Vec<(String, u64)>,
    queue_full: bool,
    view: View,
}

impl Given {
    fn read(words: &str) -> Self {
        let mut given = Self {
            caller: Caller {
                tenant: "acme".to_owned(),
                ..Caller::default()
            },
            purpose: Purpose::Chat,
            body: json!({ "model": "large", "max_tokens": 100, "messages": [{ "role": "user", "content": "hello" }] }),
            raw: None,
            input: Some(INPUT),
            output: Some(100),
            approval: None,
            books: Books::default(),
            waits: Vec::new(),
            queue_full: false,
            view: View::default(),
        };
        for word in words.split_whitespace() {
            given.word(word);
        }
        given
    }

    fn word(&mut self, word: &str) {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        let number = || value.parse::<u64>().unwrap();
        match name.split_once(':') {
            Some(("used", label)) => {
                self.books.used.insert(label.to_owned(), number());
                return;
            }
            Some(("then", label)) => return self.waits.push((label.to_owned(), number())),
            Some(("open", target)) => {
                self.view.0.insert(target.to_owned(), number());
                return;
            }
            _ => {}
        }
        match name {
            "key" => self.caller.key = Some(value.to_owned()),
            "region" => self.caller.region = Some(value.to_owned()),
            "models" => {
                let models = value.split(',').filter(|model| !model.is_empty());
                self.caller.models = Some(models.map(str::to_owned).collect());
            }
            "own-rpm" => {
                self.caller.limits = OwnLimits {
                    requests_per_minute: Some(number()),
                    ..OwnLimits::default()
                }
            }
            "model" => self.body["model"] = json!(value),
            "no-model" => drop(self.body.as_object_mut().unwrap().remove("model")),
            "max" => {
                self.body["max_tokens"] = json!(number());
                self.output = Some(number());
            }
            "no-max" => drop(self.body.as_object_mut().unwrap().remove("max_tokens")),
            "choices" => self.body["n"] = json!(number()),
            "in" => self.input = Some(number()),
            "uncounted" => (self.input, self.output) = (None, None),
            "tools" => self.body["tools"] = json!([{ "name": "t" }]),
            "reasoning" => self.body["thinking"] = json!({ "type": "adaptive" }),
            "schema" => self.body["output_format"] = json!({ "type": "json_schema" }),
            "body" => self.raw = Some(value.to_owned()),
            "estimate" => self.purpose = Purpose::Estimate,
            "approve" => self.approval = Some(value.to_owned()),
            "away" => self.books.away = true,
            "full" => self.queue_full = true,
            _ => panic!("{word}"),
        }
    }

    fn body(&self) -> Vec<u8> {
        match &self.raw {
            Some(raw) => raw.clone().into_bytes(),
            None => self.body.to_string().into_bytes(),
        }
    }

    /// The token that is sent for a word: one of this caller, this body and 2000 micro-dollars, unless it says otherwise.
    fn approval(&self, snapshot: &Snapshot) -> Option<String> {
        let word = self.approval.as_deref()?;
        let issue = |caller: &Caller, amount, at| {
            let approvals = snapshot.money.approvals().unwrap();
            approvals
                .issue(caller, &self.body(), MicroUsd(amount), at, 7)
                .text
        };
        let other = Caller::default();
        Some(match word {
            "good" => issue(&self.caller, 2_000, NOW),
            "lower" => issue(&self.caller, 1_999, NOW),
            "foreign" => issue(&other, 2_000, NOW),
            "expired" => issue(&self.caller, 2_000, NOW - 600_000),
            junk => junk.to_owned(),
        })
    }

    fn question(&self, snapshot: &Snapshot, dialect: Api) -> Box<Question> {
        Box::new(Question {
            purpose: self.purpose,
            client: Client {
                dialect,
                ..Client::unknown("p1")
            },
            caller: Arc::new(self.caller.clone()),
            route: "chat-completions",
            path: "/v1/chat/completions".to_owned(),
            input: self.input.map(Tokens),
            output: self.output.map(Tokens),
            headers: Headers::default(),
            approval: self.approval(snapshot),
            body: self.body(),
        })
    }

    /// What both dialects are told, which differs in the code only.
    fn outcome(&self, snapshot: &Arc<Snapshot>) -> String {
        let [openai, anthropic] = [Api::OpenAi, Api::Anthropic].map(|dialect| self.ask(snapshot, dialect));
        let codes = if openai.1 == anthropic.1 {
            openai.1
        } else {
            format!("{}/{}", openai.1, anthropic.1)
        };
        let [openai, anthropic] = [openai.0, anthropic.0].map(|line| line.replace(CODE, &codes));
        assert_eq!(openai, anthropic);
        openai
    }

    /// The line, with [`CODE`] in the place of the error's code, and the code.
    fn ask(&self, snapshot: &Arc<Snapshot>, dialect: Api) -> (String, String) {
        let (line, code, _) = self.drive(snapshot, dialect);
        (line, code)
    }

    /// The same, and what people are told of it; nothing of what is only asked about.
    fn drive(&self, snapshot: &Arc<Snapshot>, dialect: Api) -> (String, String, Option<Story>) {
        let mut books = self.books.clone();
        let mut waits = self.waits.iter();
        let mut line = String::new();
        let question = self.question(snapshot, dialect);
        let (mut deciding, mut next) = Deciding::start(Arc::clone(snapshot), question, &self.view, 0, NOW);
        loop {
            next = match next {
                Next::Recall => deciding.recalled(Recalled::Off, &self.view),
                Next::Count(counting) => {
                    let question = deciding.question();
                    let counted = counting.count(question.client.dialect, &question.body);
                    deciding.counted(counted, &self.view)
                }
                Next::Look(accounts) => {
                    let standings = accounts.iter().map(|account| books.standing(snapshot, account));
                    let standings: Vec<Standing> = standings.collect();
                    deciding.looked((!books.away).then_some(standings.as_slice()), &self.view)
                }
                Next::Reserve(claims) => {
                    let result = books.reserve(snapshot, &claims);
                    deciding.reserved(result.as_deref(), &self.view)
                }
                Next::Wait(room) => {
                    line.push_str(&format!("wait {} {}; ", room.provider, room.retry_ms));
                    match waits.next() {
                        Some((label, used)) => {
                            books.used.insert(label.clone(), *used);
                            deciding.waited(&self.view, NOW + 1)
                        }
                        None if self.queue_full => deciding.gave_up(&queue::Refused::Full { size: 1 }),
                        None => deciding.gave_up(&queue::Refused::Late {
                            retry_ms: room.retry_ms,
                        }),
                    }
                }
                Next::Tell => {
                    let sketch = deciding.sketch(&self.view);
                    let targets = sketch.priced.iter().map(name).collect::<Vec<_>>().join(" ");
                    let excluded = sketch.excluded.join(", ");
                    line.push_str(&format!("estimate {}: [{targets}] [{excluded}]", sketch.served));
                    return (line, String::new(), None);
                }
                Next::Done(verdict) => {
                    let (told, code) = told(snapshot, &verdict, &books);
                    return (line + &told, code, Some(deciding.story(&verdict)));
                }
            };
        }
    }
}

fn name(target: &Priced) -> String {
    format!("{}/{}", target.provider, target.model)
}

fn told(snapshot: &Snapshot, verdict: &Verdict, books: &Books) -> (String, String) {
    match verdict {
        Verdict::Go {
            decision, receipt, ..
        } => {
            let held: Vec<(&Account, u64)> = receipt
                .held
                .iter()
                .map(|held| (&held.account, held.amount))
                .collect();
            let reserved = books
                .reserved
                .iter()
                .filter(|claim| !claim.account.name.starts_with("approval/"));
            let reserved: Vec<(&Account, u64)> =
                reserved.map(|claim| (&claim.account, claim.amount)).collect();
            assert_eq!(held, reserved);
            assert_eq!(receipt.served, decision.alias);
            let targets = decision
                .targets
                .iter()
                .map(|target| format!("{}/{}", target.provider, target.model));
            let held = held
                .iter()
                .map(|(account, amount)| format!("{}={amount}", Books::label(snapshot, account)));
            let mut line = format!("{}: {}", decision.alias, targets.collect::<Vec<_>>().join(" "));
            for held in held {
                line.push_str(&format!(" {held}"));
            }
            if let Some(reason) = &receipt.reason {
                line.push_str(&format!(" ({reason} from {})", receipt.asked));
            }
            (line, String::new())
        }
        Verdict::Reply { reply, receipt } => {
            assert_eq!(books.reserved, []);
            let receipt = receipt.as_ref().unwrap();
            assert_eq!(receipt.reason.as_deref(), Some(reply.details));
            assert_eq!(receipt.held, []);
            let body: Value = serde_json::from_slice(&reply.body).unwrap();
            let error = &body["error"];
            let code = error["code"].as_str().or(error["type"].as_str()).unwrap();
            let header = |name| reply.headers.iter().find(|(known, _)| *known == name);
            let after = header("retry-after").map(|(_, seconds)| format!(" after {seconds}"));
            let line = format!(
                "{} {} {CODE}{}: {}",
                reply.status,
                reply.details,
                after.unwrap_or_default(),
                error["message"].as_str().unwrap()
            );
            (line, code.to_owned())
        }
    }
}
