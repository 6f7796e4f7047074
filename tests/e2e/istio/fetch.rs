//! Filters that Envoy gets from a server.

use std::{io::{Read as _, Write as _}, net::TcpListener, path::Path};

use penstock_envoy::render::istio::{Fetch, Filters, Shape};
use penstock_test_support::{Provider, gateway::wasm_dir};

use crate::mesh::{answered, ask, proxy};

/// Serves the files of a directory, and what `change` makes of them.
fn serve(directory: &Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/filters", listener.local_addr().unwrap());
    let directory = directory.to_owned();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            let mut piece = [0; 1024];
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                match stream.read(&mut piece) {
                    Ok(length) if length > 0 => request.extend_from_slice(&piece[..length]),
                    _ => break,
                }
            }
            let request = String::from_utf8_lossy(&request).into_owned();
            let Some(name) = request.split(' ').nth(1).and_then(|path| path.strip_prefix("/filters/")) else {
                continue;
            };
            let body = std::fs::read(directory.join(name)).unwrap();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        }
    });
    url
}

#[tokio::test]
async fn filters_come_from_a_server_by_their_digests() {
    let primary = Provider::start("primary").unwrap();
    let yaml = format!(
        "listen: 127.0.0.1:8080
providers: [{{ name: primary, api: openai, base_url: '{}/v1' }}]
models: [{{ name: plain, targets: [{{ provider: primary, model: good }}] }}]
",
        primary.url()
    );
    let url = serve(&wasm_dir());
    let filters = Filters::Fetched(Fetch::new(&url, &wasm_dir()).unwrap());
    let envoy = proxy(&yaml, Shape::Sidecar, filters, None).start().unwrap();
    answered(&envoy.send(ask("plain", "fetched")).await.unwrap(), "primary");
}
