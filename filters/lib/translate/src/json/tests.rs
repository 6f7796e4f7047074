use proptest::prelude::*;

use super::*;

type Change = fn(&mut Edit<'_, '_>);

fn edited(source: &str, change: impl FnOnce(&mut Edit<'_, '_>)) -> String {
    let object = Object::parse(source.as_bytes()).unwrap();
    let mut edit = Edit::new(&object);
    change(&mut edit);
    String::from_utf8(edit.apply()).unwrap()
}

#[test]
fn edits_change_only_what_they_name() {
    let source = " {\n \"a\" : 1 , \"b\":[1, 2],\t\"c\":{\"x\":\"}\"} }\n";
    let table: &[(&str, Change)] = &[
        (source, |_| {}),
        (
            " {\n \"a\" : true , \"b\":[1, 2],\t\"c\":{\"x\":\"}\"} }\n",
            |e| e.set("a", "true"),
        ),
        (" {\n \"a\" : 1 , \"b\":[1, 2],\t\"c\":null }\n", |e| {
            e.set("c", "null")
        }),
        (" {\n \"a\" : 1 , \"z\":[1, 2],\t\"c\":{\"x\":\"}\"} }\n", |e| {
            e.rename("b", "z")
        }),
        (" {\n \"a\" : 1,\t\"c\":{\"x\":\"}\"} }\n", |e| e.remove("b")),
        ("{\"b\":[1, 2],\t\"c\":{\"x\":\"}\"} }\n", |e| e.remove("a")),
        (" {\n \"a\" : 1 , \"b\":[1, 2] }\n", |e| e.remove("c")),
        (
            " {\n \"a\" : 1 , \"b\":[1, 2],\t\"c\":{\"x\":\"}\"},\"n\":5 }\n",
            |e| e.set("n", "5"),
        ),
        ("{\"n\":5 }\n", |e| {
            ["a", "b", "c"].iter().for_each(|key| e.remove(key));
            e.set("n", "5");
        }),
        ("{ }\n", |e| ["c", "b", "a"].iter().for_each(|key| e.remove(key))),
        ("{\"c\":{\"x\":\"}\"} }\n", |e| {
            ["a", "b"].iter().for_each(|key| e.remove(key))
        }),
    ];
    for (expected, change) in table {
        assert_eq!(edited(source, change), *expected);
    }
}

#[test]
fn empty_object_takes_members() {
    assert_eq!(edited("{ }", |e| e.set("a", "1")), "{\"a\":1 }");
    assert_eq!(edited(" {}", |_| {}), "{}");
}

#[test]
fn escaped_names_are_found_and_kept() {
    assert_eq!(
        edited(r#"{"\u0061\"":1,"b":2}"#, |e| e.set("a\"", "3")),
        r#"{"\u0061\"":3,"b":2}"#
    );
    assert_eq!(
        edited(r#"{"\u0061\"":1,"b":2}"#, |e| e.rename("a\"", "z")),
        r#"{"z":1,"b":2}"#
    );
}

#[test]
fn what_is_refused_is_named_by_position() {
    let deep = |n| [vec![b'['; n], vec![b']'; n]].concat();
    let wrap = |inner: Vec<u8>| [b"{\"a\":".to_vec(), inner, b"}".to_vec()].concat();
    let many = format!(
        "{{{}}}",
        (0..=MAX_MEMBERS)
            .map(|i| format!("\"{i}\":0"))
            .collect::<Vec<_>>()
            .join(",")
    );
    let table: &[(Vec<u8>, &str)] = &[
        (b"{\"a\":\"\xff\"}".to_vec(), "invalid UTF-8 at byte 6"),
        (wrap(deep(128)), "more than 128 nested levels at byte 132"),
        (wrap(deep(10_000)), "more than 128 nested levels at byte 132"),
        (vec![b'['; 10_000], "more than 128 nested levels at byte 128"),
        (
            br#"{"a":"\ud800"}"#.to_vec(),
            "unpaired surrogate escape at byte 6",
        ),
        (
            br#"{"a":"\ud800\u0041"}"#.to_vec(),
            "unpaired surrogate escape at byte 6",
        ),
        (
            br#"{"a":"x\udc00"}"#.to_vec(),
            "unpaired surrogate escape at byte 7",
        ),
        (b"{\"a\":1,\"a\":2}".to_vec(), "duplicate field `a`"),
        (b"{\"a\":1,\"\\u0061\":2}".to_vec(), "duplicate field `a`"),
        (many.into_bytes(), "more than 256 fields in one object"),
        (b"[1]".to_vec(), "expected a JSON object"),
        (b"{\"a\":1} x".to_vec(), "trailing characters at line 1 column 9"),
        (
            b"{\"a\":".to_vec(),
            "EOF while parsing a value at line 1 column 5",
        ),
        (b"{\"a\":01}".to_vec(), "invalid number at line 1 column 7"),
        (b"".to_vec(), "EOF while parsing a value at line 1 column 0"),
    ];
    for (input, message) in table {
        assert_eq!(
            Object::parse(input).unwrap_err().to_string(),
            *message,
            "{:?}",
            input.get(..40)
        );
    }
}

#[test]
fn brackets_and_surrogates_inside_strings_and_pairs_are_fine() {
    let quoted = format!("{{\"a\":\"{}\"}}", "[".repeat(10_000));
    assert!(Object::parse(quoted.as_bytes()).is_ok());
    assert!(Object::parse(br#"{"a":"\ud83d\ude00","b":"\\ud800"}"#).is_ok());
}

#[test]
fn path_names_the_innermost_open_field() {
    let text = r#"{"a":[{"b":"x]\""},{"c":{"d":1}}],"e":2}"#;
    let table = [
        ("\"x]", "a[0].b"),
        (",{", "a[0]"),
        ("{\"c", "a[1]"),
        ("1}}", "a[1].c.d"),
        ("],", "a[1]"),
        (",\"e", "a"),
        ("2}", "e"),
    ];
    for (mark, path) in table {
        assert_eq!(path_at(text, text.find(mark).unwrap()), path, "{mark}");
    }
    assert_eq!(path_at(text, 10_000), "");
}

#[test]
fn strings_decode() {
    let object = Object::parse(br#"{"a":"x","b":"\n","c":1}"#).unwrap();
    assert!(matches!(
        object.get("a").and_then(string),
        Some(Cow::Borrowed("x"))
    ));
    assert_eq!(object.get("b").and_then(string).as_deref(), Some("\n"));
    assert_eq!(object.get("c").and_then(string), None);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64), text in "[\\[\\]{}\",:\\\\ud80123a ]{0,40}") {
        let _ = Object::parse(&bytes);
        let _ = Object::parse(text.as_bytes());
        for offset in 0..text.len() {
            let _ = path_at(&text, offset);
        }
    }

    #[test]
    fn edited_objects_hold_what_was_asked(keys in proptest::collection::btree_set("[a-f]", 0..6), set in "[a-h]", gone in "[a-h]") {
        let source = format!("{{ {} }}", keys.iter().map(|k| format!("\"{k}\" : \"{k}\"")).collect::<Vec<_>>().join(" , "));
        let object = Object::parse(source.as_bytes()).unwrap();
        let mut edit = Edit::new(&object);
        edit.remove(&gone);
        edit.set(&set, "1");
        let text = edit.apply();
        let object = Object::parse(&text).unwrap();
        prop_assert_eq!(object.get(&set).unwrap().get(), "1");
        prop_assert!(gone == set || object.get(&gone).is_none());
        let kept = keys.iter().filter(|key| **key != gone && **key != set);
        for key in kept {
            prop_assert!(object.has(key));
        }
    }
}
