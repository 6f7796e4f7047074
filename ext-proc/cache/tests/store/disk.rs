//! What outlives a restart, and what does when the file is not as it was.

use std::fs;
use std::path::Path;

use penstock_cache::store::{Limits, Memory, Selection, Store};
use penstock_embed::Vector;

use crate::samples::{Random, answer, entry, key, now_ms, on_disk, partition, stored};

const FILE: &str = "cache.sqlite";

fn vector(number: u64) -> Vector {
    Random(number + 1).vector(32)
}

async fn fill(store: &Memory, count: u64) {
    for number in 0..count {
        let entry = entry("p", &number.to_string(), Some(vector(number)));
        store.insert(entry, now_ms()).await.unwrap();
    }
}

/// How many of `count` are there, which must be whole.
async fn found(store: &Memory, count: u64) -> u64 {
    let mut found = 0;
    for number in 0..count {
        let text = number.to_string();
        if let Some(entry) = store.get(&key(&format!("p/{text}")), now_ms()).await.unwrap() {
            assert_eq!(
                (&entry.text, &entry.answer, entry.partition),
                (&text, &answer(&text), partition("p"))
            );
            let near = store
                .nearest(&partition("p"), &vector(number), 0.999, 1, now_ms())
                .await
                .unwrap();
            assert_eq!(near[0].entry.text, text);
            found += 1;
        }
    }
    assert_eq!(store.stats().entries, Some(found));
    found
}

fn names(directory: &Path) -> Vec<String> {
    let names = fs::read_dir(directory)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name.contains("broken")).collect();
    names.sort();
    names
}

async fn written(count: u64) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let store = on_disk(directory.path());
    fill(&store, count).await;
    store.close().await;
    directory
}

/// Copies the files as they are, as after the loss of the process.
fn killed(directory: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for file in fs::read_dir(directory).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    copy
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let store = on_disk(directory.path());
    fill(&store, 50).await;
    let mut named = entry("q", "a\u{0}ä", None);
    named.scope.tenant = "a{b}|*-".to_owned();
    store.insert(named.clone(), now_ms()).await.unwrap();
    let bytes = store.stats().bytes;
    store.close().await;
    let store = on_disk(directory.path());
    assert_eq!(
        store.get(&named.key, now_ms()).await.unwrap(),
        Some(stored(&named))
    );
    assert_eq!(store.stats().bytes, bytes);
    let selection = Selection {
        key: Some(named.key),
        ..Selection::default()
    };
    assert_eq!(store.remove(&selection, now_ms()).await, Ok(1));
    assert_eq!(found(&store, 50).await, 50);
    store.close().await;
    let store = on_disk(directory.path());
    assert_eq!(found(&store, 50).await, 50);
    fill(&store, 60).await;
    store.close().await;
    assert_eq!(found(&on_disk(directory.path()), 60).await, 60);
}

#[tokio::test]
async fn what_was_replaced_evicted_or_expired_does_not_come_back() {
    let directory = tempfile::tempdir().unwrap();
    let limits = Limits {
        entries: 10,
        ..Limits::default()
    };
    let open = |limits, now_ms| Memory::open(limits, Some(directory.path()), now_ms);
    let store = open(limits, now_ms());
    fill(&store, 30).await;
    let mut other = entry("p", "29", Some(vector(29)));
    other.answer = answer("something else");
    store.insert(other.clone(), now_ms()).await.unwrap();
    store.close().await;
    let store = open(Limits::default(), now_ms());
    assert_eq!(store.stats().entries, Some(10));
    assert_eq!(
        store.get(&other.key, now_ms()).await.unwrap(),
        Some(stored(&other))
    );
    store.close().await;
    let fewer = Limits { entries: 4, ..limits };
    let store = open(fewer, now_ms());
    assert_eq!(store.stats().entries, Some(4));
    assert!(
        store.get(&other.key, now_ms()).await.unwrap().is_some(),
        "the last ones are kept"
    );
    store.close().await;
    let store = open(limits, other.expires_ms);
    assert_eq!(store.stats().entries, Some(0));
    store.close().await;
    assert_eq!(open(limits, now_ms()).stats().entries, Some(0));
}

#[tokio::test]
async fn a_kill_loses_little_and_never_a_removal() {
    let directory = tempfile::tempdir().unwrap();
    let store = on_disk(directory.path());
    fill(&store, 40).await;
    let selection = Selection {
        key: Some(key("p/7")),
        ..Selection::default()
    };
    assert_eq!(store.remove(&selection, now_ms()).await, Ok(1));
    // A removal is written before it is reported, and with it what came before.
    let copy = killed(directory.path());
    assert_eq!(found(&on_disk(copy.path()), 40).await, 39);
    fill(&store, 60).await;
    let copy = killed(directory.path());
    let after = on_disk(copy.path());
    let count = found(&after, 60).await;
    assert!((39..=60).contains(&count), "{count}");
    assert_eq!(names(copy.path()), [""; 0]);
}

#[tokio::test]
async fn a_file_cut_off_anywhere_is_set_aside_or_gives_whole_entries() {
    let directory = written(200).await;
    let bytes = fs::read(directory.path().join(FILE)).unwrap();
    let lengths = [0, 1, 15, 16, 50, 99, 100, 511, 512, 4_096, 16_383, 16_384, 16_385];
    let steps = (0..20).map(|step| bytes.len() * step / 20 + step);
    for length in lengths.into_iter().chain(steps).chain([bytes.len() - 1]) {
        let copy = tempfile::tempdir().unwrap();
        fs::write(copy.path().join(FILE), &bytes[..length]).unwrap();
        let store = on_disk(copy.path());
        let count = found(&store, 200).await;
        let is_set_aside = !names(copy.path()).is_empty();
        assert!(count < 200, "{length}");
        let stats = store.stats();
        assert_eq!(stats.disk_errors, u64::from(is_set_aside), "{length}");
        // Without the end of its last page SQLite takes the file, and a row is no longer whole.
        assert!(length == 0 || is_set_aside || stats.bad_entries > 0, "{length}");
        fill(&store, 5).await;
        store.close().await;
        assert!(found(&on_disk(copy.path()), 200).await >= 5, "{length}");
    }
}

#[tokio::test]
async fn no_flipped_byte_gives_another_entry() {
    let directory = written(60).await;
    let bytes = fs::read(directory.path().join(FILE)).unwrap();
    let mut random = Random(11);
    let (mut bad, mut aside) = (0, 0);
    for step in 0..150 {
        // The first ones lie in the header and in what describes the table.
        let place = if step < 50 {
            step * 2
        } else {
            usize::try_from(random.next()).unwrap() % bytes.len()
        };
        let mut changed = bytes.clone();
        changed[place] ^= 1 << (random.next() % 8);
        let copy = tempfile::tempdir().unwrap();
        fs::write(copy.path().join(FILE), &changed).unwrap();
        let store = on_disk(copy.path());
        found(&store, 60).await;
        bad += store.stats().bad_entries;
        aside += names(copy.path()).len();
        store.close().await;
    }
    assert!(bad > 10 && aside > 5, "{bad} {aside}");
}

#[tokio::test]
async fn a_foreign_or_newer_file_is_set_aside_and_two_of_them_are_kept() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join(FILE);
    let sql = |sql: &str| {
        rusqlite::Connection::open(&file)
            .unwrap()
            .execute_batch(sql)
            .unwrap()
    };
    fs::write(
        &file,
        "no database at all, but a text that is long enough to be taken for one".repeat(40),
    )
    .unwrap();
    let store = on_disk(directory.path());
    assert_eq!((store.stats().entries, store.stats().disk_errors), (Some(0), 1));
    fill(&store, 5).await;
    store.close().await;
    assert_eq!(names(directory.path()), ["cache.sqlite.broken-1"]);
    sql("PRAGMA user_version = 2");
    let store = on_disk(directory.path());
    assert_eq!((store.stats().entries, store.stats().disk_errors), (Some(0), 1));
    store.close().await;
    fs::remove_file(&file).unwrap();
    sql("CREATE TABLE others (name TEXT)");
    let store = on_disk(directory.path());
    assert_eq!((store.stats().entries, store.stats().disk_errors), (Some(0), 1));
    fill(&store, 3).await;
    store.close().await;
    assert_eq!(
        names(directory.path()),
        ["cache.sqlite.broken-1", "cache.sqlite.broken-2"]
    );
    assert_eq!(found(&on_disk(directory.path()), 5).await, 3);
}

#[tokio::test]
async fn a_row_of_a_later_format_is_not_served() {
    let directory = written(3).await;
    let connection = rusqlite::Connection::open(directory.path().join(FILE)).unwrap();
    let change = "UPDATE entries SET record = CAST(x'02' || substr(record, 2) AS BLOB) WHERE id = 2";
    assert_eq!(connection.execute(change, []).unwrap(), 1);
    drop(connection);
    let store = on_disk(directory.path());
    assert_eq!((found(&store, 3).await, store.stats().bad_entries), (2, 1));
    store.close().await;
    assert_eq!(on_disk(directory.path()).stats().bad_entries, 0, "it is removed");
}

#[tokio::test]
async fn without_a_directory_that_can_be_used_memory_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let occupied = directory.path().join("file");
    fs::write(&occupied, "").unwrap();
    for path in [Path::new("/proc/penstock"), &occupied] {
        let store = on_disk(path);
        fill(&store, 5).await;
        assert_eq!((found(&store, 5).await, store.stats().disk_errors), (5, 1));
        assert_eq!(store.remove(&Selection::default(), now_ms()).await, Ok(5));
        store.close().await;
    }
}

#[tokio::test]
async fn a_file_that_another_process_has_open_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let first = on_disk(directory.path());
    fill(&first, 5).await;
    let second = on_disk(directory.path());
    assert_eq!((second.stats().entries, second.stats().disk_errors), (Some(0), 1));
    first.close().await;
    assert_eq!(found(&on_disk(directory.path()), 5).await, 5);
    assert_eq!(names(directory.path()), [""; 0]);
}

#[tokio::test]
async fn a_full_disk_costs_nothing_but_what_is_not_written() {
    let directory = tempfile::tempdir().unwrap();
    let limits = Limits {
        file_bytes: 300_000,
        ..Limits::default()
    };
    let store = Memory::open(limits, Some(directory.path()), now_ms());
    fill(&store, 5_000).await;
    while store.stats().disk_errors == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(store.stats().entries, Some(5_000));
    // Room again: what is removed makes it.
    let selection = Selection {
        tenant: Some("a".to_owned()),
        ..Selection::default()
    };
    assert_eq!(store.remove(&selection, now_ms()).await, Ok(5_000));
    fill(&store, 100).await;
    store.close().await;
    let store = Memory::open(limits, Some(directory.path()), now_ms());
    assert_eq!(found(&store, 5_000).await, 100);
}
