//! Personal data that nobody has, and what stands in its place.

/// One value of each of several kinds. The last two are the configuration's own; one of them is awkward in JSON.
pub const VALUES: &[&str] = &[
    "jane.doe@example.org",
    "+44 20 7946 0958",
    "4111 1111 1111 1111",
    "DE89 3704 0044 0532 0130 00",
    "203.0.113.77",
    BADGE,
    "bluebird",
];

pub const BADGE: &str = r#"B"1234\Ω"#;

/// A text that holds every value.
pub fn letter(marker: &str) -> String {
    format!(
        "{marker} weather for {}. Thank you, café ☃!",
        VALUES.join(" and ")
    )
}

/// What of a body is a value, also where it is written as JSON writes it, in a string in a string too.
pub fn leaked(body: &[u8]) -> Vec<String> {
    let mut forms = Vec::new();
    for value in VALUES {
        let mut form = (*value).to_owned();
        for _ in 0..3 {
            forms.push(form.clone());
            let quoted = serde_json::Value::from(form).to_string();
            form = quoted[1..quoted.len() - 1].to_owned();
        }
    }
    let body = String::from_utf8_lossy(body);
    forms.retain(|form| body.contains(form.as_str()));
    forms
}

/// The placeholders and hashes in a text, in its order.
pub fn placeholders(text: &str) -> Vec<String> {
    text.split('[')
        .skip(1)
        .filter_map(|rest| rest.split_once(']'))
        .map(|(inside, _)| inside)
        .filter(|inside| {
            let (label, tag) = inside.rsplit_once(['_', '#']).unwrap_or_default();
            !label.is_empty()
                && tag.len() >= 8
                && inside
                    .chars()
                    .all(|character| character.is_ascii_alphanumeric() || matches!(character, '_' | '#'))
        })
        .map(|inside| format!("[{inside}]"))
        .collect()
}
