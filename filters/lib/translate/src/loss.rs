//! What a target cannot express.

use std::borrow::Cow;

use crate::json;

/// Most losses that are listed; what makes more is one abuse or another.
pub const MAX_LOSSES: usize = 64;

/// One thing that the client asked for and the target is not told, or told in another way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Path of the field in the client's dialect, `[]` for any element: printable ASCII, fit for a header.
    pub field: Cow<'static, str>,
    /// What becomes of it.
    pub reason: &'static str,
}

/// Something of the neutral form that a target may lack. Each dialect names the field it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Feature {
    CacheMark,
    Document,
    Effort,
    Image,
    Instruction,
    MaxOutputTokens,
    Messages,
    Model,
    OutputSchema,
    ParallelToolCalls,
    Reasoning,
    ServiceTier,
    Stop,
    System,
    Temperature,
    Thinking,
    ToolChoice,
    ToolResultContent,
    ToolResultError,
    ToolSchema,
    TopK,
    TopP,
}

/// Collects losses: each field and reason once, in the order they are met.
#[derive(Debug)]
pub(crate) struct Losses {
    name: fn(Feature) -> &'static str,
    list: Vec<Loss>,
}

impl Losses {
    /// `name` is the client's dialect.
    pub fn new(name: fn(Feature) -> &'static str) -> Self {
        Self {
            name,
            list: Vec::new(),
        }
    }

    /// Notes a field that only the client's API has.
    pub fn field(&mut self, field: impl Into<Cow<'static, str>>, reason: &'static str) {
        let loss = Loss {
            field: field.into(),
            reason,
        };
        if self.list.len() < MAX_LOSSES && !self.list.contains(&loss) {
            self.list.push(loss);
        }
    }

    /// Notes a member whose name comes from the client.
    pub fn unknown(&mut self, parent: &str, name: &str, reason: &'static str) {
        let name = json::printable(name);
        self.field(
            if parent.is_empty() {
                name
            } else {
                format!("{parent}.{name}")
            },
            reason,
        );
    }

    /// Notes a part of the neutral form.
    pub fn feature(&mut self, feature: Feature, reason: &'static str) {
        self.field((self.name)(feature), reason);
    }

    pub fn into_list(self) -> Vec<Loss> {
        self.list
    }
}
