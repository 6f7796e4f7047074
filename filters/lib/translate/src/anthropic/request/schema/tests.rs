use super::*;

const CLOSED: &str = "objects are closed, as the target takes no open ones";
const DESCRIBED: &str = "keywords that the target does not enforce are sent in descriptions";

fn fitted(schema: &str) -> (String, Vec<&'static str>) {
    let raw: &RawValue = serde_json::from_str(schema).unwrap();
    let mut losses = Losses::new(|_| "schema");
    let text = fit(raw, Feature::OutputSchema, &mut losses).into_owned();
    let reasons = losses.into_list().into_iter().map(|loss| loss.reason).collect();
    (text, reasons)
}

#[test]
fn schemas_are_closed_and_keep_only_what_is_enforced() {
    let table: &[(&str, &str, &[&str])] = &[
        (
            r#"{"type":"object","properties":{"z":{"type":"string"},"a":{"type":["string","null"]}},"required":["z","a"],"additionalProperties":false}"#,
            r#"{"type":"object","properties":{"z":{"type":"string"},"a":{"type":["string","null"]}},"required":["z","a"],"additionalProperties":false}"#,
            &[],
        ),
        (
            r#"{"type":"object"}"#,
            r#"{"type":"object","additionalProperties":false}"#,
            &[CLOSED],
        ),
        (
            r#"{"type":["object","null"],"additionalProperties":{"type":"string","minLength":1}}"#,
            r#"{"type":["object","null"],"additionalProperties":false}"#,
            &[CLOSED],
        ),
        (
            r#"{"properties":{"minimum":{"type":"integer","minimum":1,"maximum":9,"description":"d"}},"additionalProperties":false}"#,
            r#"{"properties":{"minimum":{"type":"integer","description":"d\n\n{\"minimum\":1,\"maximum\":9}"}},"additionalProperties":false}"#,
            &[DESCRIBED],
        ),
        (
            r#"{"type":"array","minItems":1,"items":{"type":"string","format":"date"}}"#,
            r#"{"type":"array","minItems":1,"items":{"type":"string","format":"date"}}"#,
            &[],
        ),
        (
            r#"{"type":"array","minItems":2,"items":{"type":"string","format":"phone"}}"#,
            r#"{"type":"array","items":{"type":"string","description":"{\"format\":\"phone\"}"},"description":"{\"minItems\":2}"}"#,
            &[DESCRIBED],
        ),
        (
            r##"{"$schema":"s","$defs":{"n":{"type":"object","additionalProperties":false}},"anyOf":[{"$ref":"#/$defs/n","description":"d"},{"type":"object"}]}"##,
            r##"{"$defs":{"n":{"type":"object","additionalProperties":false}},"anyOf":[{"$ref":"#/$defs/n"},{"type":"object","additionalProperties":false}]}"##,
            &[CLOSED],
        ),
        (
            r#"{"oneOf":[{"enum":["a",1,null]},{"enum":[{"a":1}],"type":"object","additionalProperties":false}]}"#,
            r#"{"anyOf":[{"enum":["a",1,null]},{"type":"object","additionalProperties":false,"description":"{\"enum\":[{\"a\":1}]}"}]}"#,
            &[DESCRIBED],
        ),
        (
            r#"{"const":{"type":"object"},"default":{"type":"object"}}"#,
            r#"{"const":{"type":"object"},"default":{"type":"object"}}"#,
            &[],
        ),
    ];
    for (schema, expected, reasons) in table {
        assert_eq!(
            fitted(schema),
            ((*expected).to_owned(), reasons.to_vec()),
            "{schema}"
        );
    }
}

#[test]
fn fitted_schema_needs_no_more_fitting() {
    let schema = r#"{"type":"object","properties":{"a":{"type":"array","maxItems":3,"items":{"type":"object","properties":{"b":{"oneOf":[{"type":"number","multipleOf":2}]}}}}}}"#;
    let (once, reasons) = fitted(schema);
    assert_eq!(reasons, [CLOSED, DESCRIBED]);
    assert_eq!(fitted(&once), (once, Vec::new()));
}

#[test]
fn deep_and_large_schemas_do_no_harm() {
    let deep = format!("{}{{}}{}", r#"{"items":"#.repeat(110), "}".repeat(110));
    assert_eq!(fitted(&deep).0, deep);
    let large = format!(r#"{{"type":"object","title":"{}"}}"#, "x".repeat(MAX_SCHEMA));
    let (text, reasons) = fitted(&large);
    assert_eq!(text, large);
    assert_eq!(reasons.len(), 1);
}
