//! Requests of OpenAI's chat completions, and the extensions of gateways that speak it.
//!
//! Members of the request that steer the model are not counted; any other that is unknown is, as servers with chat
//! templates (vLLM's `documents`, `chat_template_kwargs`) put such members into the prompt.

use serde::de::MapAccess;
use serde_json::value::RawValue;

use super::source::{File, ImageUrl, Sound};
use super::tool::{self, Choice};
use super::{Facts, number};
use crate::counter::{Counter, Shape, pass, skip, string};
use crate::family::Family;
use crate::media;

/// Members that reach no prompt, of any length: `CreateChatCompletionRequest` in OpenAI's OpenAPI document (read
/// 2026-11).
const STEERING: &[&str] = &[
    "audio",
    "logit_bias",
    "metadata",
    "modalities",
    "model",
    "prompt_cache_key",
    "safety_identifier",
    "stop",
    "stream_options",
    "user",
];

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
            "tools" | "functions" => {
                self.facts.tools |= tool::list(counter, self.family, map)?;
            }
            "tool_choice" | "function_call" => {
                let choice = map.next_value::<&'de RawValue>()?;
                self.facts.forced = Choice::read(choice).forced;
                counter.label(choice);
            }
            "response_format" => pass(counter, ResponseFormat, map)?,
            "max_completion_tokens" => self.facts.max_output = number(map.next_value()?),
            "max_tokens" => self.facts.older_max_output = number(map.next_value()?),
            "n" => {
                self.facts.choices = number(map.next_value()?).map(|n| u32::try_from(n).unwrap_or(u32::MAX))
            }
            name if STEERING.contains(&name) => skip(map)?,
            _ => counter.label(map.next_value()?),
        }
        Ok(())
    }
}

/// One message of any role.
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
            "content" => {
                let family = self.family;
                map.next_value_seed(counter.read(Part { family }))?;
            }
            "name" => {
                let name = map.next_value::<&'de RawValue>()?;
                if name.get() != "null" {
                    counter.add(self.family.framing.name);
                }
                counter.value(name);
            }
            "tool_calls" => {
                let framing = self.family.framing.message;
                map.next_value_seed(counter.read(Call { framing }))?;
            }
            "function_call" => pass(counter, Called, map)?,
            "thinking_blocks" => pass(counter, Thinking, map)?,
            "tool_call_id" | "cache_control" | "audio" => counter.label(map.next_value()?),
            _ => counter.value(map.next_value()?),
        }
        Ok(())
    }

    fn end(&mut self, counter: &mut Counter<'_>) {
        counter.add(self.family.framing.message);
    }
}

/// One part of a message's content.
#[derive(Clone)]
struct Part<'f> {
    family: &'f Family,
}

impl<'de> Shape<'de> for Part<'_> {
    fn member<A: MapAccess<'de>>(
        &mut self,
        counter: &mut Counter<'_>,
        name: &str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "image_url" => {
                let image = map.next_value_seed(counter.read(ImageUrl::default()))?;
                image.count(counter, self.family.image);
            }
            "file" => {
                let file = map.next_value_seed(counter.read(File::default()))?;
                counter.add_fixed(media::document(file.data, self.family.image));
            }
            "input_audio" | "audio_url" => {
                let sound = map.next_value_seed(counter.read(Sound::default()))?;
                counter.add_fixed(media::audio(
                    sound.data,
                    &sound.format,
                    self.family.audio_per_second,
                ));
            }
            "video_url" => {
                map.next_value_seed(counter.read(Sound::default()))?;
                counter.add_fixed(media::VIDEO);
            }
            "type" | "cache_control" | "prompt_cache_breakpoint" => counter.label(map.next_value()?),
            _ => counter.value(map.next_value()?),
        }
        Ok(())
    }
}

/// One call of a tool, which the model sees as a message of its own.
#[derive(Clone)]
struct Call {
    framing: u64,
}

impl<'de> Shape<'de> for Call {
    fn member<A: MapAccess<'de>>(
        &mut self,
        counter: &mut Counter<'_>,
        name: &str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "function" | "custom" => pass(counter, Called, map)?,
            "id" | "type" | "index" => counter.label(map.next_value()?),
            _ => counter.value(map.next_value()?),
        }
        Ok(())
    }

    fn end(&mut self, counter: &mut Counter<'_>) {
        counter.add(self.framing);
    }
}

/// What is called, and with what.
#[derive(Clone)]
struct Called;

impl<'de> Shape<'de> for Called {
    fn member<A: MapAccess<'de>>(
        &mut self,
        counter: &mut Counter<'_>,
        _: &str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        counter.value(map.next_value()?);
        Ok(())
    }
}

/// One of Anthropic's thinking blocks.
#[derive(Clone)]
struct Thinking;

impl<'de> Shape<'de> for Thinking {
    fn member<A: MapAccess<'de>>(
        &mut self,
        counter: &mut Counter<'_>,
        name: &str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            // The provider checks it against the text and shows it to nobody.
            "signature" => skip(map)?,
            "data" => {
                let data = string(counter, map)?.unwrap_or_default();
                counter.add(media::opaque(data.len()));
            }
            "type" => counter.label(map.next_value()?),
            _ => counter.value(map.next_value()?),
        }
        Ok(())
    }
}

/// The form of the answer; a schema of it goes into the prompt.
#[derive(Clone)]
struct ResponseFormat;

impl<'de> Shape<'de> for ResponseFormat {
    fn member<A: MapAccess<'de>>(
        &mut self,
        counter: &mut Counter<'_>,
        name: &str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "type" => counter.label(map.next_value()?),
            _ => counter.value(map.next_value()?),
        }
        Ok(())
    }
}
