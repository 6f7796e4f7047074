//! The file: rows by number, and nothing else that could disagree with them.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

use super::pending::Batch;
use super::say;

const NAME: &str = "cache.sqlite";
/// What SQLite adds to the name of the file for those that belong to it.
const BESIDE: [&str; 3] = ["", "-wal", "-shm"];
/// Files that were set aside and are kept, the newest first.
const KEPT: [u32; 2] = [1, 2];
/// What the file says it is: "pnsc".
const APPLICATION: i64 = 0x706e_7363;
/// The only version of the table that is known.
const VERSION: i64 = 1;
/// Most rows are smaller than this, and several of them share a page.
const PAGE_BYTES: u64 = 16_384;
/// Bytes of the smallest file that SQLite makes.
const SHORTEST: u64 = 512;
/// How long another process may take to let go of the file.
const BUSY: Duration = Duration::from_secs(2);
/// Bytes that the log of changes is cut back to.
const LONGEST_WAL: i64 = 16 << 20;

/// An open file. Nobody else has it open meanwhile.
#[derive(Debug)]
pub(super) struct File {
    /// None only if it could not be begun anew.
    connection: Option<Connection>,
    path: PathBuf,
    largest: u64,
}

/// A file, and whether another one was in its place.
pub(super) struct Opened {
    pub(super) file: File,
    pub(super) is_anew: bool,
}

/// Why a file is not read or written.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    #[error("{0}")]
    Broken(String),
    #[error(transparent)]
    Sqlite(rusqlite::Error),
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<rusqlite::Error> for FileError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::Broken(error.to_string()),
            _ => Self::Sqlite(error),
        }
    }
}

impl File {
    /// Opens the file of `directory`, or makes it. One that is no such file is set aside, and another made.
    pub(super) fn open(directory: &Path, largest: u64) -> Result<Opened, FileError> {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let path = directory.join(NAME);
        let mut file = Self {
            connection: None,
            path,
            largest,
        };
        match connect(&file.path, largest) {
            Ok(connection) => {
                file.connection = Some(connection);
                Ok(Opened { file, is_anew: false })
            }
            Err(error @ FileError::Broken(_)) => {
                file.begin_anew(&error)?;
                Ok(Opened { file, is_anew: true })
            }
            Err(error) => Err(error),
        }
    }

    /// Sets the file aside, since it is broken, and makes an empty one.
    pub(super) fn begin_anew(&mut self, error: &FileError) -> Result<(), FileError> {
        self.connection = None;
        let aside = set_aside(&self.path)?;
        say(&format!(
            "cannot use its file, which is now {}, and begins an empty one: {error}",
            aside.display()
        ));
        self.connection = Some(connect(&self.path, self.largest)?);
        Ok(())
    }

    /// How many rows there are.
    pub(super) fn count(&self) -> Result<u64, FileError> {
        let count: i64 = self
            .connection()?
            .query_row("SELECT count(*) FROM entries", [], |row| row.get(0))?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// Gives each row to `row`, in order.
    pub(super) fn rows(&self, mut row: impl FnMut(u64, &[u8])) -> Result<(), FileError> {
        let mut statement = self
            .connection()?
            .prepare("SELECT id, record FROM entries ORDER BY id")?;
        let mut rows = statement.query([])?;
        while let Some(found) = rows.next()? {
            let id: i64 = found.get(0)?;
            // What is no blob is no record.
            let record = found.get_ref(1)?.as_blob().unwrap_or_default();
            row(u64::try_from(id).unwrap_or_default(), record);
        }
        Ok(())
    }

    /// Writes all of a batch or nothing.
    pub(super) fn write(&mut self, batch: &Batch) -> Result<(), FileError> {
        if self.connection.is_none() {
            self.connection = Some(connect(&self.path, self.largest)?);
        }
        let connection = self.connection()?;
        if !batch.is_empty() {
            let transaction = connection.unchecked_transaction()?;
            // First, since it makes room on a full disk.
            let mut remove = transaction.prepare_cached("DELETE FROM entries WHERE id = ?1")?;
            for id in &batch.forgotten {
                remove.execute([whole(*id)])?;
            }
            let mut insert = transaction.prepare_cached("INSERT OR REPLACE INTO entries VALUES (?1, ?2)")?;
            for (id, record) in &batch.kept {
                insert.execute((whole(*id), record))?;
            }
            drop((remove, insert));
            transaction.commit()?;
        }
        if batch.is_flushed {
            // In the file itself and not only in the log of changes, which SQLite cuts short where it is damaged.
            checkpoint(connection)?;
        }
        Ok(())
    }

    /// Brings everything into the file itself, if that can be done.
    pub(super) fn close(self) {
        if let Some(connection) = &self.connection {
            // What is in the log of changes is found there.
            let _ = checkpoint(connection);
        }
    }

    fn connection(&self) -> Result<&Connection, FileError> {
        let gone = || FileError::Io(io::ErrorKind::NotFound.into());
        self.connection.as_ref().ok_or_else(gone)
    }
}

fn connect(path: &Path, largest: u64) -> Result<Connection, FileError> {
    // Only its owner may read it; SQLite gives its other files the same mode.
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    // SQLite takes what is shorter than any file of its for an empty one.
    if (1..SHORTEST).contains(&fs::metadata(path)?.len()) {
        return Err(FileError::Broken("it is cut off".to_owned()));
    }
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.pragma_update(None, "page_size", whole(PAGE_BYTES))?;
    connection.pragma_update(None, "cell_size_check", true)?;
    // What is forgotten is overwritten.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "journal_size_limit", LONGEST_WAL)?;
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let tables = "SELECT count(*) FROM sqlite_schema";
    let tables: i64 = connection.query_row(tables, [], |row| row.get(0))?;
    match (number("application_id")?, number("user_version")?, tables) {
        (0, 0, 0) => {
            let transaction = connection.unchecked_transaction()?;
            transaction.execute_batch(
                "CREATE TABLE entries (id INTEGER PRIMARY KEY, record BLOB NOT NULL) STRICT",
            )?;
            transaction.pragma_update(None, "application_id", APPLICATION)?;
            transaction.pragma_update(None, "user_version", VERSION)?;
            transaction.commit()?;
        }
        (APPLICATION, VERSION, _) => {}
        (APPLICATION, version, _) => {
            return Err(FileError::Broken(format!(
                "it has version {version}, and this release knows {VERSION}"
            )));
        }
        _ => return Err(FileError::Broken("it is another program's".to_owned())),
    }
    if connection.prepare("SELECT id, record FROM entries").is_err() {
        return Err(FileError::Broken("its table is not there".to_owned()));
    }
    let check: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if check != "ok" {
        // Its first line would name pages, which helps nobody.
        return Err(FileError::Broken("it is damaged".to_owned()));
    }
    let pages = largest / PAGE_BYTES;
    connection.pragma_update(None, "max_page_count", whole(pages.max(8)))?;
    Ok(connection)
}

fn checkpoint(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}

/// Gives the file another name, and what belongs to it: the new name.
fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let named = |number: u32, beside: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".broken-{number}{beside}"));
        PathBuf::from(name)
    };
    let rename = |from: &Path, to: &Path| match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // Nothing of an older one stays beside what has taken its name.
            match fs::remove_file(to) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            }
        }
        result => result,
    };
    let [newest, older] = KEPT;
    for beside in BESIDE {
        rename(&named(newest, beside), &named(older, beside))?;
        let mut from = path.as_os_str().to_owned();
        from.push(beside);
        rename(Path::new(&from), &named(newest, beside))?;
    }
    Ok(named(newest, ""))
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
