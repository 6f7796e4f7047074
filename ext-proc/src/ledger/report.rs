//! What was used, summed up: SQL with bound parameters on a connection that can only read.

use std::{path::Path, sync::Arc, time::Duration};

use penstock_chat::MicroUsd;
use rusqlite::{Connection, ErrorCode, Row, types::Value};
use serde_json::{Map, json};
use tokio::sync::Semaphore;

use super::{
    schema,
    usage::{Dimension, Query},
};

/// Most groups of one answer.
const MOST_GROUPS: usize = 10_000;
/// How long one question may take.
const TIME_LIMIT: Duration = Duration::from_secs(10);

const SUMS: &str = "COUNT(*), COALESCE(SUM(input_tokens), 0), COALESCE(SUM(output_tokens), 0),
    COALESCE(SUM(cached_tokens), 0), COALESCE(SUM(reasoning_tokens), 0), COALESCE(SUM(cost_micro_usd), 0)";
const WHERE: &str = "FROM requests WHERE started_ms >= ?1 AND started_ms < ?2";

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// Others are being answered.
    #[error("too many ask for usage at once; try again")]
    Busy,
    /// It was given up.
    #[error("summing up took longer than {} seconds; ask for fewer days", TIME_LIMIT.as_secs())]
    TimeLimit,
    /// The ledger cannot be read.
    #[error("the ledger cannot be read")]
    Ledger(#[source] rusqlite::Error),
}

/// What was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What was asked.
    pub query: Query,
    /// The dearest first.
    pub groups: Vec<Group>,
    /// There are more groups than are in the answer.
    pub is_truncated: bool,
    /// Of everything, whatever group it is in.
    pub total: Sums,
}

/// What one group has used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The value of each dimension; none where a request had none.
    pub values: Vec<Option<String>>,
    /// What it has used.
    pub sums: Sums,
}

/// What was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Requests.
    pub requests: u64,
    /// Input tokens.
    pub input_tokens: u64,
    /// Output tokens.
    pub output_tokens: u64,
    /// Input tokens read from a provider's cache.
    pub cached_tokens: u64,
    /// Output tokens spent on reasoning.
    pub reasoning_tokens: u64,
    /// What is known of the cost.
    pub cost: MicroUsd,
}

impl Report {
    /// The body of the answer.
    pub fn to_json(&self) -> Vec<u8> {
        let dimensions: Vec<String> = self.query.group_by.iter().map(Dimension::to_string).collect();
        let data: Vec<_> = self
            .groups
            .iter()
            .map(|group| {
                let names = dimensions.iter().cloned();
                let mut object: Map<_, _> =
                    names.zip(group.values.iter().map(|value| json!(value))).collect();
                object.extend(group.sums.fields());
                object
            })
            .collect();
        let mut answer = json!({
            "object": "list",
            "from": self.query.from.to_string(),
            "to": self.query.to.to_string(),
            "group_by": dimensions,
            "data": data,
            "total": Map::from_iter(self.total.fields()),
        });
        if self.is_truncated
            && let Some(answer) = answer.as_object_mut()
        {
            answer.insert("truncated".to_owned(), json!(true));
        }
        answer.to_string().into_bytes()
    }
}

impl Sums {
    fn fields(&self) -> [(String, serde_json::Value); 7] {
        [
            ("requests".to_owned(), json!(self.requests)),
            ("input_tokens".to_owned(), json!(self.input_tokens)),
            ("output_tokens".to_owned(), json!(self.output_tokens)),
            ("cached_tokens".to_owned(), json!(self.cached_tokens)),
            ("reasoning_tokens".to_owned(), json!(self.reasoning_tokens)),
            ("cost_usd".to_owned(), json!(self.cost.to_string())),
            ("cost_micro_usd".to_owned(), json!(self.cost.0)),
        ]
    }

    fn read(row: &Row<'_>, first: usize) -> Result<Self, rusqlite::Error> {
        let number = |column: usize| {
            let value: i64 = row.get(first.saturating_add(column))?;
            Ok::<_, rusqlite::Error>(u64::try_from(value).unwrap_or_default())
        };
        Ok(Self {
            requests: number(0)?,
            input_tokens: number(1)?,
            output_tokens: number(2)?,
            cached_tokens: number(3)?,
            reasoning_tokens: number(4)?,
            cost: MicroUsd(number(5)?),
        })
    }
}

/// Answers on a thread of its own.
pub(super) async fn run(file: &Path, query: Query, readers: &Arc<Semaphore>) -> Result<Report, UsageError> {
    // It goes with the thread: who gives up does not make room for another.
    let permit = Arc::clone(readers)
        .try_acquire_owned()
        .map_err(|_| UsageError::Busy)?;
    let connection = schema::open_to_read(file).map_err(UsageError::Ledger)?;
    let interrupt = connection.get_interrupt_handle();
    let mut work = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        sum_up(&connection, query)
    });
    let answer = match tokio::time::timeout(TIME_LIMIT, &mut work).await {
        Ok(answer) => answer,
        Err(_) => {
            interrupt.interrupt();
            return Err(UsageError::TimeLimit);
        }
    };
    answer
        .unwrap_or(Err(rusqlite::Error::InvalidQuery))
        .map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => UsageError::TimeLimit,
            _ => UsageError::Ledger(error),
        })
}

fn sum_up(connection: &Connection, query: Query) -> Result<Report, rusqlite::Error> {
    // Both questions see the same rows.
    let transaction = connection.unchecked_transaction()?;
    let mut parameters = vec![
        Value::Integer(query.from.as_millisecond()),
        Value::Integer(query.to.as_millisecond()),
    ];
    let mut only = WHERE.to_owned();
    if let Some(tenant) = &query.tenant {
        parameters.push(Value::Text(tenant.clone()));
        only.push_str(" AND tenant = ?3");
    }
    let total = transaction
        .prepare(&format!("SELECT {SUMS} {only}"))?
        .query_row(rusqlite::params_from_iter(&parameters), |row| Sums::read(row, 0))?;

    let mut columns = Vec::new();
    for dimension in &query.group_by {
        if let Dimension::Tag(name) = dimension {
            parameters.push(Value::Text(name.clone()));
        }
        columns.push(dimension.sql(parameters.len()));
    }
    let count = columns.len();
    if count == 0 {
        return Ok(Report {
            query,
            groups: Vec::new(),
            is_truncated: false,
            total,
        });
    }
    let order: Vec<String> = (1..=count).map(|column| column.to_string()).collect();
    let order = order.join(", ");
    let dearest = count.saturating_add(6);
    let text = format!(
        "SELECT {}, {SUMS} {only} GROUP BY {order} ORDER BY {dearest} DESC, {} DESC, {order} LIMIT {}",
        columns.join(", "),
        count.saturating_add(1),
        MOST_GROUPS.saturating_add(1),
    );
    let mut statement = transaction.prepare(&text)?;
    let rows = statement.query_map(rusqlite::params_from_iter(&parameters), |row| {
        let values = (0..count)
            .map(|column| row.get(column))
            .collect::<Result<_, _>>()?;
        Ok(Group {
            values,
            sums: Sums::read(row, count)?,
        })
    })?;
    let mut groups = rows.collect::<Result<Vec<_>, _>>()?;
    let is_truncated = groups.len() > MOST_GROUPS;
    groups.truncate(MOST_GROUPS);
    Ok(Report {
        query,
        groups,
        is_truncated,
        total,
    })
}
