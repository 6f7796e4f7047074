//! The requests that translation is tested with are all counted.

use std::fs;
use std::path::Path;

use penstock_chat::{Api, Tokens};
use penstock_count::{family, request};
use penstock_tokens::Tokenizer;
use penstock_translate::request::inspect;
use penstock_translate::target::{Flavor, Target};
use serde_json::Value;

#[test]
fn what_translation_takes_is_counted() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../translate/testdata/request");
    let mut counted = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let golden: Value = serde_json::from_slice(&fs::read(entry.unwrap().path()).unwrap()).unwrap();
        let client = if golden["client"] == "openai" {
            Api::OpenAi
        } else {
            Api::Anthropic
        };
        let body = serde_json::to_vec_pretty(&golden["request"]).unwrap();
        inspect(client, &body).unwrap();
        for model in ["gpt-4o", "gpt-4", "claude-opus-5", "llama"] {
            let result = request(
                &mut Tokenizer::new(),
                client,
                &body,
                &family(model),
                Tokens(u64::MAX),
            );
            let request = result.unwrap_or_else(|error| panic!("{golden}: {error}"));
            assert!(request.complete && request.tokens > Tokens(5) && request.fixed <= request.tokens);
            counted += 1;
        }
    }
    assert!(counted >= 40);
}

/// The provider's own request, made of the client's, costs about the same: nothing is lost on the way that was
/// counted, and nothing is counted that is not sent.
#[test]
fn a_translated_request_costs_about_the_same() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../translate/testdata/request");
    let name = |client: Api| {
        if client == Api::OpenAi {
            "openai_tools"
        } else {
            "anthropic_tools"
        }
    };
    for (client, api, model) in [
        (Api::OpenAi, Api::Anthropic, "claude-opus-4-5"),
        (Api::Anthropic, Api::OpenAi, "gpt-4o"),
    ] {
        let path = folder.join(format!("{}.json", name(client)));
        let golden: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let body = serde_json::to_vec(&golden["request"]).unwrap();
        let target = Target {
            api,
            flavor: Flavor::OpenAi,
            model,
            max_output_tokens: None,
        };
        let sent = penstock_translate::request::translate(client, &body, &target)
            .unwrap()
            .body;
        let count = |client: Api, body: &[u8]| {
            let counted = request(
                &mut Tokenizer::new(),
                client,
                body,
                &family(model),
                Tokens(u64::MAX),
            );
            counted.unwrap().tokens.0
        };
        let (received, sent) = (count(client, &body), count(api, &sent));
        assert!(
            received.abs_diff(sent) * 100 <= sent * 30,
            "{received} for {sent}"
        );
    }
}
