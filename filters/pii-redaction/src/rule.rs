//! What is looked into, by where it stands in a request or an answer of either API.
//!
//! What is not known is text: a field that an API gets tomorrow is scanned today. Only what must arrive byte for byte and
//! cannot hold text is passed over: names of models, tools and schema keywords, ids, signatures, and base64 that is base64.

/// What becomes of a value, and which rules hold for what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Text, in everything below.
    Text,
    /// Text that a provider has signed.
    Signed,
    /// A JSON value in a string, or text if it is none.
    Json,
    /// A JSON value: names of members, strings and numbers, in everything below.
    Data,
    /// Not looked into.
    Skip,
    /// Base64, or a `data:` URL of it; text if it is neither.
    Binary,
    /// A URL, which may be a `data:` URL of base64.
    Link,
    /// Base64 that is a provider's secret; text if it is none.
    Sealed,
    /// A whole request.
    Request,
    /// A whole answer, or an event of one.
    Answer,
    Messages,
    Message,
    /// Text, or blocks of content.
    Content,
    Block,
    /// A block's source before its type is known.
    Source,
    /// A source that holds text, or a reference.
    TextSource,
    /// A source that holds base64.
    BinarySource,
    File,
    Calls,
    Call,
    Function,
    Tools,
    Tool,
    Format,
    Schema,
    /// Schemas by the name of a property or definition.
    Schemas,
    ThinkingBlocks,
    Choices,
    Choice,
    Connector,
}

impl Rule {
    /// The rule of a member's value.
    pub fn member(self, name: &str) -> Self {
        match self {
            Self::Text => match name {
                "encrypted_content" | "encrypted_index" => Self::Skip,
                _ => Self::Text,
            },
            Self::Request => request(name),
            Self::Answer => answer(name),
            Self::Message => message(name),
            Self::Block => block(name),
            Self::Content => Self::Block.member(name),
            Self::TextSource | Self::Source => match name {
                "type" | "media_type" | "file_id" => Self::Skip,
                "content" => Self::Content,
                _ => Self::Text,
            },
            Self::BinarySource => match name {
                "data" => Self::Binary,
                _ => Self::TextSource.member(name),
            },
            Self::File => match name {
                "id" | "file_id" | "detail" | "format" => Self::Skip,
                "url" => Self::Link,
                "data" | "file_data" => Self::Binary,
                _ => Self::Text,
            },
            Self::Call => match name {
                "id" | "type" | "index" => Self::Skip,
                "function" | "custom" => Self::Function,
                _ => Self::Text,
            },
            Self::Function => match name {
                "name" => Self::Skip,
                "arguments" => Self::Json,
                _ => Self::Text,
            },
            Self::Tool => match name {
                "name" | "type" | "mode" | "cache_control" | "strict" => Self::Skip,
                "function" | "custom" => Self::Tool,
                "parameters" | "input_schema" | "schema" => Self::Schema,
                "input_examples" => Self::Data,
                _ => Self::Text,
            },
            Self::Format => match name {
                "name" | "type" | "effort" => Self::Skip,
                "json_schema" | "format" => Self::Format,
                "schema" => Self::Schema,
                _ => Self::Text,
            },
            Self::Schema => schema(name),
            Self::Schemas => Self::Schema,
            Self::ThinkingBlocks => Self::Block.member(name),
            Self::Choice => match name {
                "message" | "delta" => Self::Message,
                "finish_reason" => Self::Skip,
                _ => Self::Text,
            },
            Self::Connector => match name {
                "authorization_token" | "name" | "type" => Self::Skip,
                _ => Self::Text,
            },
            Self::Messages | Self::Calls | Self::Tools | Self::Choices => self.element().member(name),
            Self::Signed | Self::Json | Self::Binary | Self::Link | Self::Sealed => Self::Text,
            Self::Data => Self::Data,
            Self::Skip => Self::Skip,
        }
    }

    /// The rule of an array's elements.
    pub fn element(self) -> Self {
        match self {
            Self::Messages => Self::Message,
            Self::Content | Self::ThinkingBlocks => Self::Block,
            Self::Calls => Self::Call,
            Self::Tools => Self::Tool,
            Self::Choices => Self::Choice,
            rule => rule,
        }
    }
}

fn request(name: &str) -> Rule {
    match name {
        "model" | "tool_choice" | "function_call" | "cache_control" | "logit_bias" | "service_tier" => {
            Rule::Skip
        }
        "messages" => Rule::Messages,
        "system" => Rule::Content,
        "tools" | "functions" => Rule::Tools,
        "response_format" | "output_format" | "output_config" => Rule::Format,
        "mcp_servers" => Rule::Connector,
        "metadata" => Rule::Data,
        _ => Rule::Text,
    }
}

fn answer(name: &str) -> Rule {
    match name {
        "id" | "object" | "type" | "role" | "model" | "service_tier" | "system_fingerprint"
        | "stop_reason" | "container" => Rule::Skip,
        "choices" => Rule::Choices,
        "content" => Rule::Content,
        "content_block" => Rule::Block,
        "message" => Rule::Answer,
        _ => Rule::Text,
    }
}

fn message(name: &str) -> Rule {
    match name {
        "role" | "id" | "tool_call_id" | "cache_control" => Rule::Skip,
        "audio" => Rule::File,
        "content" => Rule::Content,
        "tool_calls" => Rule::Calls,
        "function_call" => Rule::Function,
        "thinking_blocks" => Rule::ThinkingBlocks,
        _ => Rule::Text,
    }
}

fn block(name: &str) -> Rule {
    match name {
        "type"
        | "id"
        | "tool_use_id"
        | "signature"
        | "cache_control"
        | "name"
        | "detail"
        | "prompt_cache_breakpoint" => Rule::Skip,
        "data" => Rule::Sealed,
        "thinking" => Rule::Signed,
        "input" => Rule::Data,
        "content" => Rule::Content,
        "source" => Rule::Source,
        "image_url" | "input_audio" | "file" => Rule::File,
        _ => Rule::Text,
    }
}

/// JSON Schema 2020-12: keywords, names and patterns are what they are; examples of values are data; what is left describes
/// something.
fn schema(name: &str) -> Rule {
    match name {
        "type" | "required" | "format" | "pattern" | "$ref" | "$id" | "$schema" | "$anchor"
        | "$dynamicRef" | "$dynamicAnchor" | "$vocabulary" | "contentEncoding" | "contentMediaType"
        | "dependentRequired" => Rule::Skip,
        "default" | "const" | "enum" | "example" | "examples" => Rule::Data,
        "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas" => Rule::Schemas,
        "items"
        | "prefixItems"
        | "additionalProperties"
        | "anyOf"
        | "oneOf"
        | "allOf"
        | "not"
        | "if"
        | "then"
        | "else"
        | "contains"
        | "propertyNames"
        | "unevaluatedItems"
        | "unevaluatedProperties" => Rule::Schema,
        _ => Rule::Text,
    }
}
