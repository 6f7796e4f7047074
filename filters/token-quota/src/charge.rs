//! What a request is charged once it is over, however it ended.
//!
//! The provider's own count is taken wherever there is one; a count of zero is none. Where there is none but a provider
//! worked, the request is charged what was counted and what was streamed; where none did, nothing.

use penstock_chat::Tokens;
use penstock_client::usage::UsageRecord;
use penstock_count::BYTES_PER_TOKEN;

/// From here on a status tells an error, which no provider bills.
const ERROR: u16 = 400;

/// What is known of a request when it is over.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// The status that the client was answered with; none if it left before.
    pub status: Option<u16>,
    /// What the running or last attempt has reported.
    pub usage: Option<UsageRecord>,
    /// Whether an attempt is running of which nothing has been heard.
    pub under_way: bool,
    /// Whether the last attempt reached a provider and was given up because time ran out.
    pub timed_out: bool,
    /// Whether the answer came out of the cache.
    pub cached: bool,
    /// Whether cached answers are charged like others.
    pub charge_cached: bool,
    /// The input as it was counted at admission.
    pub counted_input: Tokens,
    /// The output as it was counted on its way to the client.
    pub counted_output: Tokens,
}

/// What a request has used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Charge {
    /// Input tokens of all attempts.
    pub input: Tokens,
    /// Output tokens of all attempts.
    pub output: Tokens,
}

impl Charge {
    /// Both together, in the unit of the limits.
    pub fn total(&self) -> u64 {
        self.input.0.saturating_add(self.output.0)
    }

    fn plus(self, input: u64, output: u64) -> Self {
        Self {
            input: Tokens(self.input.0.saturating_add(input)),
            output: Tokens(self.output.0.saturating_add(output)),
        }
    }
}

/// What `evidence` says is to be charged.
pub fn charge(evidence: &Evidence) -> Charge {
    if evidence.cached {
        let charged = if evidence.charge_cached {
            evidence.counted()
        } else {
            (0, 0)
        };
        return Charge::default().plus(charged.0, charged.1);
    }
    let mut charge = Charge::default();
    for earlier in evidence.usage.iter().flat_map(|usage| &usage.earlier) {
        let input = told(earlier.input_tokens).unwrap_or(evidence.counted_input);
        let streamed = earlier.output_bytes.div_ceil(BYTES_PER_TOKEN);
        let output = earlier.output_tokens.unwrap_or_default().0.max(streamed);
        charge = charge.plus(input.0, output);
    }
    let (input, output) = evidence.last_attempt();
    charge.plus(input, output)
}

/// A count that says something.
fn told(tokens: Option<Tokens>) -> Option<Tokens> {
    tokens.filter(|tokens| tokens.0 > 0)
}

impl Evidence {
    fn counted(&self) -> (u64, u64) {
        (self.counted_input.0, self.counted_output.0)
    }

    /// Input and output of the attempt that was answered, or was running when the client left or time ran out.
    fn last_attempt(&self) -> (u64, u64) {
        if let Some(usage) = self.usage.as_ref().filter(|usage| usage.answered) {
            let reported = told(usage.output_tokens);
            // Before its end a stream has reported only how far it was when it began.
            let output = match reported.filter(|_| usage.finish_reason.is_some()) {
                Some(reported) => reported.0,
                None => reported.unwrap_or_default().0.max(self.streamed(usage)),
            };
            let input = told(usage.input_tokens).unwrap_or(self.counted_input);
            return (input.0, output);
        }
        match (&self.usage, self.status) {
            _ if self.under_way || self.timed_out => (self.counted_input.0, 0),
            (_, Some(status)) if status >= ERROR => (0, 0),
            // Somebody answered who keeps no record.
            (None, Some(_)) => self.counted(),
            _ => (0, 0),
        }
    }

    /// The output of which the provider gave no final count. What was held back, only the record knows of.
    fn streamed(&self, usage: &UsageRecord) -> u64 {
        if self.counted_output.0 > 0 {
            self.counted_output.0
        } else {
            usage.output_bytes.div_ceil(BYTES_PER_TOKEN)
        }
    }
}

#[cfg(test)]
mod tests;
