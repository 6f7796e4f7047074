use penstock_chat::Api;
use serde_json::{Value, json};

use super::{count, texts};

const GIF: &str = "R0lGODlhAQABAAAAACw=";

fn part(part: Value) -> Value {
    json!({"model": "m", "messages": [{"role": "user", "content": [part]}]})
}

fn block(block: Value) -> Value {
    json!({"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": [block]}]})
}

#[test]
fn an_image_costs_by_its_size_and_detail() {
    let url = format!("data:image/gif;base64,{GIF}");
    for (model, image, fixed) in [
        ("gpt-4o", json!({"url": url}), 255),
        ("gpt-4o", json!({"url": url, "detail": "low"}), 85),
        (
            "gpt-4o",
            json!({"detail": "low", "url": "https://example.com/a.png"}),
            85,
        ),
        (
            "gpt-4o",
            json!({"url": "https://example.com/a.png"}),
            85 + 8 * 170,
        ),
        (
            "claude-opus-5",
            json!({"url": "https://example.com/a.png"}),
            4_784,
        ),
        ("claude-opus-5", json!({"url": url, "detail": "high"}), 1),
    ] {
        let counted = count(
            Api::OpenAi,
            model,
            &part(json!({"type": "image_url", "image_url": image})),
        );
        assert_eq!(counted.fixed.0, fixed, "{model} {image}");
        assert_eq!(counted.tokens.0 - fixed, 6 + texts(&["user"]), "{model} {image}");
    }
    for (source, fixed) in [
        (
            json!({"type": "base64", "media_type": "image/gif", "data": GIF}),
            1,
        ),
        (
            json!({"data": GIF, "media_type": "image/gif", "type": "base64"}),
            1,
        ),
        (
            json!({"type": "base64", "media_type": "image/gif", "data": "AAAA"}),
            4_784,
        ),
        (json!({"type": "url", "url": "https://example.com/a.png"}), 4_784),
        (json!({"type": "file", "file_id": "file_1"}), 4_784),
    ] {
        for body in [
            json!({"type": "image", "source": source}),
            json!({"source": source, "type": "image"}),
        ] {
            let counted = count(Api::Anthropic, "claude-opus-5", &block(body));
            assert_eq!(counted.fixed.0, fixed, "{source}");
            assert_eq!(counted.tokens.0 - fixed, 6 + texts(&["user"]), "{source}");
        }
    }
}

#[test]
fn an_image_in_a_tools_result_costs_the_same() {
    let result =
        |content: Value| block(json!({"type": "tool_result", "tool_use_id": "t", "content": content}));
    let source = json!({"type": "base64", "media_type": "image/gif", "data": GIF});
    let counted = count(
        Api::Anthropic,
        "gpt-4o",
        &result(json!([{"type": "image", "source": source}])),
    );
    assert_eq!(counted.fixed.0, 255);
}

#[test]
fn base64_is_never_text() {
    let data = "QUJD".repeat(500_000);
    let start = std::time::Instant::now();
    let requests = [
        (
            Api::OpenAi,
            part(json!({"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{data}")}})),
        ),
        (
            Api::OpenAi,
            part(
                json!({"type": "file", "file": {"file_data": format!("data:application/pdf;base64,{data}")}}),
            ),
        ),
        (
            Api::OpenAi,
            part(json!({"type": "file", "file": {"file_data": data}})),
        ),
        (
            Api::OpenAi,
            part(json!({"type": "input_audio", "input_audio": {"data": data, "format": "wav"}})),
        ),
        (
            Api::OpenAi,
            part(json!({"type": "video_url", "video_url": {"url": format!("data:video/mp4;base64,{data}")}})),
        ),
        (
            Api::Anthropic,
            block(
                json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}),
            ),
        ),
        (
            Api::Anthropic,
            block(
                json!({"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": data}}),
            ),
        ),
    ];
    for (client, body) in &requests {
        let counted = count(*client, "gpt-4o", body);
        assert!(counted.fixed.0 > 500);
        assert_eq!(counted.tokens.0 - counted.fixed.0, 6 + texts(&["user"]));
    }
    assert!(start.elapsed().as_secs() < 20);
}

#[test]
fn audio_is_as_long_as_its_bytes_can_be() {
    let audio = |audio: Value| {
        let body = part(json!({"type": "input_audio", "input_audio": audio}));
        count(Api::OpenAi, "gpt-4o", &body).fixed.0
    };
    let second_of_wav = "AAAA".repeat(8_000 / 3);
    assert_eq!(audio(json!({"format": "wav", "data": second_of_wav})), 10);
    assert_eq!(audio(json!({"data": second_of_wav, "format": "mp3"})), 80);
    let twice = format!(r#"{{"format":"wav","data":"{second_of_wav}","data":""}}"#);
    let body = format!(r#"{{"messages":[{{"content":[{{"type":"input_audio","input_audio":{twice}}}]}}]}}"#);
    let counted = penstock_count::request(
        &mut penstock_tokens::Tokenizer::new(),
        Api::OpenAi,
        body.as_bytes(),
        &penstock_count::family("gpt-4o"),
        penstock_chat::Tokens(u64::MAX),
    );
    assert_eq!(counted.unwrap().fixed.0, 10);
}

#[test]
fn a_document_costs_by_its_pages() {
    let document = |characters: usize| {
        let source =
            json!({"type": "base64", "media_type": "application/pdf", "data": "A".repeat(characters)});
        count(
            Api::Anthropic,
            "claude-opus-4-5",
            &block(json!({"type": "document", "source": source})),
        )
        .fixed
        .0
    };
    let page = 3_000 + 1_551;
    assert_eq!(document(4), page);
    assert_eq!(document(4 * 16 * 1024), 3 * page);
    assert_eq!(document(10_000_000), 200_000);
    let fetched =
        block(json!({"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}}));
    assert_eq!(
        count(Api::Anthropic, "claude-opus-4-5", &fetched).fixed.0,
        20 * page
    );
}

#[test]
fn what_is_not_in_the_request_counts_as_an_ordinary_size() {
    let url = "https://example.com/a";
    for (model, body, fixed) in [
        (
            "gpt-4o",
            json!({"type": "audio_url", "audio_url": {"url": url}}),
            600 * 10,
        ),
        (
            "gemini-2.5-pro",
            json!({"type": "audio_url", "audio_url": {"url": url}}),
            600 * 32,
        ),
        (
            "qwen2.5-vl-7b-instruct",
            json!({"type": "video_url", "video_url": {"url": url}}),
            24_576,
        ),
        (
            "gpt-4o",
            json!({"type": "file", "file": {"file_id": "file_1"}}),
            20 * (3_000 + 85 + 6 * 170),
        ),
    ] {
        let counted = count(Api::OpenAi, model, &part(body.clone()));
        assert_eq!(counted.fixed.0, fixed, "{model} {body}");
    }
}
