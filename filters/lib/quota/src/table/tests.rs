use std::{cell::RefCell, collections::BTreeMap};

use super::*;
use crate::Span;

/// Shared data of one thread.
#[derive(Default)]
pub(crate) struct Memory {
    values: RefCell<BTreeMap<String, (Vec<u8>, u32)>>,
    next: RefCell<u32>,
}

impl Shared for Memory {
    fn read(&self, key: &str) -> Option<(Vec<u8>, Version)> {
        let values = self.values.borrow();
        values
            .get(key)
            .map(|(value, version)| (value.clone(), Version(*version)))
    }

    fn write(&self, key: &str, value: &[u8], version: Option<Version>) -> bool {
        let mut values = self.values.borrow_mut();
        if values.get(key).map(|(_, version)| Version(*version)) != version {
            return false;
        }
        *self.next.borrow_mut() += 1;
        values.insert(key.to_owned(), (value.to_vec(), *self.next.borrow()));
        true
    }
}

const MINUTE: Span = Span::Window { ms: 60_000 };
const NOW: u64 = 1_795_000_000_000;

fn claim(name: &str, limit: u64, amount: u64, span: Span) -> Claim {
    Claim {
        key: Key::of("test", &[name]),
        limit,
        amount,
        span,
        shadow: false,
    }
}

#[test]
fn a_full_window_refuses_until_it_is_over() {
    let (shared, table) = (Memory::default(), Table::new(64, 30_000));
    let first = table
        .reserve(&shared, &[claim("a", 100, 60, MINUTE)], NOW)
        .unwrap();
    assert_eq!(
        first.standings(),
        [Standing {
            limit: 100,
            remaining: 40,
            reset_ms: 60_000,
            exceeded: false
        }]
    );
    assert!(table.settle(&shared, first, &[50], NOW + 1_000));
    let refused = table.reserve(&shared, &[claim("a", 100, 60, MINUTE)], NOW + 2_000);
    assert_eq!(
        refused,
        Err(Refused::Later {
            claim: 0,
            retry_after_ms: 58_000,
            standings: vec![Standing {
                limit: 100,
                remaining: 50,
                reset_ms: 58_000,
                exceeded: true
            }]
        })
    );
    assert!(
        table
            .reserve(&shared, &[claim("a", 100, 60, MINUTE)], NOW + 60_000)
            .is_ok()
    );
}
