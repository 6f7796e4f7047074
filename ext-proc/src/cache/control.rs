//! What one request wants of the cache: the directives of `cache-control`, and whose answers it shares.
//!
//! Directives are those of RFC 9111, section 5.2.1, which a cache may heed: `no-cache`, `no-store`, `max-age`. Others
//! change nothing, and one that cannot be read is taken for the stricter.

use penstock_flow::Headers;

/// Names whose answers a request shares, within its tenant.
pub const NAMESPACE: &str = "x-penstock-cache-namespace";
/// The longest namespace in bytes.
const LONGEST_NAMESPACE: usize = 128;

/// What one request wants of the cache.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Control {
    /// No kept answer.
    pub no_cache: bool,
    /// That its answer is not kept.
    pub no_store: bool,
    /// No answer that was kept longer ago, in seconds.
    pub max_age_s: Option<u64>,
    /// Whose answers it shares; empty where it does not say.
    pub namespace: String,
}

impl Control {
    /// What the headers ask for.
    pub fn read(headers: &Headers) -> Self {
        let mut control = Self::default();
        let written = headers.all("cache-control").collect::<Vec<_>>().join(",");
        for directive in written.split(',') {
            let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                "no-cache" => control.no_cache = true,
                "no-store" => control.no_store = true,
                "max-age" => {
                    let seconds = value.trim().trim_matches('"').parse().unwrap_or(0);
                    let stricter = control.max_age_s.map_or(seconds, |other| other.min(seconds));
                    control.max_age_s = Some(stricter);
                }
                _ => {}
            }
        }
        let mut names = headers.values(NAMESPACE);
        match (names.next().map(std::str::from_utf8), names.next()) {
            (None, _) => {}
            (Some(Ok(name)), None) if name.len() <= LONGEST_NAMESPACE => {
                name.clone_into(&mut control.namespace)
            }
            // Cut off or left out, it might be somebody else's.
            _ => (control.no_cache, control.no_store) = (true, true),
        }
        control
    }

    /// Whether an answer that was kept at `stored_ms` is young enough.
    pub fn admits(&self, stored_ms: u64, now_ms: u64) -> bool {
        let age_ms = now_ms.saturating_sub(stored_ms);
        self.max_age_s
            .is_none_or(|seconds| age_ms <= seconds.saturating_mul(1_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control(headers: &[(&str, &str)]) -> Control {
        Control::read(&headers.iter().copied().collect())
    }

    #[test]
    fn directives_are_read_wherever_they_stand() {
        let read = control(&[
            ("cache-control", "foo, No-Cache"),
            ("cache-control", "max-age = \"60\""),
        ]);
        assert_eq!(
            (read.no_cache, read.no_store, read.max_age_s),
            (true, false, Some(60))
        );
        assert!(control(&[("cache-control", "no-store")]).no_store);
        assert_eq!(
            control(&[("cache-control", "nocache,max-agex=1")]),
            Control::default()
        );
    }

    #[test]
    fn what_cannot_be_read_is_taken_for_the_stricter() {
        for value in ["max-age=soon", "max-age", "max-age=60, max-age=0", "max-age=-1"] {
            assert_eq!(control(&[("cache-control", value)]).max_age_s, Some(0), "{value}");
        }
        let long = "x".repeat(LONGEST_NAMESPACE + 1);
        let read = control(&[(NAMESPACE, &long)]);
        assert!(read.no_cache && read.no_store && read.namespace.is_empty());
        let unreadable: Headers = [(NAMESPACE.as_bytes(), &b"\xff"[..])].into_iter().collect();
        let two = [(NAMESPACE, "a"), (NAMESPACE, "b")].into_iter().collect();
        for headers in [unreadable, two] {
            assert!(Control::read(&headers).no_cache);
        }
    }

    #[test]
    fn an_answer_is_admitted_up_to_the_age_that_is_asked_for() {
        let minute = control(&[("cache-control", "max-age=60")]);
        assert!(minute.admits(1_000, 61_000) && !minute.admits(1_000, 61_001));
        assert!(Control::default().admits(0, u64::MAX));
        assert!(!control(&[("cache-control", "max-age=0")]).admits(1_000, 1_001));
    }
}
