//! The request in its wire form: what Penstock looks at, typed; the rest as unknown members.
//!
//! Shapes of `CreateChatCompletionRequest` in OpenAI's OpenAPI document (read 2026-11), and the extensions that
//! OpenAI-compatible gateways share: `cache_control` on messages, parts and tools, `reasoning_content` and
//! `thinking_blocks` on assistant messages, `top_k`.

use serde_json::value::RawValue;

use crate::shape::{List, Str, TextOr, shape};

shape! {
    /// `POST /v1/chat/completions`.
    pub struct Request<'a> {
        /// The model.
        model = "model": Str<'a>,
        /// The conversation, instructions included.
        messages = "messages": List<Message<'a>>,
        /// Whether to answer as an event stream.
        stream = "stream": bool,
        /// What the stream carries besides the answer.
        stream_options = "stream_options": StreamOptions<'a>,
        /// How many answers to write.
        n = "n": i64,
        /// Limit on output tokens, deprecated name.
        max_tokens = "max_tokens": i64,
        /// Limit on output tokens, reasoning included.
        max_completion_tokens = "max_completion_tokens": i64,
        /// 0 to 2.
        temperature = "temperature": f64,
        /// 0 to 1.
        top_p = "top_p": f64,
        /// Extension; negative or 0 means off.
        top_k = "top_k": i64,
        /// Up to four stop sequences.
        stop = "stop": TextOr<'a, Str<'a>>,
        /// Tools that the model may call.
        tools = "tools": List<Tool<'a>>,
        /// Whether and which tool it calls.
        tool_choice = "tool_choice": &'a RawValue,
        /// Whether it may call several at once.
        parallel_tool_calls = "parallel_tool_calls": bool,
        /// Text, JSON, or JSON of a schema.
        response_format = "response_format": ResponseFormat<'a>,
        /// `none`, `minimal`, `low`, `medium`, `high`, `xhigh`, `max`.
        reasoning_effort = "reasoning_effort": Str<'a>,
        /// End user, deprecated name.
        user = "user": Str<'a>,
        /// End user.
        safety_identifier = "safety_identifier": Str<'a>,
        /// `auto`, `default`, `flex`, `scale`, `priority`, `fast`.
        service_tier = "service_tier": Str<'a>,
    }
}

shape! {
    /// `stream_options`.
    pub struct StreamOptions<'a> {
        /// Whether a last chunk tells the usage.
        include_usage = "include_usage": bool,
    }
}

shape! {
    /// One message, of any role.
    pub struct Message<'a> {
        /// `system`, `developer`, `user`, `assistant`, `tool`, `function`.
        role = "role": Str<'a>,
        /// Text or parts.
        content = "content": TextOr<'a, Part<'a>>,
        /// Calls of an assistant message.
        tool_calls = "tool_calls": List<ToolCall<'a>>,
        /// The call that a tool message answers.
        tool_call_id = "tool_call_id": Str<'a>,
        /// A refusal of the assistant.
        refusal = "refusal": Str<'a>,
        /// Extension: reasoning as plain text.
        reasoning_content = "reasoning_content": Str<'a>,
        /// Extension: Anthropic's thinking blocks, signatures included.
        thinking_blocks = "thinking_blocks": List<ThinkingBlock<'a>>,
        /// Extension: Anthropic's prompt-cache mark.
        cache_control = "cache_control": &'a RawValue,
    }
}

shape! {
    /// One part of a message's content.
    pub struct Part<'a> {
        /// `text`, `image_url`, `input_audio`, `file`, `refusal`.
        kind = "type": Str<'a>,
        /// Of a `text` part.
        text = "text": Str<'a>,
        /// Of an `image_url` part.
        image_url = "image_url": ImageUrl<'a>,
        /// Of a `file` part.
        file = "file": File<'a>,
        /// Of a `refusal` part.
        refusal = "refusal": Str<'a>,
        /// Extension: Anthropic's prompt-cache mark.
        cache_control = "cache_control": &'a RawValue,
        /// OpenAI's own prompt-cache mark.
        prompt_cache_breakpoint = "prompt_cache_breakpoint": &'a RawValue,
    }
}

shape! {
    /// `image_url`.
    pub struct ImageUrl<'a> {
        /// A URL, or the image in a `data:` URL.
        url = "url": Str<'a>,
        /// `auto`, `low`, `high`, `original`.
        detail = "detail": Str<'a>,
    }
}

shape! {
    /// `file`.
    pub struct File<'a> {
        /// The content as a `data:` URL or plain base64.
        file_data = "file_data": Str<'a>,
        /// An uploaded file instead.
        file_id = "file_id": Str<'a>,
        /// The name.
        filename = "filename": Str<'a>,
    }
}

shape! {
    /// A thinking block carried through an OpenAI client.
    pub struct ThinkingBlock<'a> {
        /// `thinking` or `redacted_thinking`.
        kind = "type": Str<'a>,
        /// The text.
        thinking = "thinking": Str<'a>,
        /// Its signature.
        signature = "signature": Str<'a>,
        /// The ciphertext of a redacted block.
        data = "data": Str<'a>,
    }
}

shape! {
    /// One call in an assistant message.
    pub struct ToolCall<'a> {
        /// Ties the result to the call.
        id = "id": Str<'a>,
        /// `function`, or `custom`.
        kind = "type": Str<'a>,
        /// A function call.
        function = "function": FunctionCall<'a>,
        /// A call of a custom tool.
        custom = "custom": CustomCall<'a>,
    }
}

shape! {
    /// `tool_calls[].function`.
    pub struct FunctionCall<'a> {
        /// The function.
        name = "name": Str<'a>,
        /// JSON in a string, as the model wrote it: not always valid.
        arguments = "arguments": Str<'a>,
    }
}

shape! {
    /// `tool_calls[].custom`.
    pub struct CustomCall<'a> {
        /// The tool.
        name = "name": Str<'a>,
        /// Free text.
        input = "input": Str<'a>,
    }
}

shape! {
    /// One tool.
    pub struct Tool<'a> {
        /// `function` or `custom`.
        kind = "type": Str<'a>,
        /// A function.
        function = "function": Function<'a>,
        /// Extension: Anthropic's prompt-cache mark.
        cache_control = "cache_control": &'a RawValue,
    }
}

shape! {
    /// `tools[].function`.
    pub struct Function<'a> {
        /// The name.
        name = "name": Str<'a>,
        /// What it does.
        description = "description": Str<'a>,
        /// JSON schema of the arguments.
        parameters = "parameters": &'a RawValue,
        /// Whether the arguments must match it.
        strict = "strict": bool,
    }
}

shape! {
    /// `tool_choice` as an object.
    pub struct ToolChoice<'a> {
        /// `function`, `custom`, `allowed_tools`.
        kind = "type": Str<'a>,
        /// The function to call.
        function = "function": ToolName<'a>,
        /// The tools to choose from.
        allowed_tools = "allowed_tools": AllowedTools<'a>,
    }
}

shape! {
    /// The name of a tool.
    pub struct ToolName<'a> {
        /// The name.
        name = "name": Str<'a>,
    }
}

shape! {
    /// `tool_choice.allowed_tools`.
    pub struct AllowedTools<'a> {
        /// `auto` or `required`.
        mode = "mode": Str<'a>,
        /// References to tools.
        tools = "tools": List<ToolReference<'a>>,
    }
}

shape! {
    /// One tool of `allowed_tools`.
    pub struct ToolReference<'a> {
        /// `function`.
        kind = "type": Str<'a>,
        /// The function.
        function = "function": ToolName<'a>,
    }
}

shape! {
    /// `response_format`.
    pub struct ResponseFormat<'a> {
        /// `text`, `json_object`, `json_schema`.
        kind = "type": Str<'a>,
        /// The schema.
        json_schema = "json_schema": JsonSchema<'a>,
    }
}

shape! {
    /// `response_format.json_schema`.
    pub struct JsonSchema<'a> {
        /// A label.
        name = "name": Str<'a>,
        /// What the format is for.
        description = "description": Str<'a>,
        /// The schema.
        schema = "schema": &'a RawValue,
        /// Whether the output must match it.
        strict = "strict": bool,
    }
}
