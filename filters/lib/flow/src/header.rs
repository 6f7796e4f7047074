use std::borrow::Cow;
use std::ops::Range;

/// One change to a header map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderOp {
    /// Replaces every value of the name, or adds it.
    Set(Cow<'static, str>, String),
    /// Removes every value of the name.
    Remove(Cow<'static, str>),
}

/// The headers of a request or response as they arrived: names in lower case, pseudo-headers included.
///
/// Values are bytes, since HTTP allows more than UTF-8 in them. All stand in one buffer, the host's own, since
/// a string for each would cost more than everything that is read of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    bytes: Vec<u8>,
    pairs: Vec<(Range<usize>, Range<usize>)>,
}

impl Headers {
    /// Takes the places of names and values in `bytes`, in the order in which they arrived.
    pub fn new(bytes: Vec<u8>, pairs: Vec<(Range<usize>, Range<usize>)>) -> Self {
        Self { bytes, pairs }
    }

    /// The first value of `name` that is UTF-8.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value of `name` that is UTF-8.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.values(name)
            .filter_map(|value| std::str::from_utf8(value).ok())
    }

    /// Every value of `name`.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.pairs
            .iter()
            .filter(move |(key, _)| self.at(key) == name.as_bytes())
            .map(|(_, value)| self.at(value))
    }

    /// Whether `name` is present, whatever its value.
    pub fn contains(&self, name: &str) -> bool {
        self.pairs.iter().any(|(key, _)| self.at(key) == name.as_bytes())
    }

    /// Every name, as often as it arrived. HTTP allows only ASCII in names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.pairs
            .iter()
            .filter_map(|(key, _)| std::str::from_utf8(self.at(key)).ok())
    }

    fn at(&self, place: &Range<usize>) -> &[u8] {
        self.bytes.get(place.clone()).unwrap_or_default()
    }
}

impl<K: AsRef<[u8]>, V: AsRef<[u8]>> FromIterator<(K, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut headers = Self::default();
        for (key, value) in pairs {
            let start = headers.bytes.len();
            headers.bytes.extend_from_slice(key.as_ref());
            let middle = headers.bytes.len();
            headers.bytes.extend_from_slice(value.as_ref());
            headers.pairs.push((start..middle, middle..headers.bytes.len()));
        }
        headers
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Headers {
    fn from(pairs: [(&str, &str); N]) -> Self {
        pairs.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_not_utf8_is_present_but_not_readable() {
        let headers = Headers::from_iter([("x-name", [0xff])]);
        assert!(headers.contains("x-name"));
        assert_eq!(headers.get("x-name"), None);
    }
}
