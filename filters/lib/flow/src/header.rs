use std::borrow::Cow;

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
/// Values are bytes, since HTTP allows more than UTF-8 in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, Vec<u8>)>);

impl Headers {
    /// Takes the pairs in the order in which they arrived.
    pub fn new(pairs: Vec<(String, Vec<u8>)>) -> Self {
        Self(pairs)
    }

    /// The first value of `name`, where it is UTF-8.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .and_then(|(_, value)| std::str::from_utf8(value).ok())
    }

    /// Whether `name` is present, whatever its value.
    pub fn contains(&self, name: &str) -> bool {
        self.names().any(|key| key == name)
    }

    /// Every name, as often as it arrived.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| key.as_str())
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Headers {
    fn from(pairs: [(&str, &str); N]) -> Self {
        Self(
            pairs
                .iter()
                .map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec()))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_not_utf8_is_present_but_not_readable() {
        let headers = Headers::new(vec![("x-name".into(), vec![0xff])]);
        assert!(headers.contains("x-name"));
        assert_eq!(headers.get("x-name"), None);
    }
}
