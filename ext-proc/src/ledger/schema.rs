//! The tables of the ledger, and how a row gets into them.

use std::{fs, io, os::unix::fs::OpenOptionsExt, path::Path, time::Duration};

use penstock_chat::Tokens;
use rusqlite::{Connection, OpenFlags, params};

use super::row::Row;
use crate::store::{Account, Window};

/// How long a statement waits for a tool that has the file open.
const BUSY: Duration = Duration::from_secs(2);
/// Bytes that the log of changes is cut back to.
const LONGEST_WAL: i64 = 64 << 20;

/// What brings a file of each version to the next. Entries are only ever added.
const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE requests (
        id TEXT NOT NULL UNIQUE,
        started_ms INTEGER NOT NULL,
        tenant TEXT, key TEXT, agent TEXT, team TEXT,
        tags TEXT NOT NULL,
        path TEXT NOT NULL,
        model TEXT, served TEXT, provider TEXT, provider_model TEXT,
        targets TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        input_tokens INTEGER, output_tokens INTEGER, cached_tokens INTEGER, cache_write_tokens INTEGER,
        reasoning_tokens INTEGER,
        estimated INTEGER NOT NULL,
        cost_micro_usd INTEGER,
        cache TEXT NOT NULL,
        pii TEXT NOT NULL,
        decision TEXT NOT NULL,
        reason TEXT,
        status INTEGER NOT NULL,
        flags TEXT NOT NULL,
        details TEXT NOT NULL,
        cut INTEGER NOT NULL,
        client_left INTEGER NOT NULL,
        finish_reason TEXT,
        decided_ms INTEGER, first_byte_ms INTEGER, first_token_ms INTEGER,
        duration_ms INTEGER NOT NULL,
        proxy_policy TEXT NOT NULL,
        service_policy TEXT
    ) STRICT;
    CREATE INDEX requests_by_time ON requests (started_ms);
    CREATE INDEX requests_by_tenant ON requests (tenant, started_ms);
    CREATE TABLE bodies (
        id TEXT NOT NULL PRIMARY KEY,
        at_ms INTEGER NOT NULL,
        length INTEGER NOT NULL,
        body BLOB NOT NULL
    ) STRICT;
    CREATE INDEX bodies_by_time ON bodies (at_ms);
    CREATE TABLE accounts (
        name TEXT NOT NULL,
        start_ms INTEGER NOT NULL,
        end_ms INTEGER NOT NULL,
        used INTEGER NOT NULL,
        PRIMARY KEY (name, start_ms, end_ms)
    ) STRICT, WITHOUT ROWID;
"];

const INSERT: &str = "
    INSERT INTO requests VALUES (
        ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24,
        ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36, ?37
    ) ON CONFLICT (id) DO NOTHING";

/// Why a file cannot be used as a ledger.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// A later release has written it.
    #[error("it has version {found}, and this release knows none above {known}")]
    Newer {
        /// Its version.
        found: usize,
        /// The last version that is known.
        known: usize,
    },
    /// It cannot be read or written.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// It cannot be made.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Opens a file to write to, and makes it if it is not there.
pub(super) fn open(file: &Path) -> Result<Connection, SchemaError> {
    // Only its owner may read it; SQLite gives its other files the same mode.
    let mut options = fs::OpenOptions::new();
    options
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(file)?;
    let mut connection = Connection::open(file)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "journal_size_limit", LONGEST_WAL)?;
    migrate(&mut connection)?;
    Ok(connection)
}

/// Opens a file that is there, to read from.
pub(super) fn open_to_read(file: &Path) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), SchemaError> {
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let found = usize::try_from(found).unwrap_or(usize::MAX);
    let steps = MIGRATIONS.get(found..).ok_or(SchemaError::Newer {
        found,
        known: MIGRATIONS.len(),
    })?;
    for (index, step) in steps.iter().enumerate() {
        let transaction = connection.transaction()?;
        transaction.execute_batch(step)?;
        let version = i64::try_from(found.saturating_add(index).saturating_add(1)).unwrap_or(i64::MAX);
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}

/// Writes a row, unless it is there: how many were written.
pub(super) fn insert(connection: &Connection, row: &Row) -> Result<usize, rusqlite::Error> {
    let tags: serde_json::Map<_, _> = row
        .tags
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().into()))
        .collect();
    let tokens = |tokens: Option<Tokens>| tokens.map(|tokens| whole(tokens.0));
    connection.prepare_cached(INSERT)?.execute(params![
        row.id,
        whole(row.started_ms),
        row.tenant,
        row.key,
        row.agent,
        row.team,
        serde_json::Value::Object(tags).to_string(),
        row.path,
        row.model,
        row.served,
        row.provider,
        row.provider_model,
        row.targets,
        whole(row.attempts),
        tokens(row.input),
        tokens(row.output),
        tokens(row.cached),
        tokens(row.cache_write),
        tokens(row.reasoning),
        row.is_estimated,
        row.cost.map(|cost| whole(cost.0)),
        row.cache,
        row.pii,
        row.decision,
        row.reason,
        row.status,
        row.flags,
        row.details,
        row.is_cut,
        row.client_left,
        row.finish_reason,
        row.decided_ms.map(whole),
        row.first_byte_ms.map(whole),
        row.first_token_ms.map(whole),
        whole(row.duration_ms),
        row.proxy_policy,
        row.service_policy,
    ])
}

/// Writes what was asked, of which `length` bytes there were.
pub(super) fn insert_body(
    connection: &Connection,
    (id, at_ms): (&str, u64),
    body: &[u8],
    length: usize,
) -> Result<usize, rusqlite::Error> {
    const INSERT: &str = "INSERT INTO bodies VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO NOTHING";
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(INSERT)?;
    statement.execute(params![id, whole(at_ms), length, body])
}

/// Writes how an account stands. One without a beginning and an end is passed over.
pub(super) fn save_account(
    connection: &Connection,
    account: &Account,
    used: u64,
) -> Result<(), rusqlite::Error> {
    const UPSERT: &str = "INSERT INTO accounts VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (name, start_ms, end_ms) DO UPDATE SET used = excluded.used";
    if let Window::Until { start_ms, end_ms } = account.window {
        let mut statement = connection.prepare_cached(UPSERT)?;
        statement.execute(params![account.name, whole(start_ms), whole(end_ms), whole(used)])?;
    }
    Ok(())
}

/// The accounts whose windows are not over at `now_ms`.
pub(super) fn accounts(connection: &Connection, now_ms: u64) -> Result<Vec<(Account, u64)>, rusqlite::Error> {
    const SELECT: &str = "SELECT name, start_ms, end_ms, used FROM accounts WHERE end_ms > ?1";
    let mut statement = connection.prepare(SELECT)?;
    let rows = statement.query_map([whole(now_ms)], |row| {
        let number =
            |column| Ok::<_, rusqlite::Error>(u64::try_from(row.get::<_, i64>(column)?).unwrap_or_default());
        let window = Window::Until {
            start_ms: number(1)?,
            end_ms: number(2)?,
        };
        let name = row.get(0)?;
        Ok((Account { name, window }, number(3)?))
    })?;
    rows.collect()
}

/// Removes at most `most` of what is older than `before_ms` from each table: how many rows.
pub(super) fn expire(
    connection: &Connection,
    before_ms: u64,
    now_ms: u64,
    most: i64,
) -> Result<usize, rusqlite::Error> {
    let requests = "DELETE FROM requests WHERE rowid IN
        (SELECT rowid FROM requests WHERE started_ms < ?1 ORDER BY started_ms LIMIT ?2)";
    let bodies = "DELETE FROM bodies WHERE rowid IN
        (SELECT rowid FROM bodies WHERE at_ms < ?1 ORDER BY at_ms LIMIT ?2)";
    let before = whole(before_ms);
    let mut removed = connection
        .prepare_cached(requests)?
        .execute(params![before, most])?;
    removed = removed.max(
        connection
            .prepare_cached(bodies)?
            .execute(params![before, most])?,
    );
    connection
        .prepare_cached("DELETE FROM accounts WHERE end_ms < ?1")?
        .execute(params![whole(now_ms)])?;
    if removed > 0 {
        // One step for each page that is given back.
        let mut statement = connection.prepare_cached("PRAGMA incremental_vacuum(256)")?;
        let mut pages = statement.query([])?;
        while pages.next()?.is_some() {}
    }
    Ok(removed)
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
