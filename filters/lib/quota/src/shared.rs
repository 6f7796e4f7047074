//! Values that workers share, replaced by compare-and-swap.

/// How often a value is read and changed anew when others replace it in between.
///
/// Each failure means that another worker got on, so this is reached only if something is broken.
const TRIES: u32 = 1024;

/// Which version of a value was read. Never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(pub u32);

/// Values that all workers share, each replaced only if nobody else has replaced it meanwhile: the shared data
/// of proxy-wasm.
pub trait Shared {
    /// The value of `key` and its version; none if nobody has written it.
    fn read(&self, key: &str) -> Option<(Vec<u8>, Version)>;

    /// Replaces the value of `key` if it still has `version`, or, without one, if it is absent. False: somebody
    /// else was first.
    fn write(&self, key: &str, value: &[u8], version: Option<Version>) -> bool;
}

/// Replaces the value of `key` by what `change` makes of it, as often as it takes to be the one who did.
///
/// `change` sees the present value and returns none to leave it. False: the value was never ours to replace.
pub fn update(
    shared: &impl Shared,
    key: &str,
    mut change: impl FnMut(Option<&[u8]>) -> Option<Vec<u8>>,
) -> bool {
    attempt(|| {
        let (value, version) = shared.read(key).unzip();
        let done = match change(value.as_deref()) {
            Some(new) => shared.write(key, &new, version),
            None => true,
        };
        done.then_some(())
    })
    .is_some()
}

/// What `action` returns the first time that it is not interrupted by another worker.
pub(crate) fn attempt<T>(mut action: impl FnMut() -> Option<T>) -> Option<T> {
    (0..TRIES).find_map(|_| action())
}
