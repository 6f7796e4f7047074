//! Finds and masks personal data with penstock-pii: all recognisers, every kind masked, as in a request of one text. Counts what
//! is to be replaced.

use penstock_pii::{Custom, Masking, Placeholders, Policy, Recognizers, Passage};

proxy_wasm::main! {{ probe::start::<Counter>(); }}

struct Counter {
    recognizers: Recognizers,
    policy: Policy,
    placeholders: Option<Placeholders>,
}

impl Default for Counter {
    fn default() -> Self {
        Self {
            recognizers: Recognizers::new(Custom::default()),
            policy: Policy::default(),
            placeholders: Placeholders::new(b"a key of sixteen").ok(),
        }
    }
}

impl probe::Counter for Counter {
    fn count(&mut self, _how: &str, text: &str) -> Option<u64> {
        let placeholders = self.placeholders.as_ref()?;
        let mut masking = Masking::new(&self.recognizers, &self.policy, placeholders, "bench", &[], usize::MAX);
        let passage = Passage::text(text);
        let found = masking.look(&passage).unwrap_or_default();
        masking.seal();
        Some(masking.replace(&passage, &found).len() as u64)
    }
}
