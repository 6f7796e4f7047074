//! Changes to the members of one object, written over its bytes.

use std::borrow::Cow;

use super::{Object, quote};

/// Changes to one [`Object`], collected and then applied in one copy.
#[derive(Clone, Debug)]
pub struct Edit<'o, 'a> {
    object: &'o Object<'a>,
    changes: Vec<Change<'a>>,
    inserted: Vec<(&'a str, Cow<'a, str>)>,
}

#[derive(Clone, Debug)]
struct Change<'a> {
    member: usize,
    action: Action<'a>,
}

#[derive(Clone, Debug)]
enum Action<'a> {
    Replace(Cow<'a, str>),
    Rename(&'a str),
    Remove,
}

impl<'o, 'a> Edit<'o, 'a> {
    /// An edit that changes nothing yet.
    pub fn new(object: &'o Object<'a>) -> Self {
        Self {
            object,
            changes: Vec::new(),
            inserted: Vec::new(),
        }
    }

    /// Gives a member a value, as JSON text; a member that is not there is added at the end.
    pub fn set(&mut self, key: &'a str, json: impl Into<Cow<'a, str>>) {
        match self.position(key) {
            Some(member) => self.change(member, Action::Replace(json.into())),
            None => {
                self.inserted.retain(|(name, _)| *name != key);
                self.inserted.push((key, json.into()));
            }
        }
    }

    /// Gives a member another name and keeps its value. The caller sees to it that the name is free.
    pub fn rename(&mut self, key: &str, name: &'a str) {
        if let Some(member) = self.position(key) {
            self.change(member, Action::Rename(name));
        }
    }

    /// Removes a member with its comma; nothing happens if it is not there.
    pub fn remove(&mut self, key: &str) {
        if let Some(member) = self.position(key) {
            self.change(member, Action::Remove);
        }
    }

    /// Whether nothing is to change, so that the source can be used as it is.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.inserted.is_empty()
    }

    /// The edited text.
    pub fn apply(&self) -> Vec<u8> {
        let source = self.object.source();
        let grown: usize = self
            .inserted
            .iter()
            .map(|(key, json)| key.len() + json.len() + 4)
            .sum();
        let replaced: usize = self.changes.iter().map(|change| change.action.len()).sum();
        let mut out = Out {
            text: String::with_capacity(source.len() + grown + replaced),
            members: 0,
        };
        let mut rest = source;
        for (index, member) in self.object.iter().enumerate() {
            let value = member.value.get();
            let (lead, after) = split_at_value(source, rest, value);
            rest = after;
            match self
                .changes
                .iter()
                .find(|change| change.member == index)
                .map(|change| &change.action)
            {
                None => out.member(lead, None, value),
                Some(Action::Replace(json)) => out.member(lead, None, json),
                Some(Action::Rename(name)) => out.member(lead, Some(name), value),
                Some(Action::Remove) => {}
            }
        }
        if self.object.members.is_empty() {
            rest = rest.trim_start().strip_prefix('{').unwrap_or(rest);
        }
        for (key, json) in &self.inserted {
            out.open();
            out.text.push_str(&quote(key));
            out.text.push(':');
            out.text.push_str(json);
        }
        if out.members == 0 {
            out.text.push('{');
        }
        out.text.push_str(rest);
        out.text.into_bytes()
    }

    fn position(&self, key: &str) -> Option<usize> {
        self.object.iter().position(|member| member.key == key)
    }

    fn change(&mut self, member: usize, action: Action<'a>) {
        self.changes.retain(|change| change.member != member);
        self.changes.push(Change { member, action });
    }
}

impl Action<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Replace(json) => json.len(),
            Self::Rename(name) => name.len() + 2,
            Self::Remove => 0,
        }
    }
}

/// The edited object as far as it is written.
struct Out {
    text: String,
    members: usize,
}

impl Out {
    /// What must stand before a member that brings no separator of its own.
    fn open(&mut self) {
        self.text.push(if self.members == 0 { '{' } else { ',' });
        self.members += 1;
    }

    /// `lead` is everything from the previous value, or the start, to this member's value.
    fn member(&mut self, lead: &str, name: Option<&str>, value: &str) {
        let key_start = lead.find('"').unwrap_or(lead.len());
        let key_end = lead.rfind('"').map_or(lead.len(), |quote| quote + 1);
        let separator = lead.get(..key_start).unwrap_or_default();
        if (self.members == 0) == separator.contains('{') {
            self.text.push_str(separator);
            self.members += 1;
        } else {
            // The members before this one are gone.
            self.open();
        }
        match name {
            Some(name) => self.text.push_str(&quote(name)),
            None => self
                .text
                .push_str(lead.get(key_start..key_end).unwrap_or_default()),
        }
        self.text.push_str(lead.get(key_end..).unwrap_or_default());
        self.text.push_str(value);
    }
}

/// Splits what is left of `source` before and after a value that borrows from it.
fn split_at_value<'a>(source: &'a str, rest: &'a str, value: &str) -> (&'a str, &'a str) {
    let start = (value.as_ptr() as usize).saturating_sub(source.as_ptr() as usize);
    let read = source.len() - rest.len();
    let lead = source.get(read..start).unwrap_or_default();
    (lead, source.get(start + value.len()..).unwrap_or_default())
}
