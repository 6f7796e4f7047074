//! Answers to Envoy.

use std::time::Duration;

use envoy_types::pb::{
    envoy::{
        config::core::v3::{HeaderValue, HeaderValueOption, header_value_option::HeaderAppendAction},
        service::ext_proc::v3::{
            BodyResponse, HeaderMutation, HeadersResponse, ImmediateResponse, ProcessingResponse,
            processing_response::Response,
        },
        r#type::v3::HttpStatus,
    },
    google::protobuf::{self, Struct, value::Kind},
};
use penstock_flow::LocalReply;
use penstock_plan::{DECISION, NAMESPACE};

use serde::Serialize;

use super::metadata;
use crate::{
    cache::WANTED,
    receipt::{RECEIPT, Receipt},
    session::Part,
    verdict::Verdict,
};

/// What the details of an answer begin with: by it, Envoy's local-reply mappers leave its body alone.
const DETAILS: &str = "penstock_";
const CONTENT_TYPE: &str = "content-type";

/// The message goes on as it is.
pub(super) fn pass(part: Part) -> ProcessingResponse {
    answer(
        match part {
            Part::Headers => Response::RequestHeaders(HeadersResponse::default()),
            Part::Body => Response::RequestBody(BodyResponse::default()),
        },
        None,
    )
}

/// Envoy is to wait longer than it is configured to.
pub(super) fn wait(at_most: Duration) -> ProcessingResponse {
    ProcessingResponse {
        override_message_timeout: Some(protobuf::Duration {
            seconds: i64::try_from(at_most.as_secs()).unwrap_or(i64::MAX),
            nanos: i32::try_from(at_most.subsec_nanos()).unwrap_or_default(),
        }),
        ..ProcessingResponse::default()
    }
}

/// What was decided, as the answer to the body.
pub(super) fn verdict(verdict: Verdict) -> ProcessingResponse {
    match verdict {
        Verdict::Go {
            decision,
            receipt,
            wanted,
        } => {
            let decision = (DECISION, Kind::StringValue(decision.to_json()));
            let wanted = wanted.map(|wanted| (WANTED, json(&wanted)));
            let said = [decision, kept(&receipt)].into_iter().chain(wanted);
            answer(
                Response::RequestBody(BodyResponse::default()),
                Some(metadata::texts(said)),
            )
        }
        Verdict::Reply { reply, receipt } => self::reply(reply, receipt.as_deref()),
    }
}

/// An answer of the service's own.
pub(super) fn reply(reply: LocalReply, receipt: Option<&Receipt>) -> ProcessingResponse {
    let is_typed = reply.headers.iter().any(|(name, _)| *name == CONTENT_TYPE);
    let json = (CONTENT_TYPE, "application/json".to_owned());
    let headers = reply.headers.into_iter().chain((!is_typed).then_some(json));
    let response = ImmediateResponse {
        status: Some(HttpStatus {
            code: reply.status.into(),
        }),
        headers: Some(HeaderMutation {
            set_headers: headers.map(|(name, value)| header(name, value)).collect(),
            remove_headers: Vec::new(),
        }),
        body: reply.body,
        grpc_status: None,
        details: format!("{DETAILS}{}", reply.details),
    };
    let said = receipt.map(|receipt| metadata::texts([kept(receipt)]));
    answer(Response::ImmediateResponse(response), said)
}

fn answer(response: Response, said: Option<Struct>) -> ProcessingResponse {
    ProcessingResponse {
        response: Some(response),
        dynamic_metadata: said.map(|said| metadata::texts([(NAMESPACE, Kind::StructValue(said))])),
        ..ProcessingResponse::default()
    }
}

fn kept(receipt: &Receipt) -> (&'static str, Kind) {
    (RECEIPT, json(receipt))
}

fn json(value: &impl Serialize) -> Kind {
    // Strings and numbers always serialise.
    Kind::StringValue(serde_json::to_string(value).unwrap_or_default())
}

fn header(name: &str, value: String) -> HeaderValueOption {
    HeaderValueOption {
        header: Some(HeaderValue {
            key: name.to_owned(),
            value: String::new(),
            raw_value: value.into_bytes(),
        }),
        append_action: HeaderAppendAction::OverwriteIfExistsOrAdd.into(),
        ..HeaderValueOption::default()
    }
}
