use penstock_chat::Api;
use penstock_flow::LocalReply;
use penstock_translate::error::{self, ApiError, ErrorKind};
use penstock_translate::request::InvalidRequest;

use crate::printable;

/// How to speak to the client of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The dialect it speaks.
    pub dialect: Api,
    /// The id of its request; empty if Envoy gave none.
    pub request_id: String,
    /// Hash of the configuration under which it is served.
    pub policy_version: String,
}

impl Client {
    /// A client of which nothing has been heard.
    pub fn unknown(policy_version: &str) -> Self {
        Self {
            dialect: Api::OpenAi,
            request_id: String::new(),
            policy_version: policy_version.to_owned(),
        }
    }

    /// The headers that name the request and the policy it was served under, for every answer.
    pub fn identity(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![("x-penstock-policy", self.policy_version.clone())];
        if !self.request_id.is_empty() {
            headers.push((self.request_id_header(), self.request_id.clone()));
            headers.push(("x-penstock-request-id", self.request_id.clone()));
        }
        headers
    }

    /// An answer of the filter's own.
    pub fn reply(&self, status: u16, body: Vec<u8>, details: &'static str) -> LocalReply {
        LocalReply {
            status,
            headers: self.identity(),
            body,
            details,
        }
    }

    /// A refusal in the client's dialect, with the status that the dialect has for it.
    pub fn refuse(&self, error: &ApiError, details: &'static str) -> LocalReply {
        let rendered = error::render(self.dialect, error);
        self.reply(rendered.status, rendered.body, details)
    }

    /// Refuses a body that is no request of the client's API.
    pub fn refuse_invalid(&self, invalid: InvalidRequest) -> LocalReply {
        let error = ApiError {
            kind: ErrorKind::InvalidRequest,
            // With the field's path: not every SDK shows `param`, and Anthropic's API has none.
            message: invalid.to_string(),
            param: invalid.field,
            code: invalid.code.map(str::to_owned),
        };
        self.refuse(&error, "invalid_request")
    }

    /// Refuses a model that the configuration does not name.
    pub fn refuse_model(&self, name: &str) -> LocalReply {
        let error = ApiError {
            kind: ErrorKind::NotFound,
            message: format!(
                "the model `{}` does not exist; GET /v1/models lists those that do",
                printable(name)
            ),
            param: Some("model".to_owned()),
            code: Some("model_not_found".to_owned()),
        };
        self.refuse(&error, "model_not_found")
    }

    /// Refuses a body of more than `limit` bytes.
    pub fn refuse_too_large(&self, limit: u64) -> LocalReply {
        self.refuse(&body_too_large(limit), "request_too_large")
    }

    /// The header in which the client's SDK looks for the id of its request.
    fn request_id_header(&self) -> &'static str {
        match self.dialect {
            Api::OpenAi => "x-request-id",
            Api::Anthropic => "request-id",
        }
    }
}

/// The error of a body of more than `limit` bytes.
pub fn body_too_large(limit: u64) -> ApiError {
    ApiError::new(
        ErrorKind::RequestTooLarge,
        format!("the request body exceeds the limit of {limit} bytes"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(dialect: Api) -> Client {
        Client {
            dialect,
            request_id: "r1".into(),
            policy_version: "p1".into(),
        }
    }

    fn text(reply: &LocalReply) -> &str {
        std::str::from_utf8(&reply.body).unwrap()
    }

    #[test]
    fn each_sdk_finds_the_request_id_where_it_looks() {
        for (dialect, header) in [(Api::OpenAi, "x-request-id"), (Api::Anthropic, "request-id")] {
            let expected = [
                ("x-penstock-policy", "p1".to_owned()),
                (header, "r1".to_owned()),
                ("x-penstock-request-id", "r1".to_owned()),
            ];
            assert_eq!(client(dialect).identity(), expected);
        }
    }

    #[test]
    fn a_request_without_an_id_is_not_given_an_empty_one() {
        let expected = [("x-penstock-policy", "p1".to_owned())];
        assert_eq!(Client::unknown("p1").identity(), expected);
    }

    #[test]
    fn a_refusal_is_in_the_clients_dialect_and_names_the_request() {
        for dialect in [Api::OpenAi, Api::Anthropic] {
            let client = client(dialect);
            let reply = client.refuse_too_large(10);
            assert_eq!((reply.status, reply.details), (413, "request_too_large"));
            assert_eq!(reply.headers, client.identity());
            assert!(text(&reply).contains("limit of 10 bytes"), "{}", text(&reply));
            let anthropic = text(&reply).contains(r#""type":"error""#);
            assert_eq!(anthropic, dialect == Api::Anthropic, "{}", text(&reply));
        }
    }

    #[test]
    fn a_bad_request_is_told_with_its_field_and_code() {
        let invalid = InvalidRequest {
            field: Some("messages[3]".into()),
            message: "must be an object".into(),
            code: Some("some_code"),
        };
        let reply = client(Api::OpenAi).refuse_invalid(invalid);
        assert_eq!((reply.status, reply.details), (400, "invalid_request"));
        for part in [
            "\"messages[3]: must be an object\"",
            r#""param":"messages[3]""#,
            r#""code":"some_code""#,
        ] {
            assert!(text(&reply).contains(part), "{}", text(&reply));
        }
    }

    #[test]
    fn an_unknown_model_is_quoted_without_control_characters() {
        let reply = client(Api::OpenAi).refuse_model("a\0b\nc");
        assert_eq!((reply.status, reply.details), (404, "model_not_found"));
        assert!(text(&reply).contains("`a?b?c`"), "{}", text(&reply));
    }
}
