//! examples/pii

use penstock_test_support::Provider;

use super::site::{Example, FIRST};
use crate::ask::{Client, WAYS, marker};
use crate::read::{failed, said};

#[tokio::test]
async fn each_kind_of_data_is_treated_as_the_file_says() {
    let primary = Provider::start("primary").unwrap();
    let site = Example::read("pii")
        .provider(FIRST, &primary)
        .env("PENSTOCK_PII_KEY", "key-of-the-placeholders-of-these-tests")
        .start()
        .await;
    for (client, stream) in WAYS {
        let mark = marker("pii");
        let text = format!(
            "{mark}: the employee with badge E-123456 of bluebird is jane.doe@example.org, write to support@example.com, \
             password: hunter2hunter2, from 203.0.113.77"
        );
        let response = site.send(client.ask("demo", &text, stream)).await;
        let answer = said(client, &response).unwrap().text;
        for restored in ["E-123456", "bluebird", "jane.doe@example.org"] {
            assert!(answer.contains(restored), "{answer}");
        }
        assert!(!answer.contains("hunter2hunter2"), "{answer}");
        let kinds = response.header("x-penstock-pii").unwrap();
        for kind in [
            "EMAIL_ADDRESS=1",
            "EMPLOYEE_ID=1",
            "PROJECT=1",
            "PASSWORD=1",
            "IP_ADDRESS=1",
        ] {
            assert!(kinds.contains(kind), "{kinds}");
        }
        let asked = primary.requests_with(&mark);
        let [asked] = asked.as_slice() else {
            panic!("{} requests", asked.len())
        };
        for masked in ["E-123456", "bluebird", "jane.doe@example.org", "hunter2hunter2"] {
            assert!(!asked.mentions(masked), "{masked}");
        }
        for passed in ["support@example.com", "203.0.113.77"] {
            assert!(asked.mentions(passed), "{passed}");
        }

        let card = site
            .send(client.ask("demo", "pay with 4111 1111 1111 1111", stream))
            .await;
        assert_eq!(card.status, 400, "{}", card.text());
        assert!(failed(client, &card).unwrap().message.contains("CREDIT_CARD"));
    }

    let mark = marker("on-site");
    let text = format!("{mark} jane.doe@example.org");
    let response = site.send(Client::OpenAi.ask("on-site", &text, false)).await;
    assert_eq!(response.header("x-penstock-pii"), Some("EMAIL_ADDRESS=1"));
    assert!(
        primary
            .requests_with(&mark)
            .iter()
            .all(|asked| asked.mentions("jane.doe@example.org"))
    );
    let card = Client::OpenAi.ask("on-site", "pay with 4111 1111 1111 1111", false);
    assert_eq!(site.send(card).await.status, 400);
}
