//! A provider that answers at once: the same document, or the same stream in one piece.
//!
//! That of the harness puts a millisecond between events, which a kept answer has not.

use std::net::{Ipv4Addr, SocketAddr};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use penstock_bench_harness::traffic::fixture;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Starts it on a free port, in the running runtime.
pub async fn start() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let (document, stream) = (fixture::openai_document(), stream()?);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let _ = socket.set_nodelay(true);
            let (document, stream) = (document.clone(), stream.clone());
            tokio::spawn(async move {
                let service = service_fn(|request| answer(document.clone(), stream.clone(), request));
                // A client that leaves is not this provider's concern.
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(socket), service)
                    .await;
            });
        }
    });
    Ok(address)
}

async fn answer(
    document: Bytes,
    stream: Bytes,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let body = request.into_body().collect().await?.to_bytes();
    let wanted: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (kind, body) = match wanted.get("stream") {
        Some(Value::Bool(true)) => ("text/event-stream; charset=utf-8", stream),
        _ => ("application/json", document),
    };
    let mut response = Response::new(Full::new(body));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(response)
}

/// The document's text as a stream of a chunk a word, in the shape of the harness's.
fn stream() -> anyhow::Result<Bytes> {
    let document: Value = serde_json::from_slice(&fixture::openai_document())?;
    let text = document
        .pointer("/choices/0/message/content")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let chunk = |choices: Value, usage: Option<&Value>| {
        let mut chunk = json!({
            "id": "chatcmpl-CcX2N6yPq0b1cJwqQk1gYt7rXl2mZ",
            "object": "chat.completion.chunk",
            "created": 1_763_683_200,
            "model": "gpt-4o-2024-08-06",
            "choices": choices,
        });
        if let Some((usage, fields)) = usage.zip(chunk.as_object_mut()) {
            fields.insert("usage".into(), usage.clone());
        }
        format!("data: {chunk}\n\n")
    };
    let delta = |delta: Value, finish: Option<&str>| {
        let choice = json!({ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish });
        chunk(json!([choice]), None)
    };
    let mut stream = delta(json!({ "role": "assistant", "content": "" }), None);
    for word in text.split_inclusive(' ') {
        stream += &delta(json!({ "content": word }), None);
    }
    stream += &delta(json!({}), Some("stop"));
    stream += &chunk(json!([]), document.get("usage"));
    stream += "data: [DONE]\n\n";
    Ok(stream.into())
}
