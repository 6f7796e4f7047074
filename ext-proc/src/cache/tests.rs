//! The cache without Envoy: what keeps requests apart, and what becomes of what it depends on.

use std::{path::Path, sync::atomic::AtomicU64};

use penstock_cache::{Answer, answer::Content, store::Memory};
use penstock_chat::{Api, Tokens, Usage};
use penstock_client::Client;
use penstock_embed::{EmbedError, Vector};
use penstock_flow::Headers;
use serde_json::json;
use tonic::async_trait;

use super::*;
use crate::{
    caller::Caller,
    session::{Purpose, Question},
    snapshot::{self, Snapshot},
};

const NOW: u64 = 1_774_778_400_000;

/// Every text means the same to it, as long as it works.
#[derive(Default)]
struct Same {
    fails: bool,
    asked: AtomicU64,
}

#[async_trait]
impl Embedder for Same {
    fn name(&self) -> &str {
        "same"
    }

    async fn embed(&self, _: &str) -> Result<Vector, EmbedError> {
        self.asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if self.fails {
            return Err(EmbedError::Failed("it is away".to_owned()));
        }
        Ok(Vector::new(vec![1.0, 0.0])?)
    }
}

fn cache(embedder: Same, directory: &Path) -> Cache {
    let metrics = Metrics::default();
    Cache {
        store: Arc::new(Memory::open(penstock_cache::store::Limits::default(), None, NOW)),
        embedder: Some(Arc::new(embedder)),
        embedder_name: Some("same".to_owned()),
        judge: None,
        measures: Measures::open(directory, "same", metrics.clone()),
        flights: Mutex::default(),
        storing: Part::new("store"),
        searching: Part::new("search"),
        keeping: Part::new("keeping of answers"),
        embedding: Part::new("embedder"),
        metrics,
    }
}

fn snapshot(cache: &str, credential: &str) -> Snapshot {
    let text = format!(
        "
providers: [{{ name: p, api: openai, base_url: 'https://p.example/v1', region: eu-west-1, credential: {{ {credential} }} }}]
models: [{{ name: m, targets: [{{ provider: p, model: a }}] }}]
service: {{}}
cache: {{ {cache} }}
"
    );
    let config = penstock_config::Config::from_yaml_str(&text, Path::new("penstock.yaml")).unwrap();
    Snapshot::new(config, None, &snapshot::Metrics::default(), None).unwrap()
}

#[derive(Clone, Default)]
struct Asked<'a> {
    text: &'a str,
    tenant: &'a str,
    region: Option<&'a str>,
    headers: &'a [(&'a str, &'a str)],
    id: &'a str,
    most: Option<u64>,
}

impl Asked<'_> {
    fn question(&self) -> Question {
        let mut body = json!({ "model": "m", "messages": [{ "role": "user", "content": self.text }] });
        if let Some(most) = self.most {
            body["max_tokens"] = json!(most);
        }
        Question {
            purpose: Purpose::Chat,
            client: Client {
                dialect: Api::OpenAi,
                request_id: self.id.to_owned(),
                ..Client::unknown("p1")
            },
            caller: Arc::new(Caller {
                tenant: self.tenant.to_owned(),
                region: self.region.map(str::to_owned),
                ..Caller::default()
            }),
            route: "chat-completions",
            path: "/v1/chat/completions".to_owned(),
            input: None,
            output: None,
            headers: self.headers.iter().copied().collect::<Headers>(),
            approval: None,
            body: body.to_string().into_bytes(),
        }
    }

    fn inquiry(&self, snapshot: &Snapshot) -> Inquiry {
        Inquiry::new(snapshot, &self.question(), "m", Some("same")).unwrap()
    }

    async fn ask(&self, cache: &Cache, snapshot: &Snapshot) -> String {
        let question = self.question();
        let inquiry = Inquiry::new(snapshot, &question, "m", cache.embedder());
        let recalled = match cache.quick(inquiry, "m", &question.client, NOW).await {
            Quick::Recalled(recalled) => recalled,
            Quick::Search(inquiry) => cache.search(&inquiry, &question.client, 0.5, &|| NOW).await,
        };
        match recalled {
            Recalled::Hit(hit) => hit.word.to_owned(),
            Recalled::Goes { lookup, .. } => lookup.as_str().to_owned(),
            Recalled::Off => "off".to_owned(),
        }
    }

    /// As if a provider had answered with so many tokens.
    async fn fill(&self, cache: &Cache, snapshot: &Snapshot) {
        let answer = Answer {
            content: vec![Content::Text("an answer".to_owned())],
            usage: Some(Usage {
                output: Tokens(10),
                ..Usage::default()
            }),
            ..Answer::default()
        };
        let filled = Filled {
            inquiry: self.inquiry(snapshot),
            answer: Ok(answer),
            compare: None,
            input: None,
        };
        cache.fill(filled, NOW).await;
    }
}

const ASKED: Asked<'static> = Asked {
    text: "what is it",
    tenant: "acme",
    region: None,
    headers: &[],
    id: "r1",
    most: None,
};

#[test]
fn what_keeps_requests_apart_keeps_them_apart_in_both_tiers() {
    let client = snapshot("vary: [x-locale]", "client: true");
    let first = Asked {
        headers: &[("authorization", "Bearer a"), ("x-locale", "de")],
        ..ASKED
    };
    let others = [
        Asked {
            tenant: "globex",
            ..first.clone()
        },
        Asked {
            region: Some("eu"),
            ..first.clone()
        },
        Asked {
            headers: &[("authorization", "Bearer b"), ("x-locale", "de")],
            ..first.clone()
        },
        Asked {
            headers: &[("authorization", "Bearer a"), ("x-locale", "fr")],
            ..first.clone()
        },
        Asked {
            headers: &[
                ("authorization", "Bearer a"),
                ("x-locale", "de"),
                (control::NAMESPACE, "n"),
            ],
            ..first.clone()
        },
    ];
    let inquiry = first.inquiry(&client);
    for (index, other) in others.iter().enumerate() {
        let other = other.inquiry(&client);
        assert_ne!(other.key, inquiry.key, "{index}");
        assert_ne!(other.partition, inquiry.partition, "{index}");
    }
    let again = Asked {
        headers: &[
            ("x-locale", " de"),
            ("authorization", "Bearer a"),
            ("cookie", "c"),
        ],
        ..first
    };
    assert_eq!(again.inquiry(&client).key, inquiry.key);
}

#[test]
fn a_credential_of_ours_and_none_keep_nobody_apart() {
    let own = snapshot("", "env: KEY");
    let asked = |headers| Asked { headers, ..ASKED }.inquiry(&own).key;
    assert_eq!(
        asked(&[("authorization", "Bearer a")]),
        asked(&[("authorization", "Bearer b")])
    );
}

#[test]
fn a_text_is_not_shown_to_an_embedder_outside_of_its_callers_region() {
    let endpoint = snapshot("embedder: { provider: p, model: e }", "env: KEY");
    let within = |region| Asked { region, ..ASKED }.inquiry(&endpoint).partition.is_some();
    assert!(within(None) && within(Some("eu")) && !within(Some("us")));
}

#[tokio::test]
async fn tenants_share_only_where_it_is_said() {
    let directory = tempfile::tempdir().unwrap();
    for (policy, expected) in [("", "miss"), ("share: all", "hit-exact")] {
        let (cache, snapshot) = (
            cache(Same::default(), directory.path()),
            snapshot(policy, "env: KEY"),
        );
        ASKED.fill(&cache, &snapshot).await;
        assert_eq!(ASKED.ask(&cache, &snapshot).await, "hit-exact");
        let other = Asked {
            tenant: "globex",
            id: "r2",
            ..ASKED
        };
        assert_eq!(other.ask(&cache, &snapshot).await, expected);
    }
}

#[tokio::test]
async fn meaning_is_asked_after_the_same_request_and_traps_after_meaning() {
    let directory = tempfile::tempdir().unwrap();
    let (cache, snapshot) = (cache(Same::default(), directory.path()), snapshot("", "env: KEY"));
    ASKED.fill(&cache, &snapshot).await;
    for (text, expected) in [
        ("what is it", "hit-exact"),
        ("What is it?", "hit-semantic"),
        ("what is it not", "miss"),
        ("what is it for [EMAIL_7K3QZD4M]", "miss"),
    ] {
        let asked = Asked { text, ..ASKED };
        assert_eq!(asked.ask(&cache, &snapshot).await, expected, "{text}");
        cache.give_up("r1").await;
    }
}

#[tokio::test]
async fn an_answer_longer_than_is_wanted_is_none() {
    let directory = tempfile::tempdir().unwrap();
    let (cache, snapshot) = (
        cache(Same::default(), directory.path()),
        snapshot("wait: 1ms", "env: KEY"),
    );
    ASKED.fill(&cache, &snapshot).await;
    for (most, expected) in [(9, "miss"), (10, "hit-exact")] {
        let asked = Asked {
            most: Some(most),
            ..ASKED
        };
        assert_eq!(asked.ask(&cache, &snapshot).await, expected, "{most}");
    }
}

#[tokio::test]
async fn who_waits_gets_what_the_first_was_given_or_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let (cache, snapshot) = (
        cache(Same::default(), directory.path()),
        snapshot("semantic: false", "env: KEY"),
    );
    assert_eq!(ASKED.ask(&cache, &snapshot).await, "miss");
    let second = Asked { id: "r2", ..ASKED };
    let (waited, ()) = tokio::join!(second.ask(&cache, &snapshot), async {
        ASKED.fill(&cache, &snapshot).await;
    });
    assert_eq!(waited, "hit-exact");

    let other = Asked {
        text: "another",
        ..ASKED
    };
    assert_eq!(other.ask(&cache, &snapshot).await, "miss");
    let second = Asked {
        id: "r2",
        ..other.clone()
    };
    let (waited, ()) = tokio::join!(second.ask(&cache, &snapshot), async { cache.give_up("r1").await });
    assert_eq!(waited, "miss");
}

#[tokio::test]
async fn without_vectors_answers_are_kept_for_the_same_request() {
    let directory = tempfile::tempdir().unwrap();
    let broken = Same {
        fails: true,
        ..Same::default()
    };
    let (cache, snapshot) = (cache(broken, directory.path()), snapshot("", "env: KEY"));
    ASKED.fill(&cache, &snapshot).await;
    assert_eq!(ASKED.ask(&cache, &snapshot).await, "hit-exact");
    let other = Asked {
        text: "What is it?",
        ..ASKED
    };
    assert_eq!(other.ask(&cache, &snapshot).await, "miss");
}

#[test]
fn what_was_measured_outlives_the_process_and_junk_does_not_stop_it() {
    let directory = tempfile::tempdir().unwrap();
    let policy = penstock_config::CachePolicy {
        max_error_permille: Some(100),
        ..penstock_config::CachePolicy::default()
    };
    let measures = Measures::open(directory.path(), "same", Metrics::default());
    for _ in 0..20 {
        measures.observe("m", &policy, 0.97, true);
    }
    let before = measures.stands("m", &policy).1.unwrap().trials;
    measures.save();
    let again = Measures::open(directory.path(), "same", Metrics::default());
    assert_eq!(again.stands("m", &policy).1.unwrap().trials, before);
    let other = Measures::open(directory.path(), "other", Metrics::default());
    assert_eq!(other.stands("m", &policy).1, None, "cosines of another embedder");
    std::fs::write(directory.path().join("cache-measured.json"), "{").unwrap();
    assert_eq!(
        Measures::open(directory.path(), "same", Metrics::default())
            .stands("m", &policy)
            .1,
        None
    );
}
