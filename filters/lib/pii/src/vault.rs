//! Which placeholder stands for which value, for the time of one request.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use crate::placeholder::{LONG_TAG, Placeholders, TAG, normal};

/// The values of one request and their placeholders.
#[derive(Default)]
pub struct Vault {
    entries: Vec<Entry>,
    by_key: HashMap<String, usize>,
    has_numbers: bool,
    by_placeholder: BTreeMap<String, usize>,
    by_normal: BTreeMap<String, usize>,
}

struct Entry {
    value: String,
    placeholder: String,
    kind: Kind,
}

/// What a value was where it stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    /// A number of JSON, whose placeholder stands between quotes that it did not have.
    Number,
    /// As it was written so many strings of JSON deep, with escapes that would not be written again.
    Written(u32),
}

impl Kind {
    /// What tells a value of this kind from all others.
    fn key(self, value: &str) -> Cow<'_, str> {
        match self {
            Self::Text => Cow::Borrowed(value),
            Self::Number => Cow::Owned(format!("\0{value}")),
            Self::Written(depth) => Cow::Owned(format!("\0{depth}\0{value}")),
        }
    }
}

/// What a beginning of a placeholder may still become.
#[derive(Clone, Copy)]
pub(crate) enum Known<'v> {
    /// Whole.
    Whole(Kept<'v>),
    /// The beginning of one or more.
    Beginning,
    /// None.
    No,
}

/// A value, and how it stood.
#[derive(Clone, Copy)]
pub(crate) struct Kept<'v> {
    pub value: &'v str,
    pub kind: Kind,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Vault");
        shown.field("values", &self.entries.len()).finish_non_exhaustive()
    }
}

impl Vault {
    /// The placeholder of a value. A value keeps the label under which it was seen first, and has one placeholder for each
    /// kind.
    pub(crate) fn keep(
        &mut self,
        placeholders: &Placeholders,
        tenant: &str,
        label: &str,
        value: &str,
        kind: Kind,
    ) -> &str {
        let key = kind.key(value);
        let index = match self.by_key.get(&*key) {
            Some(index) => *index,
            None => self.add(placeholders, tenant, label, (value, &key), kind),
        };
        self.entries.get(index).map_or("", |entry| &entry.placeholder)
    }

    fn add(
        &mut self,
        placeholders: &Placeholders,
        tenant: &str,
        label: &str,
        (value, key): (&str, &str),
        kind: Kind,
    ) -> usize {
        let index = self.entries.len();
        let mut placeholder = placeholders.placeholder(tenant, label, key, TAG);
        if self.by_normal.contains_key(&normal(&placeholder)) {
            placeholder = placeholders.placeholder(tenant, label, key, LONG_TAG);
        }
        self.has_numbers |= kind == Kind::Number;
        self.by_key.insert(key.to_owned(), index);
        self.by_placeholder.insert(placeholder.clone(), index);
        self.by_normal.insert(normal(&placeholder), index);
        self.entries.push(Entry {
            value: value.to_owned(),
            placeholder,
            kind,
        });
        index
    }

    /// The label of a value's placeholder, if it has one.
    pub(crate) fn label(&self, value: &str) -> Option<&str> {
        let index = self
            .by_key
            .get(value)
            .or_else(|| self.by_key.get(&*Kind::Number.key(value)))?;
        let entry = self.entries.get(*index)?;
        let (label, _) = entry.placeholder.strip_prefix('[')?.rsplit_once('_')?;
        Some(label)
    }

    /// Whether some values were numbers.
    pub(crate) fn has_numbers(&self) -> bool {
        self.has_numbers
    }

    /// How many placeholders there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing was put into it.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Every value, in the order in which they were first seen.
    pub(crate) fn values(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| &*entry.value)
    }

    /// What the beginning of a placeholder may become, byte for byte.
    pub(crate) fn exact(&self, beginning: &str) -> Known<'_> {
        self.look_up(&self.by_placeholder, beginning)
    }

    /// The same for what [`normal`] leaves of it.
    pub(crate) fn normal(&self, beginning: &str) -> Known<'_> {
        self.look_up(&self.by_normal, beginning)
    }

    fn look_up<'v>(&'v self, map: &'v BTreeMap<String, usize>, beginning: &str) -> Known<'v> {
        let from = (std::ops::Bound::Included(beginning), std::ops::Bound::Unbounded);
        match map.range::<str, _>(from).next() {
            Some((key, index)) if key == beginning => self.entries.get(*index).map_or(Known::No, |entry| {
                Known::Whole(Kept {
                    value: &entry.value,
                    kind: entry.kind,
                })
            }),
            Some((key, _)) if key.starts_with(beginning) => Known::Beginning,
            _ => Known::No,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_whose_short_tag_is_taken_gets_a_longer_one() {
        let placeholders = Placeholders::new(b"a key of sixteen").unwrap();
        let short = placeholders.placeholder("acme", "EMAIL", "ann@example.com", TAG);
        let mut vault = Vault::default();
        vault.by_normal.insert(normal(&short), 7);
        let long = vault
            .keep(&placeholders, "acme", "EMAIL", "ann@example.com", Kind::Text)
            .to_owned();
        assert_eq!(long.len(), short.len() + LONG_TAG - TAG);
        assert!(matches!(vault.exact(&long), Known::Whole(kept) if kept.value == "ann@example.com"));
        assert!(matches!(vault.exact(&long[..9]), Known::Beginning));
        assert!(matches!(vault.normal("X"), Known::No));
    }

    #[test]
    fn a_value_keeps_the_label_under_which_it_was_seen_first() {
        let placeholders = Placeholders::new(b"a key of sixteen").unwrap();
        let mut vault = Vault::default();
        let mut keep = |label, kind| {
            vault
                .keep(&placeholders, "acme", label, "123456789", kind)
                .to_owned()
        };
        let first = keep("SSN", Kind::Text);
        assert_eq!(keep("PHONE", Kind::Text), first);
        assert_ne!(keep("SSN", Kind::Number), first);
        assert_ne!(keep("SSN", Kind::Written(1)), first);
        assert_eq!(vault.values().collect::<Vec<_>>(), ["123456789"; 3]);
    }
}
