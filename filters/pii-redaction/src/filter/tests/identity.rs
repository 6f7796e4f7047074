//! Whatever is masked in a request comes back as it was: every kind of data, both dialects, whole and cut at every byte.

use super::*;

/// One text with a value of each kind, and the value.
const SAMPLES: &[(&str, &str, &str)] = &[
    ("EMAIL_ADDRESS", "write to ann@example.com", "ann@example.com"),
    ("PHONE_NUMBER", "call +49 30 901820 now", "+49 30 901820"),
    ("CREDIT_CARD", "card 4111 1111 1111 1111.", "4111 1111 1111 1111"),
    (
        "IBAN_CODE",
        "IBAN DE89 3704 0044 0532 0130 00",
        "DE89 3704 0044 0532 0130 00",
    ),
    ("SWIFT_CODE", "SWIFT: DEUTDEFF", "DEUTDEFF"),
    ("US_SSN", "SSN 219-09-9999", "219-09-9999"),
    ("US_ITIN", "ITIN 912-70-1234", "912-70-1234"),
    ("UK_NINO", "NINO AB 12 34 56 C", "AB 12 34 56 C"),
    ("UK_NHS", "NHS number 943 476 5919", "943 476 5919"),
    ("DE_TAX_ID", "Steuer-ID 86 095 742 719", "86 095 742 719"),
    ("FR_NIR", "NIR 1 85 05 78 006 084 91", "1 85 05 78 006 084 91"),
    ("ES_NIF", "DNI 12345678Z", "12345678Z"),
    ("ES_NIE", "NIE X1234567L", "X1234567L"),
    ("IT_FISCAL_CODE", "CF RSSMRA85T10A562S", "RSSMRA85T10A562S"),
    ("NL_BSN", "BSN 111222333", "111222333"),
    ("PL_PESEL", "PESEL 44051401359", "44051401359"),
    ("IN_AADHAAR", "Aadhaar 2341 2341 2346", "2341 2341 2346"),
    ("IN_PAN", "PAN ABCPE1234F", "ABCPE1234F"),
    (
        "CN_RESIDENT_ID",
        "身份证号 11010519491231002X",
        "11010519491231002X",
    ),
    ("BR_CPF", "CPF 529.982.247-25", "529.982.247-25"),
    ("BR_CNPJ", "CNPJ 11.222.333/0001-81", "11.222.333/0001-81"),
    ("AU_TFN", "TFN 123 456 782", "123 456 782"),
    ("AU_ABN", "ABN 51 824 753 556", "51 824 753 556"),
    ("AU_MEDICARE", "Medicare 2123 45670 1", "2123 45670 1"),
    ("SG_NRIC_FIN", "NRIC S1234567D", "S1234567D"),
    ("CA_SIN", "SIN 130 692 544", "130 692 544"),
    ("JP_MY_NUMBER", "マイナンバー 1234 5678 9018", "1234 5678 9018"),
    ("KR_RRN", "주민등록번호 800101-1234560", "800101-1234560"),
    ("IP_ADDRESS", "from 192.168.17.4", "192.168.17.4"),
    ("MAC_ADDRESS", "MAC 00:1A:2B:3C:4D:5E", "00:1A:2B:3C:4D:5E"),
    (
        "URL_CREDENTIALS",
        "postgres://ann:s3cr3tpw@db.example.com/x",
        "postgres://ann:s3cr3tpw@db.example.com/x",
    ),
    (
        "CRYPTO",
        "pay 1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
        "1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
    ),
    ("DATE_OF_BIRTH", "born 3 May 1990", "3 May 1990"),
    ("MEDICAL_RECORD_NUMBER", "MRN: 00123456", "00123456"),
    (
        "PRIVATE_KEY",
        "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----",
    ),
    (
        "JWT",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    ),
    ("AWS_KEY", "AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
    (
        "GCP_KEY",
        "AIzaSyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q",
        "AIzaSyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q",
    ),
    (
        "AZURE_KEY",
        "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;",
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
    ),
    (
        "GITHUB_TOKEN",
        "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
        "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    ),
    (
        "SLACK_TOKEN",
        "xoxb-123456789012-1234567890123-a1B2c3D4e5F6g7H8i9J0k1L2",
        "xoxb-123456789012-1234567890123-a1B2c3D4e5F6g7H8i9J0k1L2",
    ),
    (
        "STRIPE_KEY",
        "sk_live_a1B2c3D4e5F6g7H8i9J0k1L2",
        "sk_live_a1B2c3D4e5F6g7H8i9J0k1L2",
    ),
    (
        "OPENAI_KEY",
        "sk-proj-a1B2c3D4e5F6g7H8i9J0T3BlbkFJk1L2m3N4o5P6q7R8s9T0",
        "sk-proj-a1B2c3D4e5F6g7H8i9J0T3BlbkFJk1L2m3N4o5P6q7R8s9T0",
    ),
    (
        "ANTHROPIC_KEY",
        "sk-ant-api03-a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1V2w3X4y5Z6a7B8c9D0e1F2g3H4i5J6k7L8m9N0o1P2q3R4",
        "sk-ant-api03-a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1V2w3X4y5Z6a7B8c9D0e1F2g3H4i5J6k7L8m9N0o1P2q3R4",
    ),
    ("PASSWORD", "password=hunter2!Xy", "hunter2!Xy"),
];

fn worker() -> Rc<Worker> {
    Rc::new(Worker::new(config(policy()), KEY).unwrap())
}

/// What the model gets for a text, and the filter in front of its answer.
fn asked(worker: &Rc<Worker>, path: &'static str, text: &str) -> (String, World) {
    let filter = Filter::new(Rc::clone(worker));
    let mut world = World { filter, path };
    let content = serde_json::to_string(text).unwrap();
    let body =
        format!(r#"{{"model":"m","max_tokens":9,"messages":[{{"role":"user","content":{content}}}]}}"#);
    let masked: serde_json::Value = serde_json::from_str(&world.send(&body)).unwrap();
    (
        masked["messages"][0]["content"].as_str().unwrap().to_owned(),
        world,
    )
}

/// A stream that says the text in two pieces.
fn stream(path: &str, head: &str, tail: &str) -> String {
    let piece = |text: &str| {
        let text = serde_json::to_string(text).unwrap();
        match path {
            OPENAI => format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":{text}}}}}]}}\n\n"),
            _ => format!(
                "data: {{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":{text}}}}}\n\n"
            ),
        }
    };
    let end = match path {
        OPENAI => "data: [DONE]\n\n",
        _ => "data: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
    };
    [&*piece(head), &piece(tail), end].concat()
}

/// The text that a stream says.
fn text_of(stream: &str) -> String {
    let events = stream
        .split("\n\n")
        .filter_map(|event| event.split_once("data: {"));
    let events =
        events.map(|(_, data)| serde_json::from_str::<serde_json::Value>(&format!("{{{data}")).unwrap());
    events
        .map(|event| {
            let texts = [&event["choices"][0]["delta"]["content"], &event["delta"]["text"]];
            texts
                .map(|text| text.as_str().unwrap_or_default().to_owned())
                .concat()
        })
        .collect()
}

#[test]
fn there_is_a_sample_of_every_kind_and_its_value_does_not_go_out() {
    let worker = worker();
    for entity in Entity::ALL {
        let sample = SAMPLES.iter().find(|(name, _, _)| *name == entity.name());
        let (name, text, value) = sample.unwrap_or_else(|| panic!("no sample of {entity}"));
        for path in [OPENAI, ANTHROPIC] {
            let (masked, _) = asked(&worker, path, text);
            let expected = text.replace(value, placeholder(&masked, entity.label()));
            assert_eq!(masked, expected, "{name}");
        }
    }
}

#[test]
fn a_value_of_every_kind_comes_back_whole_and_cut_at_every_byte() {
    let worker = worker();
    for (name, text, _) in SAMPLES {
        for path in [OPENAI, ANTHROPIC] {
            let (masked, mut world) = asked(&worker, path, text);
            let content = serde_json::to_string(&masked).unwrap();
            let whole = match path {
                OPENAI => format!(r#"{{"choices":[{{"message":{{"content":{content}}}}}]}}"#),
                _ => format!(r#"{{"content":[{{"type":"text","text":{content}}}]}}"#),
            };
            let answer: serde_json::Value = serde_json::from_str(&world.answer(&whole)).unwrap();
            let texts = [
                &answer["choices"][0]["message"]["content"],
                &answer["content"][0]["text"],
            ];
            assert!(
                texts.iter().any(|said| said.as_str() == Some(text)),
                "{name}: {answer}"
            );
            for cut in (0..=masked.len()).filter(|cut| masked.is_char_boundary(*cut)) {
                let (head, tail) = masked.split_at(cut);
                let (_, mut world) = asked(&worker, path, text);
                let stream = stream(path, head, tail);
                assert_eq!(text_of(&world.stream([stream.as_bytes()])), *text, "{name} {cut}");
            }
            let (_, mut world) = asked(&worker, path, text);
            let stream = stream(path, &masked, "");
            assert_eq!(
                text_of(&world.stream(stream.as_bytes().chunks(1))),
                *text,
                "{name}"
            );
        }
    }
}
