//! From a step to host calls.

use penstock_flow::{Body, Count, HeaderOp, Level, LocalReply, LogLine, Sample, Shift, Step, Verdict};
use proxy_wasm::types::Action;

use crate::abi::{self, Direction};
use crate::metric;

/// Set on a request before a filter answers it itself, so that Envoy's local reply mappers leave the body alone.
const REPLIED: &str = "x-penstock-int-replied";

/// Carries `step` out and says whether the stream goes on.
pub fn carry_out(direction: Direction, step: Step) -> Action {
    let Step {
        headers,
        body,
        state,
        counts,
        samples,
        shifts,
        log,
        verdict,
    } = step;
    let told = Told {
        counts,
        samples,
        shifts,
        log,
    };
    for (key, value) in state {
        if !abi::set_state(key, &value) {
            abi::log(Level::Error, &format!("filter state {key} could not be written"));
        }
    }
    for op in headers {
        match op {
            HeaderOp::Set(name, value) => {
                if !abi::set_header(direction, &name, &value) {
                    abi::log(Level::Error, &format!("header {name} could not be set"));
                }
            }
            HeaderOp::Remove(name) => {
                abi::remove_header(direction, &name);
            }
        }
    }
    if let Body::Replace(bytes) = body
        && !abi::replace_buffer(direction, &bytes)
    {
        abi::log(
            Level::Error,
            "the body could not be replaced; the stream is reset",
        );
        abi::reset(direction);
        return Action::Pause;
    }
    tell(told);
    match verdict {
        Verdict::Continue => Action::Continue,
        Verdict::Hold => Action::Pause,
        Verdict::Reply(reply) => {
            send(&reply);
            Action::Pause
        }
        Verdict::Reset => {
            abi::reset(direction);
            Action::Pause
        }
    }
}

/// Carries out what is left of a step when the stream is over: state, statistics and log lines.
pub fn carry_out_late(step: Step) {
    for (key, value) in step.state {
        abi::set_state(key, &value);
    }
    tell(Told {
        counts: step.counts,
        samples: step.samples,
        shifts: step.shifts,
        log: step.log,
    });
}

/// What a step says to people, not to the stream.
struct Told {
    counts: Vec<Count>,
    samples: Vec<Sample>,
    shifts: Vec<Shift>,
    log: Vec<LogLine>,
}

fn tell(told: Told) {
    for count in told.counts {
        metric::count(count.name, count.by);
    }
    for sample in told.samples {
        metric::sample(sample.name, sample.value);
    }
    for shift in told.shifts {
        metric::shift(shift.name, shift.by);
    }
    for line in told.log {
        abi::log(line.level, &line.text);
    }
}

fn send(reply: &LocalReply) {
    abi::set_header(Direction::Request, REPLIED, "1");
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(reply.headers.iter().map(|(name, value)| (*name, value.as_str())));
    if !abi::send_reply(reply.status, reply.details, &headers, &reply.body) {
        abi::log(
            Level::Error,
            "a reply of the filter's own could not be sent; the stream is reset",
        );
        abi::reset(Direction::Request);
    }
}
