//! Names of callers, where the configuration says they are.

use std::borrow::Cow;

use penstock_config::slice::Source;
use penstock_flow::Headers;

/// Stands for everyone who has no name.
pub const ANONYMOUS: &str = "anonymous";

/// A name longer than this, in bytes, is no name; neither is one with control characters.
const LONGEST: usize = 256;

/// The name that `source` gives, or [`ANONYMOUS`]. `metadata` gives the text at a path of dynamic metadata, which no
/// client can write.
pub fn name(
    source: &Source,
    headers: &Headers,
    metadata: impl Fn(&[String]) -> Option<String>,
) -> Cow<'static, str> {
    let found = match source {
        Source::Metadata(path) => metadata(path),
        // Of two, one may be the client's own, in front of the one that is vouched for.
        Source::Header(name) => {
            let mut values = headers.all(name);
            match (values.next(), values.next()) {
                (Some(only), None) => Some(only.to_owned()),
                _ => None,
            }
        }
    };
    found
        .filter(|name| !name.is_empty() && name.len() <= LONGEST && !name.contains(char::is_control))
        .map_or(Cow::Borrowed(ANONYMOUS), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_missing_empty_too_long_or_given_twice_is_nobodys() {
        let source = Source::Header("x-tenant".to_owned());
        let longest = "x".repeat(LONGEST);
        let longer = "x".repeat(LONGEST + 1);
        for (headers, tenant) in [
            (vec![("x-tenant", "acme")], "acme"),
            (vec![("x-tenant", &*longest)], &*longest),
            (vec![], ANONYMOUS),
            (vec![("x-tenant", "")], ANONYMOUS),
            (vec![("x-tenant", &*longer)], ANONYMOUS),
            (vec![("x-tenant", "acme"), ("x-tenant", "globex")], ANONYMOUS),
            (vec![("x-penstock-tenant", "acme"), ("x-key", "k")], ANONYMOUS),
        ] {
            let headers: Headers = headers.into_iter().collect();
            assert_eq!(name(&source, &headers, |_| None), tenant);
        }
    }

    #[test]
    fn a_name_in_metadata_is_that_of_its_whole_path() {
        let source = Source::Metadata(vec!["penstock".to_owned(), "key".to_owned()]);
        let headers = Headers::from([("key", "forged"), ("penstock", "forged")]);
        let at = |path: &[String]| Some(path.join("."));
        assert_eq!(name(&source, &headers, at), "penstock.key");
        assert_eq!(name(&source, &headers, |_| Some("a\nb".to_owned())), ANONYMOUS);
        assert_eq!(name(&source, &headers, |_| None), ANONYMOUS);
    }
}
