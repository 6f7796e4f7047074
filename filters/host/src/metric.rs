//! Statistics by name. Each is defined at the host once a VM.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::abi::{self, MetricKind};

thread_local! {
    static IDS: RefCell<BTreeMap<Cow<'static, str>, u32>> = const { RefCell::new(BTreeMap::new()) };
}

/// Raises the counter `name`. Names of statistics come from a bounded set.
pub(crate) fn count(name: Cow<'static, str>, by: u32) {
    with(MetricKind::Counter, name, |id| abi::increment(id, i64::from(by)));
}

/// Adds a sample to the histogram `name`.
pub(crate) fn sample(name: Cow<'static, str>, value: u64) {
    with(MetricKind::Histogram, name, |id| abi::record(id, value));
}

/// Moves the gauge `name`, which is one for all VMs.
pub(crate) fn shift(name: Cow<'static, str>, by: i64) {
    with(MetricKind::Gauge, name, |id| abi::increment(id, by));
}

/// A name has one kind wherever it is used.
fn with(kind: MetricKind, name: Cow<'static, str>, act: impl FnOnce(u32)) {
    IDS.with_borrow_mut(|ids| {
        if let Some(id) = ids.get(&name) {
            return act(*id);
        }
        if let Some(id) = abi::define_metric(kind, &name) {
            act(id);
            ids.insert(name, id);
        }
    });
}
