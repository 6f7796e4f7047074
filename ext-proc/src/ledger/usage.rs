//! `GET /v1/penstock/usage`: what is asked, and by whom it may be.

use std::fmt;

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use penstock_client::printable;
use penstock_translate::error::{ApiError, ErrorKind};

use crate::caller::Caller;

/// What is summed up when nothing is said.
const SPAN: SignedDuration = SignedDuration::from_hours(30 * 24);
const MOST_DIMENSIONS: usize = 8;
const LONGEST_VALUE: usize = 256;
const PARAMETERS: &str = "group_by, from, to, tenant";
const DIMENSIONS: &str =
    "tenant, team, key, agent, model, served, provider, provider_model, day, hour, minute, tag:NAME";
const TIMES: &str = "write a date such as 2026-08-01 or a time such as 2026-08-01T12:00:00Z";

/// What requests are summed up by.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Dimension {
    Tenant,
    Team,
    Key,
    Agent,
    /// The alias that was asked for.
    Model,
    /// The alias that was given.
    Served,
    Provider,
    /// The provider's name of the model.
    ProviderModel,
    /// In UTC.
    Day,
    /// In UTC.
    Hour,
    /// In UTC.
    Minute,
    /// The tag of this name.
    Tag(String),
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// In the order they were named.
    pub group_by: Vec<Dimension>,
    /// The first moment.
    pub from: Timestamp,
    /// The first moment that is not asked for.
    pub to: Timestamp,
    /// Whose; none is everybody's.
    pub tenant: Option<String>,
}

impl Query {
    /// Reads the query of a URL, asked by `caller` at `now`. Who is no admin asks for its own tenant.
    ///
    /// # Errors
    /// What is wrong, and what would be right.
    pub fn parse(query: &str, caller: &Caller, now: Timestamp) -> Result<Self, ApiError> {
        let mut group_by = None;
        let mut from = None;
        let mut to = None;
        let mut tenant = None;
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let slot = match name.as_ref() {
                "group_by" => &mut group_by,
                "from" => &mut from,
                "to" => &mut to,
                "tenant" => &mut tenant,
                other => {
                    let message = format!("unknown parameter {}; known: {PARAMETERS}", quoted(other));
                    return Err(invalid(other, message));
                }
            };
            if value.len() > LONGEST_VALUE {
                let message = format!("{name} is of {} bytes, more than {LONGEST_VALUE}", value.len());
                return Err(invalid(&name, message));
            }
            if slot.replace(value.into_owned()).is_some() {
                return Err(invalid(&name, format!("{name} is there twice; give it once")));
            }
        }
        let to = to.map_or(Ok(now), |text| moment("to", &text))?;
        let from = match from {
            Some(text) => moment("from", &text)?,
            None => to.saturating_sub(SPAN).unwrap_or(Timestamp::MIN),
        };
        if from >= to {
            return Err(invalid("from", format!("from ({from}) must be before to ({to})")));
        }
        Ok(Self {
            group_by: dimensions(group_by.as_deref().unwrap_or_default())?,
            from,
            to,
            tenant: whose(tenant, caller)?,
        })
    }
}

fn whose(tenant: Option<String>, caller: &Caller) -> Result<Option<String>, ApiError> {
    match tenant {
        tenant if caller.admin => Ok(tenant),
        Some(other) if other != caller.tenant => Err(ApiError::new(
            ErrorKind::Permission,
            "this key may read what its own tenant has used; leave tenant out, or use a key with admin: true",
        )),
        _ => Ok(Some(caller.tenant.clone())),
    }
}

fn dimensions(text: &str) -> Result<Vec<Dimension>, ApiError> {
    let mut found: Vec<Dimension> = Vec::new();
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let dimension = dimension(name).ok_or_else(|| {
            let message = format!("unknown group_by {}; known: {DIMENSIONS}", quoted(name));
            invalid("group_by", message)
        })?;
        if !found.contains(&dimension) {
            found.push(dimension);
        }
    }
    if found.len() > MOST_DIMENSIONS {
        let message = format!("group_by names {}, more than {MOST_DIMENSIONS}", found.len());
        return Err(invalid("group_by", message));
    }
    Ok(found)
}

fn dimension(name: &str) -> Option<Dimension> {
    Some(match name {
        "tenant" => Dimension::Tenant,
        "team" => Dimension::Team,
        "key" => Dimension::Key,
        "agent" => Dimension::Agent,
        "model" => Dimension::Model,
        "served" => Dimension::Served,
        "provider" => Dimension::Provider,
        "provider_model" => Dimension::ProviderModel,
        "day" => Dimension::Day,
        "hour" => Dimension::Hour,
        "minute" => Dimension::Minute,
        _ => {
            let tag = name.strip_prefix("tag:").filter(|tag| !tag.is_empty())?;
            Dimension::Tag(tag.to_owned())
        }
    })
}

impl Dimension {
    /// The expression of its value; that of a tag takes the tag's name as parameter `parameter`.
    pub(super) fn sql(&self, parameter: usize) -> String {
        match self {
            Self::Day => time("%Y-%m-%d"),
            Self::Hour => time("%Y-%m-%dT%H:00Z"),
            Self::Minute => time("%Y-%m-%dT%H:%MZ"),
            Self::Tag(_) => {
                format!(
                    "(SELECT tag.value FROM json_each(requests.tags) AS tag WHERE tag.key = ?{parameter})"
                )
            }
            // All others are asked for by the name of their column.
            column => column.to_string(),
        }
    }
}

/// As it is asked for, and as it stands in the answer.
impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tenant => "tenant",
            Self::Team => "team",
            Self::Key => "key",
            Self::Agent => "agent",
            Self::Model => "model",
            Self::Served => "served",
            Self::Provider => "provider",
            Self::ProviderModel => "provider_model",
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Minute => "minute",
            Self::Tag(name) => return write!(f, "tag:{name}"),
        })
    }
}

/// The expression of when a request arrived, in UTC.
fn time(form: &str) -> String {
    format!("strftime('{form}', started_ms / 1000, 'unixepoch')")
}

fn moment(name: &str, text: &str) -> Result<Timestamp, ApiError> {
    const DATE: usize = "2026-08-01".len();
    let day = |day: Date| TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok();
    text.parse::<Timestamp>()
        .ok()
        .or_else(|| text.parse().ok().filter(|_| text.len() == DATE).and_then(day))
        .ok_or_else(|| {
            // A + that was not escaped has become a space.
            let message = format!("{name} {} is no time; {TIMES}", quoted(text));
            invalid(name, message)
        })
}

fn quoted(text: &str) -> String {
    format!("`{}`", printable(text))
}

fn invalid(param: &str, message: String) -> ApiError {
    ApiError {
        param: Some(printable(param).to_string()),
        ..ApiError::new(ErrorKind::InvalidRequest, message)
    }
}
