use proptest::prelude::*;

use super::{DecodeError, Decoder};

/// An owned copy of what a frame said.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    raw: Vec<u8>,
    event: Option<String>,
    data: String,
    terminated: bool,
}

fn decode(pieces: &[&[u8]], limit: usize) -> (Vec<Seen>, Vec<DecodeError>) {
    let mut decoder = Decoder::new(limit);
    let (mut seen, mut errors) = (Vec::new(), Vec::new());
    for piece in pieces {
        decoder.push(piece);
        drain(&mut decoder, &mut seen, &mut errors, false);
    }
    drain(&mut decoder, &mut seen, &mut errors, true);
    (seen, errors)
}

fn drain(decoder: &mut Decoder, seen: &mut Vec<Seen>, errors: &mut Vec<DecodeError>, last: bool) {
    loop {
        let lent = if last { decoder.finish() } else { decoder.next() };
        match lent {
            Ok(Some(frame)) => seen.push(Seen {
                raw: frame.raw.to_vec(),
                event: frame.event.map(str::to_owned),
                data: frame.data.clone().into_owned(),
                terminated: frame.terminated,
            }),
            Ok(None) => return,
            Err(error) => {
                if errors.last() != Some(&error) {
                    errors.push(error);
                }
                if matches!(error, DecodeError::EventTooLarge { .. }) {
                    return;
                }
            }
        }
    }
}

fn data(input: &str) -> Vec<String> {
    decode(&[input.as_bytes()], 1 << 20)
        .0
        .into_iter()
        .map(|seen| seen.data)
        .collect()
}

#[test]
fn fields_follow_the_standard() {
    let table: &[(&str, &[&str])] = &[
        ("data: a\n\ndata: b\n\n", &["a", "b"]),
        ("data: a\r\n\r\ndata: b\r\n\r\n", &["a", "b"]),
        ("data: a\r\rdata: b\r\r", &["a", "b"]),
        ("data: a\r\n\ndata: b\n\r\n", &["a", "b"]),
        ("data:a\n\n", &["a"]),
        ("data:  a\n\n", &[" a"]),
        ("data: a: b\n\n", &["a: b"]),
        ("data: a\ndata: b\n\n", &["a\nb"]),
        ("data\ndata\n\n", &["\n"]),
        ("data:\n\n", &[""]),
        ("database: a\n\n", &[""]),
        (" data: a\n\n", &[""]),
        (": a comment\n\n", &[""]),
        ("id: 1\nretry: 5\ndata: a\n\n", &["a"]),
        ("\n\ndata: a\n\n", &["", "", "a"]),
        ("\u{feff}data: a\n\n", &["a"]),
        ("\u{feff}\ndata: a\n\n", &["", "a"]),
        ("data: a\n\n\u{feff}data: b\n\n", &["a", ""]),
        ("data: a\n\ndata: b", &["a", "b"]),
        ("", &[]),
    ];
    for (input, expected) in table {
        assert_eq!(&data(input), expected, "{input:?}");
    }
}

#[test]
fn last_event_name_counts_and_an_empty_one_is_none() {
    let (seen, _) = decode(&[b"event: a\nevent: b\ndata: 1\n\nevent\ndata: 2\n\n"], 1024);
    assert_eq!(seen[0].event.as_deref(), Some("b"));
    assert_eq!(seen[1].event, None);
}

#[test]
fn event_without_its_blank_line_is_marked() {
    for (input, terminated) in [
        ("data: a", false),
        ("data: a\n", false),
        ("data: a\r", false),
        ("data: a\r\n", false),
        ("data: a\n\n", true),
        ("data: a\r\r", true),
        ("data: a\n\r", true),
        ("data: a\r\n\r", true),
    ] {
        let (seen, _) = decode(&[input.as_bytes()], 1024);
        assert_eq!(seen.len(), 1, "{input:?}");
        assert_eq!(seen[0].terminated, terminated, "{input:?}");
        assert_eq!(seen[0].raw, input.as_bytes());
        assert_eq!(seen[0].data, "a");
    }
}

#[test]
fn every_split_gives_the_same_events() {
    let input = "\u{feff}: hi\r\n\r\nevent: näme\ndata: {\"a\":\"é€😀\"}\r\ndata: \r\r\n\n\ndata: x\r\rdata: y\n\r\nid: 7\ndata: tail"
        .as_bytes();
    let whole = decode(&[input], 1024);
    assert_eq!(whole.0.len(), 7);
    for first in 0..=input.len() {
        for second in first..=input.len() {
            let pieces = [&input[..first], &input[first..second], &input[second..]];
            assert_eq!(decode(&pieces, 1024), whole, "cut at {first} and {second}");
        }
    }
    let bytes: Vec<&[u8]> = input.chunks(1).collect();
    assert_eq!(decode(&bytes, 1024), whole);
}

#[test]
fn event_at_the_limit_passes_and_one_byte_more_is_refused() {
    let input = b"data: 0123456789\n\n";
    assert_eq!(decode(&[input], input.len()).1, []);
    for pieces in [input.chunks(1).collect::<Vec<_>>(), vec![&input[..]]] {
        let (seen, errors) = decode(&pieces, input.len() - 1);
        assert_eq!(seen, []);
        assert_eq!(
            errors,
            [DecodeError::EventTooLarge {
                limit: input.len() - 1
            }]
        );
    }
}

#[test]
fn long_line_without_an_end_is_refused_and_let_go() {
    let mut decoder = Decoder::new(1024);
    for _ in 0..1000 {
        decoder.push(&[b'a'; 1000]);
        let _ = decoder.next().is_ok();
        assert!(decoder.buffer.len() <= 1024);
    }
    assert_eq!(decoder.next(), Err(DecodeError::EventTooLarge { limit: 1024 }));
    assert_eq!(decoder.finish(), Err(DecodeError::EventTooLarge { limit: 1024 }));
}

#[test]
fn many_events_of_one_piece_may_exceed_the_limit_together() {
    let input = "data: 0123456789\n\n".repeat(100);
    assert_eq!(decode(&[input.as_bytes()], 20).0.len(), 100);
}

#[test]
fn event_that_is_not_utf8_is_an_error_and_the_next_one_is_read() {
    let (seen, errors) = decode(
        &[b"data: a\xffb\n\n: \xff is fine here\ndata: c\n\nevent: \xc3\ndata: d\n\n"],
        1024,
    );
    assert_eq!(errors, [DecodeError::InvalidUtf8 { offset: 7 }]);
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].data, "c");
}

#[test]
fn byte_after_byte_costs_no_more_than_linear_time() {
    // A rescan of the partial line at each byte would take hours for this.
    let mut decoder = Decoder::new(4 << 20);
    for _ in 0..2 << 20 {
        decoder.push(b"a");
        assert_eq!(decoder.next(), Ok(None));
    }
}

proptest! {
    #[test]
    fn raw_bytes_add_up_to_the_input(input in proptest::collection::vec(
        prop_oneof![Just(b'\n'), Just(b'\r'), Just(b'd'), Just(b':'), Just(b'a'), any::<u8>()], 0..200,
    ), cut in 0_usize..200) {
        let cut = cut.min(input.len());
        let (seen, errors) = decode(&[&input[..cut], &input[cut..]], 1024);
        prop_assert_eq!(decode(&[&input], 1024), (seen.clone(), errors.clone()));
        if errors.is_empty() {
            prop_assert_eq!(seen.iter().flat_map(|seen| seen.raw.clone()).collect::<Vec<u8>>(), input);
        }
    }

    #[test]
    fn what_is_written_is_read(event in "[a-z]{1,8}", data in "[^\r\n\u{feff}]{1,40}(\n[^\r\n]{0,40}){0,3}") {
        let mut bytes = Vec::new();
        crate::write(Some(&event), data.as_bytes(), &mut bytes);
        let (seen, _) = decode(&[&bytes], 4096);
        prop_assert_eq!(seen.len(), 1);
        prop_assert_eq!(seen[0].event.as_deref(), Some(event.as_str()));
        prop_assert_eq!(&seen[0].data, &data);
    }
}
