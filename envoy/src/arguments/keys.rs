//! The command line of `penstock keys`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(crate) struct Keys {
    #[command(subcommand)]
    pub(crate) action: Action,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Make a key: it is printed once, on standard output, and only its hash is kept
    New(Box<New>),
    /// List keys with what they may, and never the keys themselves
    List(List),
    /// Have a key in Redis refused from now on
    Revoke(Revoke),
}

/// Where keys are.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The configuration; else penstock.yaml, if there is one
    #[arg(short, long)]
    pub(crate) file: Option<PathBuf>,
    /// Where the keys in Redis are; else what the configuration says. A URL with a password belongs in the environment
    #[arg(long, env = "PENSTOCK_REDIS_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) redis_url: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct New {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Keep it in the service's Redis instead of the configuration
    #[arg(long)]
    pub(crate) redis: bool,
    /// Whose contract it is
    #[arg(long)]
    pub(crate) tenant: String,
    /// The key's name in limits, ledger and revocations; else one is made up
    #[arg(long)]
    pub(crate) id: Option<String>,
    /// Which of the tenant's teams
    #[arg(long)]
    pub(crate) team: Option<String>,
    /// Which agent of the tenant's
    #[arg(long)]
    pub(crate) agent: Option<String>,
    /// A model that may be asked for; repeat it for several. Without it: all
    #[arg(long = "model", value_name = "MODEL")]
    pub(crate) models: Vec<String>,
    /// Where requests must stay
    #[arg(long)]
    pub(crate) region: Option<String>,
    /// A name and a value for the ledger; repeat it for several
    #[arg(long = "tag", value_name = "NAME=VALUE", value_parser = tag)]
    pub(crate) tags: Vec<(String, String)>,
    /// When it ends: 2027-01-01T00:00:00Z, or so long from now: 30d
    #[arg(long, value_name = "TIME")]
    pub(crate) expires: Option<String>,
    /// Place in a queue: 0 to 9, the highest first
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=9))]
    pub(crate) priority: u8,
    /// May read what others have used, and look at the console
    #[arg(long)]
    pub(crate) admin: bool,
    /// Most requests in a minute
    #[arg(long, value_name = "NUMBER")]
    pub(crate) requests_per_minute: Option<u64>,
    /// Most input and output tokens in a minute
    #[arg(long, value_name = "NUMBER")]
    pub(crate) tokens_per_minute: Option<u64>,
    /// Most input and output tokens in a day
    #[arg(long, value_name = "NUMBER")]
    pub(crate) tokens_per_day: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Those in Redis, beside those of the configuration
    #[arg(long)]
    pub(crate) redis: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// The key's name
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) place: Place,
}

fn tag(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
