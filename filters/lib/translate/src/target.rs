//! What a translation needs to know of the target it writes for.

use penstock_chat::{Api, Tokens};
use serde::{Deserialize, Serialize};

/// How an OpenAI-compatible provider differs from OpenAI itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavor {
    /// OpenAI's own API.
    #[default]
    OpenAi,
    /// Azure OpenAI: deployments in the path, `api-version`, content filter results.
    Azure,
    /// vLLM and most self-hosted servers: `max_tokens`, no `developer` role, `reasoning_content`, extra sampling fields.
    Vllm,
}

/// One target as the translation sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// The API that the provider speaks.
    pub api: Api,
    /// Differences within an OpenAI-compatible API; has no meaning for others.
    pub flavor: Flavor,
    /// The model's name at the provider.
    pub model: &'a str,
    /// The most output tokens that the model gives, if stated. A client that asks for more is reported a loss and
    /// gets this many, as the provider would refuse the whole request; where the API demands a number and the client
    /// gave none, so many are asked for.
    pub max_output_tokens: Option<Tokens>,
}
