//! An OpenAI-compatible `/v1/embeddings`, asked over plain HTTP/1.1: through a listener of Envoy on this machine, which
//! speaks TLS to the provider and holds the credential. So there is none here.
//!
//! What waits is asked for in one call. Of an answer that is not as it should be, only its status is told.

mod answer;

use std::{
    num::{NonZeroU16, NonZeroUsize},
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Request, StatusCode, Uri, header::CONTENT_TYPE};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use serde::Serialize;
use tokio::{
    sync::Semaphore,
    task::{JoinSet, spawn_blocking},
    time::timeout,
};

use crate::{
    EmbedError, Embedder, Limits, Vector, VectorError,
    queue::{Asked, Queue, Waiting},
};

/// How long a connection is kept without use: less than Envoy's idle timeout of an hour.
const IDLE: Duration = Duration::from_secs(60);

/// What is asked, and how.
#[derive(Clone, Debug)]
pub struct EndpointSettings {
    /// What comes before `/embeddings`, as SDKs take it: `http://127.0.0.1:9000/v1`.
    pub base_url: String,
    /// The model's name, as the endpoint knows it.
    pub model: String,
    /// Components of its vectors. Unless given, the first answer tells.
    pub dimensions: Option<NonZeroUsize>,
    /// Most calls at once.
    pub calls: NonZeroU16,
    /// When a call is given up, which may be long after those who asked have gone on.
    pub give_up: Duration,
    /// Most bytes of an answer.
    pub largest_answer: usize,
}

/// Why an endpoint cannot be asked, ever.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// It is not the URL of a plain HTTP endpoint.
    #[error("{url} is not of the form http://host:port/path")]
    Url {
        /// As given.
        url: String,
    },
}

/// An endpoint as an embedder.
pub struct Endpoint {
    name: String,
    queue: Queue,
}

impl EndpointSettings {
    /// Settings that fit most endpoints.
    pub fn new(base_url: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            model: model.into(),
            dimensions: None,
            calls: const { NonZeroU16::new(8).unwrap() },
            give_up: Duration::from_secs(5),
            largest_answer: 4 * 1024 * 1024,
        }
    }
}

impl Endpoint {
    /// Starts to ask on the runtime that this is called from. It connects when there is something to ask.
    ///
    /// # Errors
    /// When the settings cannot be used.
    pub fn start(settings: EndpointSettings, limits: Limits) -> Result<Self, EndpointError> {
        let (queue, waiting) = Queue::new(limits);
        let name = format!("endpoint:{}", settings.model);
        let calls = settings.calls.get().into();
        let caller = Caller::new(settings)?;
        tokio::spawn(run(Arc::new(caller), waiting, calls));
        Ok(Self { name, queue })
    }
}

#[async_trait]
impl Embedder for Endpoint {
    fn name(&self) -> &str {
        &self.name
    }

    async fn embed(&self, text: &str) -> Result<Vector, EmbedError> {
        self.queue.embed(text).await
    }
}

/// Calls until the queue has ended. A batch is put together when there is a call for it, not before.
async fn run(caller: Arc<Caller>, mut waiting: Waiting, most: usize) {
    let calls = Arc::new(Semaphore::new(most));
    // Aborted when dropped: nobody waits any more then.
    let mut running = JoinSet::new();
    while let Ok(call) = Arc::clone(&calls).acquire_owned().await {
        let Some(batch) = waiting.next().await else { return };
        while running.try_join_next().is_some() {}
        let caller = Arc::clone(&caller);
        running.spawn(async move {
            caller.embed(batch).await;
            drop(call);
        });
    }
}

struct Caller {
    client: Client<HttpConnector, Full<Bytes>>,
    uri: Uri,
    model: String,
    /// Once known, all vectors have so many components.
    dimensions: OnceLock<usize>,
    give_up: Duration,
    largest_answer: usize,
}

#[derive(Serialize)]
struct Question<'a> {
    model: &'a str,
    input: &'a [&'a str],
    encoding_format: &'static str,
}

enum Failure {
    /// The endpoint does not take what it was asked.
    Refused(StatusCode),
    /// Anything else.
    Other(EmbedError),
}

impl Caller {
    fn new(settings: EndpointSettings) -> Result<Self, EndpointError> {
        let url = format!("{}/embeddings", settings.base_url.trim_end_matches('/'));
        let uri: Option<Uri> = url.parse().ok();
        let uri = uri
            .filter(|uri| uri.scheme_str() == Some("http") && uri.query().is_none())
            .ok_or(EndpointError::Url {
                url: settings.base_url,
            })?;
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(settings.give_up));
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_timer(TokioTimer::new())
            .build(connector);
        let dimensions = OnceLock::new();
        if let Some(known) = settings.dimensions {
            dimensions.get_or_init(|| known.get());
        }
        Ok(Self {
            client,
            uri,
            model: settings.model,
            dimensions,
            give_up: settings.give_up,
            largest_answer: settings.largest_answer,
        })
    }

    async fn embed(&self, mut batch: Vec<Asked>) {
        match self.ask(&batch).await {
            // It may be one text only that the endpoint does not take, and the others are not to suffer for it.
            Err(Failure::Refused(_)) if batch.len() > 1 => {
                while let Some(asked) = batch.pop() {
                    if asked.is_wanted() {
                        let alone = vec![asked];
                        let vectors = self.ask(&alone).await;
                        self.answer(vectors, alone);
                    }
                }
            }
            vectors => self.answer(vectors, batch),
        }
    }

    fn answer(&self, vectors: Result<Vec<Vec<f32>>, Failure>, batch: Vec<Asked>) {
        match vectors {
            Ok(vectors) => {
                for (numbers, asked) in vectors.into_iter().zip(batch) {
                    asked.answer(self.vector(numbers));
                }
            }
            Err(failure) => {
                let error = EmbedError::from(failure);
                batch
                    .into_iter()
                    .for_each(|asked| asked.answer(Err(error.clone())));
            }
        }
    }

    fn vector(&self, numbers: Vec<f32>) -> Result<Vector, EmbedError> {
        let vector = Vector::new(numbers)?;
        let dimension = vector.dimension();
        let expected = *self.dimensions.get_or_init(|| dimension);
        if dimension == expected {
            Ok(vector)
        } else {
            Err(VectorError::Dimension { dimension, expected }.into())
        }
    }

    /// As many lists of numbers as texts.
    async fn ask(&self, batch: &[Asked]) -> Result<Vec<Vec<f32>>, Failure> {
        let input: Vec<&str> = batch.iter().map(|asked| &*asked.text).collect();
        let question = Question {
            model: &self.model,
            input: &input,
            encoding_format: "float",
        };
        let question =
            serde_json::to_vec(&question).map_err(|_| failed("the texts cannot be written as JSON"))?;
        let request = Request::post(self.uri.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(Full::from(question))
            .map_err(|_| failed("the endpoint's URL cannot be asked"))?;
        let count = batch.len();
        let body = timeout(self.give_up, self.call(request)).await;
        let body = body.map_err(|_| {
            failed(&format!(
                "the endpoint gave no answer within {} ms",
                self.give_up.as_millis()
            ))
        })??;
        // Megabytes of numbers take milliseconds.
        let parsed = spawn_blocking(move || answer::parse(&body, count)).await;
        let parsed = parsed.map_err(|_| failed("the endpoint's answer was not read"))?;
        parsed.map_err(|error| failed(&error.to_string()))
    }

    async fn call(&self, request: Request<Full<Bytes>>) -> Result<Bytes, Failure> {
        let response = self.client.request(request).await;
        let response = response.map_err(|error| {
            let what = if error.is_connect() {
                "cannot be reached"
            } else {
                "has closed the connection"
            };
            failed(&format!("the endpoint {what}"))
        })?;
        let status = response.status();
        match status {
            StatusCode::OK => {}
            StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY => {
                return Err(Failure::Refused(status));
            }
            _ => return Err(failed(&status_message(status))),
        }
        let body = Limited::new(response.into_body(), self.largest_answer)
            .collect()
            .await;
        let body = body.map_err(|error| {
            if error.is::<http_body_util::LengthLimitError>() {
                failed(&format!(
                    "the endpoint's answer exceeds the limit of {} bytes",
                    self.largest_answer
                ))
            } else {
                failed("the endpoint's answer is not complete")
            }
        })?;
        Ok(body.to_bytes())
    }
}

impl From<Failure> for EmbedError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(status) => Self::Failed(status_message(status)),
            Failure::Other(error) => error,
        }
    }
}

fn status_message(status: StatusCode) -> String {
    format!("the endpoint answered with status {}", status.as_u16())
}

fn failed(message: &str) -> Failure {
    Failure::Other(EmbedError::Failed(message.to_owned()))
}

#[cfg(test)]
mod tests;
