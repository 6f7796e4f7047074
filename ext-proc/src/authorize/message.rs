//! ext_authz's messages.

use envoy_types::pb::{
    envoy::{
        config::core::v3::{HeaderValue, HeaderValueOption, header_value_option::HeaderAppendAction},
        service::auth::v3::{
            CheckRequest, CheckResponse, DeniedHttpResponse, OkHttpResponse, check_response::HttpResponse,
        },
        r#type::v3::HttpStatus,
    },
    google::{protobuf::value::Kind, rpc},
};
use penstock_flow::{Headers, LocalReply};
use tonic::Code;

use crate::{
    keys::{Admitted, Denied},
    process::{self, metadata},
};

/// The headers of a request, pseudo-headers included: as Envoy got them (`encode_raw_headers`), or as a map.
pub(super) fn headers(request: CheckRequest) -> Option<Headers> {
    let http = request.attributes?.request?.http?;
    let raw = http.header_map.unwrap_or_default();
    if !raw.headers.is_empty() {
        return Some(process::headers(raw));
    }
    let known = [(":method", http.method), (":path", http.path)];
    let missing = known
        .into_iter()
        .filter(|(name, _)| !http.headers.contains_key(*name))
        .map(|(name, value)| (name.to_owned(), value));
    let missing: Vec<_> = missing.collect();
    Some(http.headers.into_iter().chain(missing).collect())
}

/// The request goes on, and what is known of the caller goes with it.
pub(super) fn allowed(admitted: Option<&Admitted>, remove: &[&str]) -> CheckResponse {
    let said = admitted.map(|Admitted { caller, json }| {
        let known = [
            ("tenant", Some(&caller.tenant)),
            ("key", caller.key.as_ref()),
            ("agent", caller.agent.as_ref()),
            ("team", caller.team.as_ref()),
            ("caller", Some(json)),
        ];
        let known = known
            .into_iter()
            .filter_map(|(name, text)| Some((name, Kind::StringValue(text?.clone()))));
        metadata::texts(known)
    });
    CheckResponse {
        status: Some(status(Code::Ok)),
        dynamic_metadata: said,
        http_response: Some(HttpResponse::OkResponse(OkHttpResponse {
            headers_to_remove: remove.iter().map(|name| (*name).to_owned()).collect(),
            ..OkHttpResponse::default()
        })),
    }
}

/// The request ends with `reply`.
pub(super) fn denied(reply: LocalReply, why: Denied) -> CheckResponse {
    let content_type = ("content-type", "application/json".to_owned());
    let headers = reply.headers.into_iter().chain([content_type]);
    let response = DeniedHttpResponse {
        status: Some(HttpStatus {
            code: reply.status.into(),
        }),
        headers: headers.map(|(name, value)| header(name, value)).collect(),
        body: String::from_utf8(reply.body).unwrap_or_default(),
    };
    CheckResponse {
        status: Some(status(Code::Unauthenticated)),
        dynamic_metadata: Some(metadata::texts([(
            "denied",
            Kind::StringValue(why.as_str().to_owned()),
        )])),
        http_response: Some(HttpResponse::DeniedResponse(response)),
    }
}

/// Envoy's ext_authz reads `value` and passes over `raw_value`, which its ext_proc reads (tried with 1.40).
fn header(name: &str, value: String) -> HeaderValueOption {
    HeaderValueOption {
        header: Some(HeaderValue {
            key: name.to_owned(),
            value,
            ..HeaderValue::default()
        }),
        append_action: HeaderAppendAction::OverwriteIfExistsOrAdd.into(),
        ..HeaderValueOption::default()
    }
}

fn status(code: Code) -> rpc::Status {
    rpc::Status {
        code: code.into(),
        ..rpc::Status::default()
    }
}
