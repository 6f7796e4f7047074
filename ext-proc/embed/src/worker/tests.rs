use std::{
    num::{NonZeroU16, NonZeroUsize},
    sync::{
        Arc, Mutex, Weak,
        mpsc::{Receiver, Sender, channel},
    },
    time::Duration,
};

use tokio::task::JoinHandle;

use super::*;
use crate::{Limits, VectorError, queue::Queue};

/// A pass of more tokens than this has one text only.
const PASS: usize = 20;
/// Never waited for in full, unless a test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// Tells of each pass when it begins, and waits to be let through. A token is a byte.
struct Fake {
    begun: Sender<Vec<String>>,
    gate: Mutex<Receiver<()>>,
    /// Gone when the model is.
    _life: Arc<()>,
}

struct Bench {
    queue: Arc<Queue>,
    begun: Receiver<Vec<String>>,
    gate: Sender<()>,
    life: Weak<()>,
}

impl Model for Fake {
    fn tokens(&self, text: &str) -> Result<Vec<u32>, EmbedError> {
        match text {
            "too long" => Err(EmbedError::TooLong { tokens: 2, limit: 1 }),
            "panic early" => panic!("as told"),
            _ => Ok(text.bytes().map(u32::from).collect()),
        }
    }

    fn numbers(&self, texts: &[Vec<u32>]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let text = |tokens: &Vec<u32>| {
            tokens
                .iter()
                .map(|&token| char::from_u32(token).unwrap())
                .collect()
        };
        let texts: Vec<String> = texts.iter().map(text).collect();
        self.begun.send(texts.clone()).unwrap();
        self.gate.lock().unwrap().recv().unwrap();
        match texts[0].as_str() {
            "panic" => panic!("as told"),
            "fail" => Err(EmbedError::Failed("as told".to_owned())),
            "few" => Ok(vec![]),
            "nan" => Ok(vec![vec![f32::NAN]]),
            _ => Ok(texts
                .iter()
                .map(|text| vec![1.0, f32::from(text.as_bytes()[0])])
                .collect()),
        }
    }
}

impl Bench {
    fn new(limits: Limits) -> Self {
        let (queue, waiting) = Queue::new(limits);
        let (begun_sender, begun) = channel();
        let (gate, gate_receiver) = channel();
        let life = Arc::new(());
        let bench = Self {
            queue: Arc::new(queue),
            begun,
            gate,
            life: Arc::downgrade(&life),
        };
        let model = Fake {
            begun: begun_sender,
            gate: Mutex::new(gate_receiver),
            _life: life,
        };
        start(model, waiting, PASS).unwrap();
        bench
    }

    /// Asks, and comes back when the text is in the queue.
    async fn ask(&self, text: &str) -> JoinHandle<Result<Vector, EmbedError>> {
        let (queue, text) = (Arc::clone(&self.queue), text.to_owned());
        let (polled, is_polled) = tokio::sync::oneshot::channel();
        let task = tokio::spawn(async move {
            let mut embedding = Box::pin(queue.embed(&text));
            let first = futures_util::poll!(&mut embedding);
            let _ = polled.send(());
            match first {
                std::task::Poll::Ready(vector) => vector,
                std::task::Poll::Pending => embedding.await,
            }
        });
        is_polled.await.unwrap();
        task
    }

    fn next_pass(&self) -> Vec<String> {
        self.begun.recv_timeout(PATIENCE).unwrap()
    }

    /// The passes from now on need not wait.
    fn open(&self) {
        for _ in 0..100 {
            self.gate.send(()).unwrap();
        }
    }
}

fn limits() -> Limits {
    Limits {
        budget: PATIENCE,
        ..Limits::default()
    }
}

fn vector(text: &str) -> Vector {
    Vector::new(vec![1.0, f32::from(text.as_bytes()[0])]).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_embedded_together_short_ones_first_in_bounded_passes() {
    let bench = Bench::new(limits());
    let first = bench.ask("first").await;
    assert_eq!(bench.next_pass(), ["first"]);
    let long = "l".repeat(30);
    let mut tasks = Vec::new();
    for text in [&long, "ccccccccc", "a", "bb", "a", "ddddddddd"] {
        tasks.push((text.to_owned(), bench.ask(text).await));
    }
    bench.open();
    assert_eq!(first.await.unwrap(), Ok(vector("first")));
    assert_eq!(bench.next_pass(), ["a", "bb", "ccccccccc"]);
    assert_eq!(bench.next_pass(), ["ddddddddd"]);
    assert_eq!(bench.next_pass(), [long.as_str()]);
    for (text, task) in tasks {
        assert_eq!(task.await.unwrap(), Ok(vector(&text)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_bounded() {
    let batch = NonZeroU16::new(2).unwrap();
    let bench = Bench::new(Limits { batch, ..limits() });
    let mut tasks = vec![bench.ask("0").await];
    assert_eq!(bench.next_pass(), ["0"]);
    for text in ["1", "2", "3"] {
        tasks.push(bench.ask(text).await);
    }
    bench.open();
    assert_eq!(bench.next_pass(), ["1", "2"]);
    assert_eq!(bench.next_pass(), ["3"]);
    for task in tasks {
        assert!(task.await.unwrap().is_ok());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vector_that_comes_after_the_budget_is_kept_for_the_next() {
    let budget = Duration::from_millis(20);
    let bench = Bench::new(Limits { budget, ..limits() });
    let slow = EmbedError::Slow { budget_ms: 20 };
    assert_eq!(bench.queue.embed("slow").await, Err(slow.clone()));
    assert_eq!(bench.next_pass(), ["slow"]);
    // Its caller is gone before its turn, so that it is never embedded.
    assert_eq!(bench.queue.embed("gone").await, Err(slow));
    bench.open();
    let kept = async {
        while bench.queue.embed("slow").await != Ok(vector("slow")) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, kept).await.unwrap();
    let last = async {
        while bench.queue.embed("last").await != Ok(vector("last")) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, last).await.unwrap();
    assert_eq!(bench.next_pass(), ["last"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_can_wait_is_refused_at_once() {
    let queue = NonZeroU16::new(2).unwrap();
    let bench = Bench::new(Limits { queue, ..limits() });
    let mut tasks = vec![bench.ask("embedding").await];
    bench.next_pass();
    for text in ["1", "2"] {
        tasks.push(bench.ask(text).await);
    }
    assert_eq!(bench.queue.embed("3").await, Err(EmbedError::Busy { waiting: 2 }));
    bench.open();
    for task in tasks {
        assert!(task.await.unwrap().is_ok());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn recent_texts_are_not_embedded_again_and_older_ones_are() {
    let recent = NonZeroUsize::new(2).unwrap();
    let bench = Bench::new(Limits { recent, ..limits() });
    bench.open();
    for text in ["a", "b", "a", "c", "a", "b"] {
        assert_eq!(bench.queue.embed(text).await, Ok(vector(text)));
    }
    let passes: Vec<Vec<String>> = bench.begun.try_iter().collect();
    assert_eq!(passes, [["a"], ["b"], ["c"], ["b"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn large_texts_are_not_looked_at() {
    let largest_text = 3;
    let bench = Bench::new(Limits {
        largest_text,
        ..limits()
    });
    bench.open();
    assert!(bench.queue.embed("abc").await.is_ok());
    let error = EmbedError::TooLarge { bytes: 4, limit: 3 };
    assert_eq!(bench.queue.embed("abcd").await, Err(error));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_text_is_embedded_whatever_went_wrong_with_the_last() {
    let bench = Bench::new(limits());
    bench.open();
    let failed = |message: &str| EmbedError::Failed(message.to_owned());
    let cases = [
        ("too long", EmbedError::TooLong { tokens: 2, limit: 1 }),
        ("panic early", failed("the model has panicked")),
        ("panic", failed("the model has panicked")),
        ("fail", failed("as told")),
        ("few", failed("0 vectors of 1 texts")),
        ("nan", VectorError::NotFinite { index: 0 }.into()),
    ];
    for (number, (text, error)) in cases.into_iter().enumerate() {
        assert_eq!(bench.queue.embed(text).await, Err(error.clone()));
        // What has failed is not kept.
        assert_eq!(bench.queue.embed(text).await, Err(error));
        let next = number.to_string();
        assert_eq!(bench.queue.embed(&next).await, Ok(vector(&next)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_thread_ends_with_the_queue() {
    let bench = Bench::new(limits());
    assert!(bench.life.upgrade().is_some());
    drop(bench.queue);
    let ended = async {
        while bench.life.upgrade().is_some() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, ended).await.unwrap();
}
