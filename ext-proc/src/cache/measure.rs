//! How often each model's answers by meaning are wrong, and the threshold that follows. It outlives the process in a
//! small file, which may be lost: the measure then starts anew.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use penstock_cache::threshold::{Estimate, FLOOR, Measured, Terms};
use penstock_config::CachePolicy;
use serde::{Deserialize, Serialize};

use super::metrics::Metrics;

const FILE: &str = "cache-measured.json";

/// What the file holds.
#[derive(Serialize, Deserialize)]
struct Kept<'a> {
    embedder: Cow<'a, str>,
    models: Cow<'a, BTreeMap<String, Measured>>,
}

/// What is measured of each model.
#[derive(Debug)]
pub(super) struct Measures {
    file: PathBuf,
    /// Cosines of another embedder say nothing of this one's.
    embedder: String,
    models: Mutex<BTreeMap<String, Measured>>,
    changed: AtomicBool,
    metrics: Metrics,
}

/// What a near request is to become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Judged {
    /// It means the same, as far as is known.
    pub(super) hits: bool,
    /// The provider is asked all the same, and the answers are compared.
    pub(super) compares: bool,
}

impl Measures {
    /// What was kept in `directory`.
    pub(super) fn open(directory: &Path, embedder: &str, metrics: Metrics) -> Self {
        let file = directory.join(FILE);
        let models = match fs::read(&file) {
            Ok(bytes) => match serde_json::from_slice::<Kept<'_>>(&bytes) {
                Ok(kept) if kept.embedder == embedder => kept.models.into_owned(),
                Ok(_) => BTreeMap::new(),
                Err(_) => {
                    eprintln!(
                        "penstock-ext-proc: cache: {} cannot be read; the error is measured anew",
                        file.display()
                    );
                    BTreeMap::new()
                }
            },
            Err(_) => BTreeMap::new(),
        };
        Self {
            file,
            embedder: embedder.to_owned(),
            models: Mutex::new(models),
            changed: AtomicBool::new(false),
            metrics,
        }
    }

    /// The least cosine that tells anything.
    pub(super) fn floor(&self, model: &str, policy: &CachePolicy) -> f32 {
        let threshold = self.with(model, policy, |measured| measured.threshold());
        if policy.max_error_permille.is_some() {
            threshold.min(FLOOR)
        } else {
            threshold
        }
    }

    /// What becomes of a request with a neighbour at this cosine that no trap sets apart. `draw` is random, from 0 to 1.
    pub(super) fn judge(&self, model: &str, policy: &CachePolicy, cosine: f32, draw: f64) -> Judged {
        self.with(model, policy, |measured| {
            let hits = cosine >= measured.threshold();
            let compares = draw < measured.sample_rate(cosine);
            if !compares {
                measured.pass(cosine);
                self.changed.store(true, Ordering::Relaxed);
            }
            Judged { hits, compares }
        })
    }

    /// The answers of neighbours at this cosine were the same, or were not.
    pub(super) fn observe(&self, model: &str, policy: &CachePolicy, cosine: f32, same: bool) {
        let (threshold, error) = self.with(model, policy, |measured| {
            measured.observe(cosine, same);
            self.changed.store(true, Ordering::Relaxed);
            (measured.threshold(), measured.error())
        });
        self.metrics.compared(model, same);
        self.metrics
            .stands(model, threshold, error.map(|error| (error.error, error.upper)));
    }

    /// The threshold in force and what is known of the error there.
    pub(super) fn stands(&self, model: &str, policy: &CachePolicy) -> (f32, Option<Estimate>) {
        self.with(model, policy, |measured| (measured.threshold(), measured.error()))
    }

    fn with<T>(&self, model: &str, policy: &CachePolicy, look: impl FnOnce(&mut Measured) -> T) -> T {
        let terms = terms(policy);
        let mut models = self.models();
        let measured = match models.get_mut(model) {
            Some(measured) if *measured.terms() == terms => measured,
            _ => {
                let kept = models.remove(model);
                let measured = match kept {
                    Some(kept) => Measured::resume(terms, kept),
                    None => Measured::new(terms),
                };
                models.entry(model.to_owned()).or_insert(measured)
            }
        };
        look(measured)
    }

    fn models(&self) -> MutexGuard<'_, BTreeMap<String, Measured>> {
        self.models.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down what was measured since the last time.
    pub(super) fn save(&self) {
        if !self.changed.swap(false, Ordering::Relaxed) {
            return;
        }
        if let Err(error) = self.write() {
            eprintln!(
                "penstock-ext-proc: cache: cannot write {}: {error}",
                self.file.display()
            );
        }
    }

    fn write(&self) -> io::Result<()> {
        let bytes = {
            let models = self.models();
            serde_json::to_vec(&Kept {
                embedder: Cow::Borrowed(&self.embedder),
                models: Cow::Borrowed(&*models),
            })?
        };
        let new = self.file.with_extension("json.new");
        fs::write(&new, bytes)?;
        fs::rename(new, &self.file)
    }
}

fn terms(policy: &CachePolicy) -> Terms {
    Terms {
        start: f32::from(policy.threshold_permille) / 1_000.0,
        max_error: policy
            .max_error_permille
            .map(|permille| f64::from(permille) / 1_000.0),
    }
}
