use std::sync::Mutex;

use hyper::{Response, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{Notify, mpsc},
};

use super::*;

/// Never waited for in full, unless a test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the endpoint does with a call.
enum Act {
    Answer(u16, String),
    /// The direction of each text is told by its length.
    Embed,
    /// `Embed`, when it is told to.
    EmbedLater(Arc<Notify>),
    Hang,
    /// Closes the connection after a part of the answer.
    Cut,
}

/// An endpoint that does as told, call by call.
struct Script {
    base_url: String,
    asked: mpsc::UnboundedReceiver<Value>,
}

impl Script {
    async fn start(acts: impl IntoIterator<Item = Act>) -> Self {
        let mut acts: Vec<Act> = acts.into_iter().collect();
        acts.reverse();
        let acts = Arc::new(Mutex::new(acts));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/prefix/v1/", listener.local_addr().unwrap());
        let (tell, asked) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acts, tell) = (Arc::clone(&acts), tell.clone());
                let service = service_fn(move |request| {
                    let act = acts.lock().unwrap().pop().unwrap_or(Act::Embed);
                    act.play(request, tell.clone())
                });
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service);
                tokio::spawn(connection);
            }
        });
        Self { base_url, asked }
    }

    fn settings(&self) -> EndpointSettings {
        EndpointSettings::new(&self.base_url, "some-model")
    }

    fn endpoint(&self) -> Endpoint {
        Endpoint::start(self.settings(), limits()).unwrap()
    }

    async fn next_call(&mut self) -> Value {
        timeout(PATIENCE, self.asked.recv()).await.unwrap().unwrap()
    }
}

impl Act {
    async fn play(
        self,
        request: Request<Incoming>,
        tell: mpsc::UnboundedSender<Value>,
    ) -> Result<Response<Full<Bytes>>, std::io::Error> {
        assert_eq!(
            (request.method().as_str(), request.uri().path()),
            ("POST", "/prefix/v1/embeddings")
        );
        let body = request.into_body().collect().await.unwrap().to_bytes();
        let question: Value = serde_json::from_slice(&body).unwrap();
        let _ = tell.send(question.clone());
        let (status, body) = match self {
            Self::Answer(status, body) => (status, body),
            Self::Embed => (200, embeddings(&question)),
            Self::EmbedLater(notify) => {
                notify.notified().await;
                (200, embeddings(&question))
            }
            Self::Hang => std::future::pending().await,
            Self::Cut => return Err(std::io::Error::other("as told")),
        };
        Ok(Response::builder().status(status).body(Full::from(body)).unwrap())
    }
}

/// In reverse order, since endpoints may.
fn embeddings(question: &Value) -> String {
    let texts = question["input"].as_array().unwrap().iter().enumerate().rev();
    let item = |(index, text): (usize, &Value)| json!({"object": "embedding", "index": index, "embedding": [1, text.as_str().unwrap().len()]});
    json!({"object": "list", "data": texts.map(item).collect::<Vec<_>>(), "usage": {"prompt_tokens": 1}})
        .to_string()
}

fn one(numbers: &str) -> Act {
    Act::Answer(
        200,
        format!(r#"{{"data":[{{"index":0,"embedding":[{numbers}]}}]}}"#),
    )
}

fn vector(text: &str) -> Vector {
    #[expect(clippy::cast_precision_loss, reason = "short texts")]
    Vector::new(vec![1.0, text.len() as f32]).unwrap()
}

fn limits() -> Limits {
    Limits {
        budget: PATIENCE,
        ..Limits::default()
    }
}

fn failed(message: &str) -> Result<Vector, EmbedError> {
    Err(EmbedError::Failed(message.to_owned()))
}

#[tokio::test]
async fn what_waits_is_asked_for_in_one_call_and_each_gets_its_own() {
    let go_on = Arc::new(Notify::new());
    let mut script = Script::start([Act::EmbedLater(Arc::clone(&go_on))]).await;
    let settings = EndpointSettings {
        calls: NonZeroU16::MIN,
        ..script.settings()
    };
    let endpoint = Endpoint::start(settings, limits()).unwrap();
    assert_eq!(endpoint.name(), "endpoint:some-model");
    let others = async {
        let question = json!({"model": "some-model", "input": ["first"], "encoding_format": "float"});
        assert_eq!(script.next_call().await, question);
        let others = ["a", "bb", "a", "ccc"].map(|text| endpoint.embed(text));
        let others = futures_util::future::join_all(others);
        let release = async { go_on.notify_one() };
        let (others, ()) = tokio::join!(others, release);
        assert_eq!(script.next_call().await["input"], json!(["a", "bb", "ccc"]));
        others
    };
    let (first, others) = tokio::join!(endpoint.embed("first"), others);
    assert_eq!(first, Ok(vector("first")));
    assert_eq!(
        others,
        [
            Ok(vector("a")),
            Ok(vector("bb")),
            Ok(vector("a")),
            Ok(vector("ccc"))
        ]
    );
    assert_eq!(endpoint.embed("bb").await, Ok(vector("bb")));
    assert!(
        script.asked.try_recv().is_err(),
        "a recent text was asked for again"
    );
}

#[tokio::test]
async fn what_is_no_answer_is_an_error_without_its_text_and_the_next_is_asked() {
    let secret = "SECRET";
    let status = |status| (Act::Answer(status, secret.to_owned()), status);
    let mut acts = Vec::new();
    let mut errors = Vec::new();
    for (act, status) in [500, 429, 401, 404, 400, 302, 204].map(status) {
        acts.push(act);
        errors.push(failed(&format!("the endpoint answered with status {status}")));
    }
    for (act, error) in [
        (
            Act::Answer(200, secret.to_owned()),
            "the endpoint's answer is no list of embeddings",
        ),
        (
            Act::Answer(200, r#"{"data":[]}"#.to_owned()),
            "the endpoint gave 0 vectors for 1 texts",
        ),
        (
            Act::Answer(200, " ".repeat(5_000)),
            "the endpoint's answer exceeds the limit of 4096 bytes",
        ),
        (Act::Cut, "the endpoint has closed the connection"),
        (Act::Hang, "the endpoint gave no answer within 200 ms"),
    ] {
        acts.push(act);
        errors.push(failed(error));
    }
    for (numbers, error) in [
        ("1,null", VectorError::NotFinite { index: 1 }),
        ("1e39,1", VectorError::NotFinite { index: 0 }),
        ("0,0", VectorError::Zero),
        ("", VectorError::Zero),
    ] {
        acts.push(one(numbers));
        errors.push(Err(error.into()));
    }
    let script = Script::start(acts).await;
    let settings = EndpointSettings {
        largest_answer: 4_096,
        give_up: Duration::from_millis(200),
        ..script.settings()
    };
    let endpoint = Endpoint::start(settings, limits()).unwrap();
    for error in errors {
        assert_eq!(endpoint.embed("text").await, error);
    }
    assert_eq!(endpoint.embed("text").await, Ok(vector("text")));
}

#[tokio::test]
async fn the_first_answer_or_the_settings_tell_the_dimension() {
    let wrong = |dimension, expected| Err(VectorError::Dimension { dimension, expected }.into());
    let script = Script::start([one("1,2,3"), one("1,2"), one("1,2,3")]).await;
    let endpoint = script.endpoint();
    assert!(endpoint.embed("a").await.is_ok());
    assert_eq!(endpoint.embed("b").await, wrong(2, 3));
    assert!(endpoint.embed("b").await.is_ok());

    let script = Script::start([one("1,2,3")]).await;
    let settings = EndpointSettings {
        dimensions: NonZeroUsize::new(2),
        ..script.settings()
    };
    let endpoint = Endpoint::start(settings, limits()).unwrap();
    assert_eq!(endpoint.embed("a").await, wrong(3, 2));
    assert!(endpoint.embed("a").await.is_ok());
}

#[tokio::test]
async fn a_slow_answer_is_kept_for_the_next_and_more_than_can_wait_is_refused() {
    let go_on = Arc::new(Notify::new());
    let mut script = Script::start([Act::EmbedLater(Arc::clone(&go_on))]).await;
    let settings = EndpointSettings {
        calls: NonZeroU16::MIN,
        ..script.settings()
    };
    let limits = Limits {
        budget: Duration::from_millis(50),
        queue: NonZeroU16::MIN,
        ..limits()
    };
    let endpoint = Endpoint::start(settings, limits).unwrap();
    let slow = Err(EmbedError::Slow { budget_ms: 50 });
    assert_eq!(endpoint.embed("slow").await, slow);
    assert_eq!(script.next_call().await["input"], json!(["slow"]));
    let (waiting, refused) = tokio::join!(endpoint.embed("gone"), endpoint.embed("too many"));
    assert_eq!((waiting, refused), (slow, Err(EmbedError::Busy { waiting: 1 })));
    go_on.notify_one();
    let kept = async {
        while endpoint.embed("slow").await != Ok(vector("slow")) {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, kept).await.unwrap();
    let last = async {
        while endpoint.embed("last").await != Ok(vector("last")) {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, last).await.unwrap();
    assert_eq!(script.next_call().await["input"], json!(["last"]));
}

#[tokio::test]
async fn a_text_that_is_refused_does_not_take_others_with_it() {
    let refuse = || Act::Answer(400, String::new());
    // The call that holds up the others, their batch, then each alone from the last to the first.
    let go_on = Arc::new(Notify::new());
    let acts = [
        Act::EmbedLater(Arc::clone(&go_on)),
        refuse(),
        Act::Embed,
        refuse(),
        Act::Embed,
    ];
    let mut script = Script::start(acts).await;
    let settings = EndpointSettings {
        calls: NonZeroU16::MIN,
        ..script.settings()
    };
    let endpoint = Endpoint::start(settings, limits()).unwrap();
    let others = async {
        script.next_call().await;
        let others = futures_util::future::join_all(["a", "refused", "c"].map(|text| endpoint.embed(text)));
        tokio::join!(others, async { go_on.notify_one() }).0
    };
    let (_, others) = tokio::join!(endpoint.embed("first"), others);
    let refused = failed("the endpoint answered with status 400");
    assert_eq!(others, [Ok(vector("a")), refused, Ok(vector("c"))]);
}

#[tokio::test]
async fn nobody_there_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let endpoint = Endpoint::start(EndpointSettings::new(base_url, "m"), limits()).unwrap();
    assert_eq!(
        endpoint.embed("text").await,
        failed("the endpoint cannot be reached")
    );
}

#[tokio::test]
async fn only_plain_http_urls_are_taken() {
    for url in [
        "https://host/v1",
        "host:80",
        "",
        "/v1",
        "http://",
        "http://host/v1?key=value",
        "ftp://host",
    ] {
        let settings = EndpointSettings::new(url, "m");
        let error = EndpointError::Url { url: url.to_owned() };
        assert_eq!(Endpoint::start(settings, limits()).err(), Some(error), "{url}");
    }
}
