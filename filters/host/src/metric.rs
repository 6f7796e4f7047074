//! Counters by name. Each is defined at the host once a VM.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::abi;

thread_local! {
    static IDS: RefCell<BTreeMap<Cow<'static, str>, u32>> = const { RefCell::new(BTreeMap::new()) };
}

/// Raises the counter `name`; names come from a bounded set.
pub(crate) fn count(name: Cow<'static, str>, by: u32) {
    IDS.with_borrow_mut(|ids| {
        if let Some(id) = ids.get(&name) {
            return abi::increment(*id, by);
        }
        if let Some(id) = abi::define_counter(&name) {
            abi::increment(id, by);
            ids.insert(name, id);
        }
    });
}
