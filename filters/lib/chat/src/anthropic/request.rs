//! The request in its wire form: what Penstock looks at, typed; the rest as unknown members.
//!
//! Shapes of `MessageCreateParams` in Anthropic's Python SDK 2.11 (read 2026-11), and the sampling parameters and
//! `output_format` that it has left but version `2023-06-01` of the API still takes.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::shape::{List, Str, TextOr, shape};

shape! {
    /// `POST /v1/messages`.
    pub struct Request<'a> {
        /// The model.
        model = "model": Str<'a>,
        /// The conversation.
        messages = "messages": List<Message<'a>>,
        /// Limit on output tokens, thinking included.
        max_tokens = "max_tokens": i64,
        /// Instructions.
        system = "system": TextOr<'a, Block<'a>>,
        /// Whether to answer as an event stream.
        stream = "stream": bool,
        /// Stop sequences.
        stop_sequences = "stop_sequences": List<Str<'a>>,
        /// 0 to 1.
        temperature = "temperature": f64,
        /// 0 to 1.
        top_p = "top_p": f64,
        /// Sample from so many tokens.
        top_k = "top_k": i64,
        /// Tools that the model may call, Anthropic's own among them.
        tools = "tools": List<Tool<'a>>,
        /// Whether and which tool it calls.
        tool_choice = "tool_choice": ToolChoice<'a>,
        /// Whether and how much it thinks.
        thinking = "thinking": Thinking<'a>,
        /// Effort and output format.
        output_config = "output_config": OutputConfig<'a>,
        /// The output format under its earlier, beta name.
        output_format = "output_format": OutputFormat<'a>,
        /// The end user.
        metadata = "metadata": Metadata<'a>,
        /// `auto` or `standard_only`.
        service_tier = "service_tier": Str<'a>,
        /// Marks the last block for the prompt cache.
        cache_control = "cache_control": &'a RawValue,
    }
}

shape! {
    /// One message.
    pub struct Message<'a> {
        /// `user`, `assistant`, or `system` in mid-conversation.
        role = "role": Str<'a>,
        /// Text or blocks.
        content = "content": TextOr<'a, Block<'a>>,
    }
}

shape! {
    /// One content block, of any type; also what stands in a tool result.
    pub struct Block<'a> {
        /// `text`, `image`, `document`, `thinking`, `tool_use`, `tool_result`, …
        kind = "type": Str<'a>,
        /// Of `text`.
        text = "text": Str<'a>,
        /// Of `image` and `document`.
        source = "source": Source<'a>,
        /// Of `document`.
        title = "title": Str<'a>,
        /// Of `thinking`.
        thinking = "thinking": Str<'a>,
        /// Of `thinking`.
        signature = "signature": Str<'a>,
        /// Of `redacted_thinking`.
        data = "data": Str<'a>,
        /// Of `tool_use`.
        id = "id": Str<'a>,
        /// Of `tool_use`.
        name = "name": Str<'a>,
        /// Of `tool_use`.
        input = "input": &'a RawValue,
        /// Of `tool_result`.
        tool_use_id = "tool_use_id": Str<'a>,
        /// Of `tool_result`.
        content = "content": ResultContent<'a>,
        /// Of `tool_result`.
        is_error = "is_error": bool,
        /// Marks the prompt up to here for the cache.
        cache_control = "cache_control": &'a RawValue,
    }
}

shape! {
    /// A block within a tool result. Apart from [`Block`] so that no type contains itself.
    pub struct ResultBlock<'a> {
        /// `text`, `image`, `document`, `search_result`, …
        kind = "type": Str<'a>,
        /// Of `text`.
        text = "text": Str<'a>,
        /// Of `image` and `document`.
        source = "source": Source<'a>,
        /// Of `document`.
        title = "title": Str<'a>,
        /// Marks the prompt up to here for the cache.
        cache_control = "cache_control": &'a RawValue,
    }
}

/// Content of a tool result, or what other blocks keep under that name.
#[derive(Clone, Debug)]
pub enum ResultContent<'a> {
    /// Text.
    Text(Str<'a>),
    /// Blocks.
    Blocks(Vec<ResultBlock<'a>>),
    /// An object: results of Anthropic's own tools.
    Other,
}

impl<'de> Deserialize<'de> for ResultContent<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ContentVisitor;
        impl<'de> Visitor<'de> for ContentVisitor {
            type Value = ResultContent<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or an array of blocks")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(ResultContent::Text(Str(text.into())))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(ResultContent::Text(Str(text.to_owned().into())))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                let list = serde::de::value::SeqAccessDeserializer::new(seq);
                List::deserialize(list).map(|list| ResultContent::Blocks(list.0))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(ResultContent::Other)
            }
        }
        deserializer.deserialize_any(ContentVisitor)
    }
}

shape! {
    /// Where an image or a document comes from, as an object.
    pub struct SourceObject<'a> {
        /// `base64`, `url`, `text`, `content`, `file`.
        kind = "type": Str<'a>,
        /// Of `base64` and `text`.
        media_type = "media_type": Str<'a>,
        /// Of `base64` and `text`.
        data = "data": Str<'a>,
        /// Of `url`.
        url = "url": Str<'a>,
    }
}

/// Where a block's content comes from.
#[derive(Clone, Debug)]
pub enum Source<'a> {
    /// Of images and documents.
    Object(Box<SourceObject<'a>>),
    /// The source that a search result names.
    Name(Str<'a>),
}

impl<'de> Deserialize<'de> for Source<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SourceVisitor;
        impl<'de> Visitor<'de> for SourceVisitor {
            type Value = Source<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Source::Name(Str(text.into())))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Source::Name(Str(text.to_owned().into())))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let object = serde::de::value::MapAccessDeserializer::new(map);
                SourceObject::deserialize(object).map(|source| Source::Object(Box::new(source)))
            }
        }
        deserializer.deserialize_any(SourceVisitor)
    }
}

shape! {
    /// One tool; Anthropic's own are told by their `type`.
    pub struct Tool<'a> {
        /// Absent or `custom` for the client's own tools.
        kind = "type": Str<'a>,
        /// The name.
        name = "name": Str<'a>,
        /// What it does.
        description = "description": Str<'a>,
        /// JSON schema of the input.
        input_schema = "input_schema": &'a RawValue,
        /// Whether the input must match it.
        strict = "strict": bool,
        /// Marks the prompt up to here for the cache.
        cache_control = "cache_control": &'a RawValue,
    }
}

shape! {
    /// `tool_choice`.
    pub struct ToolChoice<'a> {
        /// `auto`, `any`, `tool`, `none`.
        kind = "type": Str<'a>,
        /// Of `tool`.
        name = "name": Str<'a>,
        /// At most one call.
        disable_parallel_tool_use = "disable_parallel_tool_use": bool,
    }
}

shape! {
    /// `thinking`.
    pub struct Thinking<'a> {
        /// `enabled`, `disabled`, `adaptive`, `between_tools`.
        kind = "type": Str<'a>,
        /// Of `enabled`.
        budget_tokens = "budget_tokens": i64,
    }
}

shape! {
    /// `output_config`.
    pub struct OutputConfig<'a> {
        /// `low`, `medium`, `high`, `xhigh`, `max`.
        effort = "effort": Str<'a>,
        /// The schema that the output must match.
        format = "format": OutputFormat<'a>,
    }
}

shape! {
    /// `output_config.format`.
    pub struct OutputFormat<'a> {
        /// `json_schema`.
        kind = "type": Str<'a>,
        /// The schema.
        schema = "schema": &'a RawValue,
    }
}

shape! {
    /// `metadata`.
    pub struct Metadata<'a> {
        /// The end user.
        user_id = "user_id": Str<'a>,
    }
}
