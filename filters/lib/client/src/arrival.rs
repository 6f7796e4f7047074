use penstock_flow::{Headers, LocalReply};
use penstock_translate::error::{ApiError, ErrorKind};

use crate::{Client, Endpoint, printable};

/// What the headers of a request tell before its body is there.
#[derive(Clone, Debug)]
pub struct Arrival<'h> {
    /// Who asks.
    pub client: Client,
    /// What for.
    pub endpoint: Endpoint<'h>,
    headers: &'h Headers,
}

impl<'h> Arrival<'h> {
    /// Reads the headers of a request that is served under `policy_version`.
    pub fn read(headers: &'h Headers, policy_version: &str) -> Self {
        let path = headers.get(":path").unwrap_or("/");
        let (endpoint, dialect) = Endpoint::of(path, headers.contains("anthropic-version"));
        Self {
            client: Client {
                dialect,
                request_id: headers.get("x-request-id").unwrap_or_default().to_owned(),
                policy_version: policy_version.to_owned(),
            },
            endpoint,
            headers,
        }
    }

    /// Checks what must hold before a filter waits for the body: the method, and that there is a body which can be
    /// taken, of at most `body_limit` bytes as far as it is announced. `end_of_stream` tells that none follows.
    pub fn admit(&self, end_of_stream: bool, body_limit: u64) -> Result<(), LocalReply> {
        let method = self.headers.get(":method").unwrap_or_default();
        if let Some(allowed) = self.endpoint.wrong_method(method) {
            let message = format!("{} is not allowed here; use {allowed}", printable(method));
            let mut reply = self.refuse(405, message, "method_not_allowed");
            reply.headers.push(("allow", allowed.to_owned()));
            return Err(reply);
        }
        if !self.endpoint.takes_body() {
            return Ok(());
        }
        if let Some(coding) = self
            .headers
            .get("content-encoding")
            .filter(|coding| *coding != "identity")
        {
            let message = format!(
                "content-encoding {} is not supported; send the body as it is",
                printable(coding)
            );
            return Err(self.refuse(415, message, "content_encoding"));
        }
        let announced = self
            .headers
            .get("content-length")
            .and_then(|length| length.parse::<u64>().ok());
        if announced.is_some_and(|length| length > body_limit) {
            return Err(self.client.refuse_too_large(body_limit));
        }
        if end_of_stream {
            let message = "the request has no body; send a JSON object".to_owned();
            return Err(self.refuse(400, message, "empty_body"));
        }
        Ok(())
    }

    /// A refusal with a status for which the dialects have no kind of error.
    fn refuse(&self, status: u16, message: String, details: &'static str) -> LocalReply {
        let error = ApiError::new(ErrorKind::InvalidRequest, message);
        LocalReply {
            status,
            ..self.client.refuse(&error, details)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(headers: &Headers, end_of_stream: bool) -> Option<(u16, &'static str)> {
        let refusal = Arrival::read(headers, "p1").admit(end_of_stream, 100).err();
        refusal.map(|reply| (reply.status, reply.details))
    }

    #[test]
    fn a_method_is_right_or_wrong_for_its_path() {
        let cases = [
            ("POST", "/v1/chat/completions", None),
            ("GET", "/v1/chat/completions", Some("POST")),
            ("POST", "/v1/messages/count_tokens", None),
            ("PUT", "/v1/messages/count_tokens", Some("POST")),
            ("GET", "/v1/models", None),
            ("POST", "/v1/models/m", Some("GET")),
            ("POST", "/v1/embeddings", None),
        ];
        for (method, path, allowed) in cases {
            let headers = Headers::from([(":method", method), (":path", path)]);
            let refusal = Arrival::read(&headers, "p1").admit(false, 100).err();
            let allow = refusal
                .as_ref()
                .and_then(|reply| reply.headers.iter().find(|(name, _)| *name == "allow"));
            assert_eq!(allow.map(|(_, value)| value.as_str()), allowed, "{method} {path}");
            assert_eq!(refusal.map(|reply| reply.status), allowed.map(|_| 405));
        }
    }

    #[test]
    fn a_body_that_cannot_be_taken_is_refused_where_one_is_needed() {
        let cases = [
            (("content-length", "101"), false, Some((413, "request_too_large"))),
            (("content-length", "100"), false, None),
            (("content-length", "many"), false, None),
            (
                ("content-encoding", "gzip"),
                false,
                Some((415, "content_encoding")),
            ),
            (("content-encoding", "identity"), false, None),
            (("content-length", "0"), true, Some((400, "empty_body"))),
        ];
        for (header, end_of_stream, expected) in cases {
            for path in [
                "/v1/chat/completions",
                "/v1/messages",
                "/v1/messages/count_tokens",
            ] {
                let headers = Headers::from([(":method", "POST"), (":path", path), header]);
                assert_eq!(refused(&headers, end_of_stream), expected, "{path} {header:?}");
            }
            let headers = Headers::from([(":method", "GET"), (":path", "/v1/models"), header]);
            assert_eq!(refused(&headers, end_of_stream), None, "{header:?}");
        }
    }

    #[test]
    fn the_client_is_known_by_its_headers() {
        let headers = Headers::from([(":path", "/v1/messages"), ("x-request-id", "r1")]);
        let client = Arrival::read(&headers, "p1").client;
        assert_eq!(client.dialect, penstock_chat::Api::Anthropic);
        assert_eq!(
            (client.request_id.as_str(), client.policy_version.as_str()),
            ("r1", "p1")
        );
    }
}
