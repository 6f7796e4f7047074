//! What is asked of the query engine, and what it answers.

use std::fmt::Write as _;

use ::redis::{Cmd, FromRedisValue, ParsingError, Value, cmd, from_redis_value};
use penstock_embed::Vector;
use sha2::{Digest, Sha256};

use super::super::Selection;
use crate::{Entry, Partition};

/// The field of the record.
pub(super) const RECORD: &str = "record";
/// Fields that entries are selected by, in the order of [`selected`].
pub(super) const SELECTED: [&str; 4] = ["tenant", "namespace", "model", "stored"];
/// The latest time that Redis takes for the end of something, about 2 million years from now.
pub(super) const LATEST_MS: u64 = 1 << 56;
/// The cosine's distance from one, in an answer.
const DISTANCE: &str = "distance";
/// Vectors that are looked at on the way to the nearest, at least. The engine's default of 10 misses every other one.
const LOOKED_AT: usize = 200;

/// Makes an index of all entries with a prefix, and of their vectors of one dimension.
pub(super) fn create(index: &str, prefix: &str, dimension: usize) -> Cmd {
    let mut command = cmd("FT.CREATE");
    command
        .arg(index)
        .arg(&["ON", "HASH", "PREFIX", "1", prefix, "SCHEMA"]);
    for field in ["partition", "tenant", "namespace", "model"] {
        command.arg(field).arg("TAG");
    }
    command.arg("stored").arg("NUMERIC");
    command
        .arg(vector_field(dimension))
        .arg(&["VECTOR", "HNSW", "10", "TYPE", "FLOAT32"]);
    command
        .arg("DIM")
        .arg(dimension)
        .arg(&["DISTANCE_METRIC", "COSINE"]);
    command
        .arg("EF_CONSTRUCTION")
        .arg(LOOKED_AT)
        .arg("EF_RUNTIME")
        .arg(LOOKED_AT);
    command
}

/// The fields of an entry's hash.
pub(super) fn fields(entry: &Entry, vector: Option<&Vector>, record: Vec<u8>) -> Vec<(String, Vec<u8>)> {
    let mut fields: Vec<(String, Vec<u8>)> = vec![
        (RECORD.to_owned(), record),
        ("partition".to_owned(), entry.partition.to_string().into()),
    ];
    let scope = &entry.scope;
    let values = [
        tag(&scope.tenant),
        tag(&scope.namespace),
        tag(&scope.model),
        entry.stored_ms.to_string(),
    ];
    fields.extend(
        SELECTED
            .into_iter()
            .map(str::to_owned)
            .zip(values.map(String::into_bytes)),
    );
    if let Some(vector) = vector {
        fields.push((vector_field(vector.dimension()), bytes(vector)));
    }
    fields
}

/// Asks for the entries of a partition that are nearest to a vector.
pub(super) fn nearest(index: &str, partition: &Partition, vector: &Vector, count: usize) -> Cmd {
    let field = vector_field(vector.dimension());
    let query = format!("(@partition:{{{partition}}})=>[KNN $count @{field} $vector AS {DISTANCE}]");
    let mut command = cmd("FT.SEARCH");
    command.arg(index).arg(query);
    command
        .arg(&["PARAMS", "4", "count"])
        .arg(count)
        .arg("vector")
        .arg(bytes(vector));
    command.arg(&["SORTBY", DISTANCE, "ASC", "LIMIT", "0"]).arg(count);
    command.arg(&["RETURN", "2", DISTANCE, RECORD, "DIALECT", "2"]);
    command
}

/// Asks for the keys of those that are selected. None if it is said by key.
pub(super) fn select(index: &str, what: &Selection, (from, most): (usize, usize)) -> Cmd {
    let mut query = String::new();
    for (field, value) in SELECTED.iter().zip([&what.tenant, &what.namespace, &what.model]) {
        if let Some(value) = value {
            let _ = write!(query, "@{field}:{{{}}} ", tag(value));
        }
    }
    if let Some(before_ms) = what.before_ms {
        let _ = write!(query, "@stored:[-inf ({before_ms}] ");
    }
    if query.is_empty() {
        query.push('*');
    }
    let mut command = cmd("FT.SEARCH");
    command
        .arg(index)
        .arg(query)
        .arg(&["NOCONTENT", "LIMIT"])
        .arg(from)
        .arg(most);
    command.arg(&["DIALECT", "2"]);
    command
}

/// Whether the values of the [`SELECTED`] fields are those of a selection, its key aside.
pub(super) fn selected(what: &Selection, values: &[Option<String>]) -> bool {
    let mut values = values.iter().map(Option::as_deref);
    let mut is = |wanted: &Option<String>| {
        let value = values.next().flatten();
        wanted.as_ref().is_none_or(|wanted| value == Some(&tag(wanted)))
    };
    if !(is(&what.tenant) && is(&what.namespace) && is(&what.model)) {
        return false;
    }
    let stored_ms = values
        .next()
        .flatten()
        .and_then(|value| value.parse::<u64>().ok());
    what.before_ms
        .is_none_or(|before_ms| stored_ms.is_some_and(|stored_ms| stored_ms < before_ms))
}

/// Keys of entries, their cosines, and their records; the nearest first.
pub(super) struct Found(pub(super) Vec<(String, f32, Vec<u8>)>);

impl FromRedisValue for Found {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        // The number of all that match, then in turns a key and its fields. An entry that has just expired has none.
        let values: Vec<Value> = from_redis_value(value)?;
        let mut found = Vec::new();
        let (pairs, _) = values.get(1..).unwrap_or_default().as_chunks();
        for [key, fields] in pairs {
            let fields: Vec<(String, Vec<u8>)> = match fields {
                Value::Array(_) => from_redis_value(fields.clone())?,
                _ => continue,
            };
            let field = |name: &str| {
                fields
                    .iter()
                    .find(|(field, _)| field == name)
                    .map(|(_, value)| value)
            };
            let distance = field(DISTANCE).and_then(|text| str::from_utf8(text).ok()?.parse::<f32>().ok());
            if let (Some(distance), Some(record)) = (distance, field(RECORD)) {
                found.push((from_redis_value(key.clone())?, 1.0 - distance, record.clone()));
            }
        }
        Ok(Self(found))
    }
}

/// Keys of entries.
pub(super) struct Keys(pub(super) Vec<String>);

impl FromRedisValue for Keys {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        let values: Vec<Value> = from_redis_value(value)?;
        let keys = values.into_iter().skip(1).map(from_redis_value);
        keys.collect::<Result<_, _>>().map(Self)
    }
}

/// Whether an index covers every entry: it is not being built, and took all of them.
pub(super) struct IsWhole(pub(super) bool);

impl FromRedisValue for IsWhole {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        let values: Vec<Value> = from_redis_value(value)?;
        let (pairs, _) = values.as_chunks();
        let zero = |wanted: &str| {
            pairs.iter().any(|[name, value]| {
                let name = from_redis_value::<String>(name.clone());
                let value = from_redis_value::<u64>(value.clone());
                name.is_ok_and(|name| name == wanted) && value.is_ok_and(|value| value == 0)
            })
        };
        Ok(Self(zero("indexing") && zero("hash_indexing_failures")))
    }
}

/// Whether a server refuses a command since it has no query engine.
pub(super) fn has_no_engine(why: &str) -> bool {
    why.to_ascii_lowercase().contains("unknown command")
}

/// Whether a server refuses to make an index since it is there.
pub(super) fn is_there(why: &str) -> bool {
    why.to_ascii_lowercase().contains("already exists")
}

/// Whether a server refuses a search since the index is not there.
pub(super) fn is_gone(why: &str) -> bool {
    let why = why.to_ascii_lowercase();
    // Of Redis Stack 7, and of Redis 8.
    why.contains("no such index") || why.contains("index_not_found") || why.contains("unknown index")
}

/// A text as the index has it: without characters that mean something in a query, and of one length.
fn tag(text: &str) -> String {
    let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    digest.iter().take(16).fold(String::new(), |mut tag, byte| {
        let _ = write!(tag, "{byte:02x}");
        tag
    })
}

fn vector_field(dimension: usize) -> String {
    format!("vector_{dimension}")
}

fn bytes(vector: &Vector) -> Vec<u8> {
    vector
        .as_slice()
        .iter()
        .flat_map(|component| component.to_le_bytes())
        .collect()
}
