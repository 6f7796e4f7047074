//! What is looked into, by where it stands in a request or an answer of either API.
//!
//! What is not known is text: a field that an API gets tomorrow is scanned today. Only what must arrive byte for byte and
//! cannot hold text is passed over: names of models, tools and schema keywords, ids, signatures, and base64 that is base64.

use penstock_pii::Manner;

/// What becomes of a value, and which rules hold for what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Text; what is below is data.
    Text,
    /// Text that a provider has signed.
    Signed,
    /// A JSON value in a string, or text if it is none.
    Json,
    /// A JSON value: names of members, strings and numbers, in everything below.
    Data,
    /// A string or number that is not looked into; anything else is data.
    Skip,
    /// Numbers that steer, which are not looked into, in everything below; strings are text.
    Steer,
    /// Words of schemas, also in lists, that are not looked into; an object is data.
    Words,
    /// What says again in pieces what stands elsewhere: probabilities of each token.
    Repetition,
    /// An image, audio or a file in base64, or a `data:` URL of it; text if it is neither.
    Binary,
    /// What may be base64, or a `data:` URL of it; text if it is neither.
    Blob,
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
    /// A block before its type is known.
    Block,
    /// A block that is not the use of a tool.
    OtherBlock,
    /// A block that is the use of a tool.
    UseBlock,
    /// A block that a provider has sealed.
    SealedBlock,
    /// What a provider tells of its reasoning and may have signed.
    Details,
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
    /// Which tool is to be called.
    Pick,
}

impl Rule {
    /// The rule of a block of this type.
    pub fn of_block(kind: &str) -> Self {
        match kind {
            "redacted_thinking" => Self::SealedBlock,
            kind if kind.ends_with("tool_use") => Self::UseBlock,
            _ => Self::OtherBlock,
        }
    }

    /// The rule of a block's source of this type.
    pub fn of_source(kind: &str) -> Self {
        match kind {
            "base64" => Self::BinarySource,
            _ => Self::TextSource,
        }
    }

    /// The rule of a member's value.
    pub fn member(self, name: &str) -> Self {
        match self {
            Self::Request => request(name),
            Self::Answer => answer(name),
            Self::Message => message(name),
            Self::UseBlock if name == "name" => Self::Skip,
            Self::SealedBlock if name == "data" => Self::Sealed,
            Self::Details => match name {
                "text" | "summary" => Self::Signed,
                "data" => Self::Sealed,
                "format" => Self::Skip,
                _ => block(name),
            },
            Self::UseBlock
            | Self::SealedBlock
            | Self::OtherBlock
            | Self::Block
            | Self::Content
            | Self::ThinkingBlocks => block(name),
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
                "id" | "file_id" | "detail" | "format" | "expires_at" => Self::Skip,
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
                "description" => Self::Text,
                "function" | "custom" => Self::Tool,
                "parameters" | "input_schema" | "schema" => Self::Schema,
                "input_examples" => Self::Data,
                _ => Self::Steer,
            },
            Self::Format => match name {
                "name" | "type" | "effort" => Self::Skip,
                "json_schema" | "format" => Self::Format,
                "schema" => Self::Schema,
                _ => Self::Text,
            },
            Self::Schema => schema(name),
            Self::Schemas => Self::Schema,
            Self::Choice => match name {
                "message" | "delta" => Self::Message,
                "finish_reason" | "index" => Self::Skip,
                "logprobs" => Self::Repetition,
                _ => Self::Text,
            },
            Self::Connector => match name {
                "authorization_token" | "name" | "type" => Self::Skip,
                _ => Self::Text,
            },
            Self::Pick => match name {
                "type" | "name" | "mode" => Self::Skip,
                "function" | "custom" | "allowed_tools" | "tools" => Self::Pick,
                _ => Self::Text,
            },
            Self::Messages | Self::Calls | Self::Tools | Self::Choices => self.element().member(name),
            Self::Steer => Self::Steer,
            Self::Text
            | Self::Skip
            | Self::Words
            | Self::Data
            | Self::Signed
            | Self::Json
            | Self::Binary
            | Self::Blob
            | Self::Link
            | Self::Sealed
            | Self::Repetition => Self::Data,
        }
    }

    /// How values stand in a string under this rule.
    pub fn manner(self) -> Manner {
        match self {
            Self::Signed => Manner::Signed,
            Self::Json => Manner::Json,
            _ => Manner::Text,
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
        "model" | "cache_control" | "logit_bias" | "service_tier" => Rule::Skip,
        // Numbers that steer.
        "frequency_penalty"
        | "max_completion_tokens"
        | "max_tokens"
        | "n"
        | "presence_penalty"
        | "seed"
        | "temperature"
        | "top_k"
        | "top_logprobs"
        | "top_p"
        | "thinking"
        | "reasoning"
        | "context_management"
        | "stream_options" => Rule::Steer,
        "tool_choice" | "function_call" => Rule::Pick,
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
        | "stop_reason" | "created" | "index" => Rule::Skip,
        "choices" => Rule::Choices,
        "content" => Rule::Content,
        "content_block" | "delta" => Rule::Block,
        "message" => Rule::Answer,
        _ => Rule::Text,
    }
}

fn message(name: &str) -> Rule {
    match name {
        "role" | "id" | "tool_call_id" | "cache_control" => Rule::Skip,
        "audio" => Rule::File,
        "content" => Rule::Content,
        "reasoning_details" => Rule::Details,
        "tool_calls" => Rule::Calls,
        "function_call" => Rule::Function,
        "thinking_blocks" => Rule::ThinkingBlocks,
        _ => Rule::Text,
    }
}

fn block(name: &str) -> Rule {
    match name {
        "type" | "id" | "index" | "tool_use_id" | "signature" | "cache_control" => Rule::Skip,
        "data" => Rule::Blob,
        "encrypted_content" | "encrypted_index" | "encrypted_stdout" => Rule::Sealed,
        "thinking" => Rule::Signed,
        "input" => Rule::Data,
        "content" | "citations" => Rule::Content,
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
        | "$dynamicRef" | "$dynamicAnchor" | "contentEncoding" | "contentMediaType" => Rule::Words,
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" | "minLength"
        | "maxLength" | "minItems" | "maxItems" | "minContains" | "maxContains" | "minProperties"
        | "maxProperties" => Rule::Steer,
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
