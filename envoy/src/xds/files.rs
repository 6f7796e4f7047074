//! The files of a directory: what they hold, and what they held before.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write as _},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use super::PublishError;

/// The files of a directory, by their names.
#[derive(Debug)]
pub(super) struct Files {
    directory: PathBuf,
    contents: BTreeMap<String, String>,
    /// What those held that have been changed; nothing if they were not there.
    before: BTreeMap<String, Option<String>>,
}

impl Files {
    pub(super) fn of(directory: &Path) -> Result<Self, PublishError> {
        let mut contents = BTreeMap::new();
        for entry in fs::read_dir(directory).map_err(failed("read", directory))? {
            let path = entry.map_err(failed("read", directory))?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            let Some(name) = name.filter(|name| name.ends_with(".yaml") && path.is_file()) else {
                continue;
            };
            let content = fs::read_to_string(&path).map_err(failed("read", &path))?;
            contents.insert(name.to_owned(), content);
        }
        Ok(Self {
            directory: directory.to_owned(),
            contents,
            before: BTreeMap::new(),
        })
    }

    pub(super) fn content(&self, name: &str) -> Option<&str> {
        self.contents.get(name).map(String::as_str)
    }

    /// Whoever reads the file meanwhile reads what it held or all of what it will hold.
    pub(super) fn write(&mut self, name: &str, content: &str) -> Result<(), PublishError> {
        if self.content(name) == Some(content) {
            return Ok(());
        }
        self.replace(name, content)?;
        let before = self.contents.insert(name.to_owned(), content.to_owned());
        self.before.entry(name.to_owned()).or_insert(before);
        Ok(())
    }

    /// Removes what `is_stale`; the names.
    pub(super) fn remove(&mut self, is_stale: impl Fn(&str) -> bool) -> Result<Vec<String>, PublishError> {
        let stale: Vec<String> = self
            .contents
            .keys()
            .filter(|name| is_stale(name))
            .cloned()
            .collect();
        for name in &stale {
            self.take_away(name)?;
            let before = self.contents.remove(name);
            self.before.entry(name.clone()).or_insert(before);
        }
        Ok(stale)
    }

    /// The names of those that are there and hold something else than before.
    pub(super) fn written(&self) -> Vec<String> {
        let differs = |(name, before): &(&String, &Option<String>)| {
            let now = self.content(name);
            now.is_some() && now != before.as_deref()
        };
        let changed = self.before.iter().filter(differs);
        changed.map(|(name, _)| name.clone()).collect()
    }

    /// Makes everything as it was.
    pub(super) fn undo(&mut self) -> Result<(), PublishError> {
        for (name, before) in std::mem::take(&mut self.before) {
            match before {
                Some(content) => {
                    self.replace(&name, &content)?;
                    self.contents.insert(name, content);
                }
                None if self.contents.remove(&name).is_some() => self.take_away(&name)?,
                None => {}
            }
        }
        Ok(())
    }

    fn replace(&self, name: &str, content: &str) -> Result<(), PublishError> {
        let path = self.directory.join(name);
        let beside = self.directory.join(format!(".{name}.new"));
        let write = || -> io::Result<()> {
            let mut file = File::create(&beside)?;
            file.write_all(content.as_bytes())?;
            file.sync_all()?;
            fs::rename(&beside, &path)?;
            File::open(&self.directory)?.sync_all()
        };
        write().map_err(failed("write", &path))
    }

    fn take_away(&self, name: &str) -> Result<(), PublishError> {
        let path = self.directory.join(name);
        fs::remove_file(&path).map_err(failed("remove", &path))
    }
}

/// Makes a directory that only its owner may enter, unless it is there.
pub(super) fn make(path: &Path) -> Result<(), PublishError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(failed("make", path))
}

fn failed<'a>(what: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> PublishError + use<'a> {
    move |source| PublishError::File {
        what,
        path: path.to_owned(),
        source,
    }
}
