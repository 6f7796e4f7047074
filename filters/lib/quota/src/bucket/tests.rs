use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{debt::Debt, hold::Holds, lease::Lease};

fn account() -> impl Strategy<Value = Account> {
    let slices = vec((any::<u64>(), any::<u64>()), 0..8);
    let lease = (".{0,20}", any::<[u64; 6]>()).prop_map(|(label, numbers)| {
        let [granted, until_ms, wanted, carried, closed_ms, closed_used] = numbers;
        Lease {
            granted,
            until_ms,
            wanted,
            carried,
            closed: (closed_ms, closed_used),
            ..Lease::new(&label)
        }
    });
    let lease = proptest::option::of(lease);
    let debts = vec((any::<u64>(), any::<u64>(), any::<bool>()), 0..8);
    (any::<[u64; 6]>(), slices, debts, lease).prop_map(|(numbers, slices, debts, lease)| {
        let mut debt = Debt::default();
        for (opened_ms, carried, held) in debts {
            debt.carry(opened_ms, carried, held);
        }
        let mut holds = Holds::default();
        for (expires_ms, amount) in slices {
            holds.add(amount, expires_ms);
        }
        let [limit, span_ms, opened_ms, ends_ms, used, beside_until_ms] = numbers;
        Account {
            limit,
            span_ms,
            opened_ms,
            ends_ms,
            used,
            beside_until_ms,
            debt,
            holds,
            lease,
        }
    })
}

fn histogram() -> impl Strategy<Value = Histogram> {
    vec(any::<u64>(), 1..300).prop_map(|values| {
        let mut histogram = Histogram::default();
        for value in values {
            histogram.add(value, value / 2);
        }
        histogram
    })
}

fn bucket() -> impl Strategy<Value = Bucket> {
    let cell = prop_oneof![
        account().prop_map(|account| Cell::Account(Box::new(account))),
        histogram().prop_map(Cell::Histogram)
    ];
    let key = any::<[u8; 16]>().prop_map(Key::from_bytes);
    let marks = vec((any::<u64>(), 1..u64::MAX), 0..=MARKS);
    (vec((key, cell), 0..=WAYS), marks).prop_map(|(cells, marks)| Bucket { cells, marks })
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(bucket in bucket()) {
        prop_assert_eq!(Bucket::decode(&bucket.encode(0)), bucket);
    }

    #[test]
    fn bytes_of_others_are_an_empty_bucket(bytes in vec(any::<u8>(), 0..400)) {
        prop_assert_eq!(Bucket::decode(&bytes), Bucket::default());
    }

    #[test]
    fn a_changed_byte_makes_it_empty(bucket in bucket(), at: prop::sample::Index, flip in 1_u8..) {
        let mut value = bucket.encode(0);
        let at = at.index(value.len());
        value[at] ^= flip;
        prop_assert_eq!(Bucket::decode(&value), Bucket::default());
    }

    #[test]
    fn any_body_that_adds_up_is_read_or_empty(body in vec(any::<u8>(), 0..400)) {
        let mut value = vec![FORMAT];
        value.extend_from_slice(&check(&body).to_le_bytes());
        value.extend_from_slice(&body);
        let mut bucket = Bucket::decode(&value);
        bucket.account(Key::of("any", &[]), 10, 1_000, 5_000);
        bucket.learn(Key::of("any", &[]), 10, 5_000);
        prop_assert!(bucket.cells.len() <= WAYS);
    }

    #[test]
    fn no_account_that_can_be_read_breaks_the_arithmetic(
        mut account in account(),
        now_ms: u64,
        amount: u64,
        used: u64,
    ) {
        account.advance(now_ms);
        account.wait_ms(amount, now_ms);
        account.reset_ms(now_ms);
        account.cap(Some(u32::MAX), now_ms);
        account.want(amount, used, now_ms);
        account.grant(amount, used, Some(now_ms / 2), now_ms);
        account.hold(amount, now_ms, now_ms);
        account.charge(used, now_ms);
        prop_assert!(account.cap(Some(100), now_ms) <= account.limit);
    }
}

#[test]
fn passed_marks_are_dropped() {
    let mut bucket = Bucket::default();
    bucket.mark(60_000, 10_000);
    bucket.mark(0, 20_000);
    let kept = Bucket::decode(&bucket.encode(10_000));
    assert_eq!(kept.marks, [(0, 20_000)]);
}

#[test]
fn more_lengths_than_marks_share_the_last() {
    let mut bucket = Bucket::default();
    for span_ms in 1..=12 {
        bucket.mark(span_ms, 1_000 + span_ms);
    }
    assert_eq!(bucket.marks.len(), MARKS);
    assert_eq!(bucket.marked_until_ms(12), 1_012);
    assert_eq!(bucket.marked_until_ms(1), 1_005);
}
