//! A second attempt is sent what the first was, and its answer is restored.

use super::values::{leaked, letter, placeholders};
use super::world::world;
use crate::ask::{WAYS, marker};
use crate::read::said;
use crate::world::model;

const FIRST: [&str; 5] = [
    "status:503",
    "reset-before-headers",
    "error-in-200",
    "echo,cut:3",
    "html",
];

pub fn models() -> String {
    let mut models = String::new();
    for fault in FIRST {
        for (suffix, first, second) in [
            ("", "primary", "backup-anthropic"),
            ("-anthropic", "primary-anthropic", "backup"),
        ] {
            let first_model = format!("fault={fault}");
            let targets = [(first, first_model.as_str()), (second, "fault=echo,piece:5")];
            models += &model(
                &format!("falls-back-{fault}{suffix}"),
                &targets,
                "commit: complete, retry: { same_target: 0 }",
            );
        }
    }
    models
}

#[tokio::test]
async fn another_target_gets_placeholders_too_and_its_answer_is_restored() {
    let (world, _logs) = world();
    for fault in FIRST {
        for (client, stream) in WAYS {
            for suffix in ["", "-anthropic"] {
                let word = marker("falls-back");
                let text = letter(&word);
                let alias = format!("falls-back-{fault}{suffix}");
                let response = world.send(client.ask(&alias, &text, stream)).await;
                let case = format!("{client:?} {alias} {stream}");
                let said = said(client, &response).unwrap_or_else(|error| panic!("{case}: {error}"));
                assert_eq!(said.text, text, "{case}");
                let first = world.primary.requests_with(&word);
                let second = world.backup.requests_with(&word);
                assert_eq!((first.len(), second.len()), (1, 1), "{case}");
                let sent = [&first[0], &second[0]].map(|request| {
                    assert_eq!(leaked(&request.body), Vec::<String>::new(), "{case}");
                    placeholders(&String::from_utf8_lossy(&request.body))
                });
                assert_eq!(sent[0], sent[1], "{case}");
            }
        }
    }
}
