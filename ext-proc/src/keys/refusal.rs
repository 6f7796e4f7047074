//! How those who are not admitted are told, in their own dialect.

use penstock_chat::Api;
use penstock_client::{Client, printable};
use penstock_flow::LocalReply;
use penstock_translate::error::{ApiError, ErrorKind};

/// The answer to everyone who is not admitted. It never says why: who guesses keys must not learn which have been one.
pub fn refuse(client: &Client) -> LocalReply {
    // The providers' own words, which people look for.
    let message = match client.dialect {
        Api::OpenAi => "Incorrect API key provided; send a valid key as `authorization: Bearer KEY`",
        Api::Anthropic => {
            "invalid x-api-key; send a valid key as `x-api-key` or as `authorization: Bearer KEY`"
        }
    };
    let error = ApiError::new(ErrorKind::Authentication, message);
    let mut reply = client.refuse(&error, "invalid_api_key");
    if client.dialect == Api::OpenAi {
        reply.headers.push(("www-authenticate", "Bearer".to_owned()));
    }
    reply
}

/// The answer to who asks for a model that is not among those of the key.
pub fn refuse_model(client: &Client, alias: &str) -> LocalReply {
    let error = ApiError {
        param: Some("model".to_owned()),
        ..ApiError::new(
            ErrorKind::Permission,
            format!("this key may not use the model `{}`", printable(alias)),
        )
    };
    client.refuse(&error, "model_not_allowed")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn client(dialect: Api) -> Client {
        Client {
            dialect,
            ..Client::unknown("p1")
        }
    }

    fn body(reply: &LocalReply) -> Value {
        serde_json::from_slice(&reply.body).unwrap()
    }

    #[test]
    fn each_sdk_gets_the_error_it_knows() {
        let reply = refuse(&client(Api::OpenAi));
        assert_eq!(reply.status, 401);
        assert_eq!(body(&reply)["error"]["code"], "invalid_api_key");
        assert!(reply.headers.contains(&("www-authenticate", "Bearer".to_owned())));
        let reply = refuse(&client(Api::Anthropic));
        assert_eq!(reply.status, 401);
        assert_eq!(body(&reply)["error"]["type"], "authentication_error");
        assert!(!reply.headers.iter().any(|(name, _)| *name == "www-authenticate"));
    }

    #[test]
    fn a_model_that_is_not_allowed_is_named() {
        let reply = refuse_model(&client(Api::OpenAi), "big");
        assert_eq!(reply.status, 403);
        assert_eq!(
            body(&reply),
            json!({ "error": {
                "message": "this key may not use the model `big`",
                "type": "invalid_request_error",
                "param": "model",
                "code": "permission_denied",
            } })
        );
        let reply = refuse_model(&client(Api::Anthropic), "big");
        assert_eq!(reply.status, 403);
        assert_eq!(body(&reply)["error"]["type"], "permission_error");
    }
}
