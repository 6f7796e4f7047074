//! Requests of Anthropic's messages.
//!
//! Blocks that are not known here count as what their members hold. What only the provider can read, a signature
//! excepted, counts as if it were text of that size.

use std::borrow::Cow;

use penstock_translate::json;
use serde::de::MapAccess;
use serde_json::value::RawValue;

use super::tool::{self, Choice};
use super::{Facts, number};
use crate::counter::{Counter, Shape, pass, skip, string};
use crate::family::Family;
use crate::image::{Detail, size};
use crate::media;

/// Members that reach no prompt, of any length: `MessageCreateParams` in Anthropic's Python SDK 2.11 (read 2026-11).
const STEERING: &[&str] = &["betas", "metadata", "model", "stop_sequences", "thinking"];

/// Deepest nesting of blocks that is read: a document's text in a tool's result. What is below counts as JSON.
const MAX_DEPTH: u8 = 3;

#[derive(Clone)]
pub(super) struct Request<'f> {
    family: &'f Family,
    pub(super) facts: Facts,
}

impl<'f> Request<'f> {
    pub(super) fn new(family: &'f Family) -> Self {
        Self {
            family,
            facts: Facts::default(),
        }
    }
}

impl<'de> Shape<'de> for Request<'_> {
    fn member<A: MapAccess<'de>>(
        &mut self,
        counter: &mut Counter<'_>,
        name: &str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "messages" => {
                let family = self.family;
                map.next_value_seed(counter.read(Message { family }))?;
            }
            "system" => {
                if self.family.framing.system {
                    counter.add(self.family.framing.message);
                    counter.text("system");
                }
                map.next_value_seed(counter.read(Block::new(self.family, 0)))?;
            }
            "tools" => self.facts.tools |= tool::list(counter, self.family, map)?,
            "tool_choice" => {
                let choice = map.next_value::<&'de RawValue>()?;
                self.facts.forced = Choice::read(choice).forced;
                counter.label(choice);
            }
            "max_tokens" => self.facts.max_output = number(map.next_value()?),
            name if STEERING.contains(&name) => skip(map)?,
            _ => counter.label(map.next_value()?),
        }
        Ok(())
    }
}

/// One message.
#[derive(Clone)]
struct Message<'f> {
    family: &'f Family,
}

impl<'de> Shape<'de> for Message<'_> {
    fn member<A: MapAccess<'de>>(
        &mut self,
        counter: &mut Counter<'_>,
        name: &str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "content" => pass(counter, Block::new(self.family, 0), map)?,
            _ => counter.value(map.next_value()?),
        }
        Ok(())
    }

    fn end(&mut self, counter: &mut Counter<'_>) {
        counter.add(self.family.framing.message);
    }
}

/// One content block of any type.
#[derive(Clone)]
struct Block<'f, 'de> {
    family: &'f Family,
    depth: u8,
    kind: Cow<'de, str>,
    source: Option<Source<'f, 'de>>,
}

impl<'f> Block<'f, '_> {
    fn new(family: &'f Family, depth: u8) -> Self {
        Self {
            family,
            depth,
            kind: Cow::Borrowed(""),
            source: None,
        }
    }
}

impl<'de> Shape<'de> for Block<'_, 'de> {
    fn member<A: MapAccess<'de>>(
        &mut self,
        counter: &mut Counter<'_>,
        name: &str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "type" => self.kind = kind(counter, map.next_value()?),
            "source" => {
                let source = Source::new(self.family, self.depth);
                self.source = Some(map.next_value_seed(counter.read(source))?);
            }
            "content" if self.depth < MAX_DEPTH => {
                let inner = Block::new(self.family, self.depth.saturating_add(1));
                map.next_value_seed(counter.read(inner))?;
            }
            // The provider checks it against the text and shows it to nobody.
            "signature" => skip(map)?,
            "data" | "encrypted_content" | "encrypted_index" => {
                let data = string(counter, map)?.unwrap_or_default();
                counter.add(media::opaque(data.len()));
            }
            "id" | "tool_use_id" | "file_id" | "cache_control" | "citations" | "caller" => {
                counter.label(map.next_value()?);
            }
            _ => counter.value(map.next_value()?),
        }
        Ok(())
    }

    fn end(&mut self, counter: &mut Counter<'_>) {
        if self.kind.ends_with("tool_use") || self.kind.ends_with("tool_result") {
            counter.add(self.family.framing.message);
        }
        match &self.source {
            Some(source) if self.kind == "document" => source.document(counter),
            Some(source) if self.kind == "image" => source.image(counter),
            Some(source) => counter.add(media::opaque(source.data.len())),
            None => {}
        }
    }
}

/// What a block or a source is. Only where a block stands in another, anything can be said to be its kind.
fn kind<'de>(counter: &mut Counter<'_>, raw: &'de RawValue) -> Cow<'de, str> {
    counter.label(raw);
    json::string(raw).unwrap_or_default()
}

/// Where an image or a document comes from.
#[derive(Clone)]
struct Source<'f, 'de> {
    family: &'f Family,
    depth: u8,
    kind: Cow<'de, str>,
    data: Cow<'de, str>,
}

impl<'f> Source<'f, '_> {
    fn new(family: &'f Family, depth: u8) -> Self {
        Self {
            family,
            depth,
            kind: Cow::Borrowed(""),
            data: Cow::Borrowed(""),
        }
    }

    fn image(&self, counter: &mut Counter<'_>) {
        let size = size(&self.data);
        counter.add_fixed(self.family.image.tokens(size, Detail::Auto));
    }

    fn document(&self, counter: &mut Counter<'_>) {
        match &*self.kind {
            "text" => counter.text(&self.data),
            // Its blocks have been counted; data it should have none.
            "content" => counter.text(&self.data),
            "base64" => counter.add_fixed(media::document(Some(self.data.len()), self.family.image)),
            _ => counter.add_fixed(media::document(None, self.family.image)),
        }
    }
}

impl<'de> Shape<'de> for Source<'_, 'de> {
    fn member<A: MapAccess<'de>>(
        &mut self,
        counter: &mut Counter<'_>,
        name: &str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "type" => self.kind = kind(counter, map.next_value()?),
            "data" => self.data = string(counter, map)?.unwrap_or_default(),
            "content" if self.depth < MAX_DEPTH => {
                let inner = Block::new(self.family, self.depth.saturating_add(1));
                map.next_value_seed(counter.read(inner))?;
            }
            // Of what is fetched, only the fetched is shown.
            "url" => skip(map)?,
            "media_type" | "file_id" => counter.label(map.next_value()?),
            _ => counter.value(map.next_value()?),
        }
        Ok(())
    }
}
