//! The quota API in memory, in a real Redis and in a real Valkey, and over gRPC.

use std::sync::Arc;
use std::time::Duration;

use penstock_ext_proc::quota::{Quota, QuotaServer, Terms};
use penstock_ext_proc::store::{Settings, Store};
use penstock_quota::wire::{Closed, LEASE, LeaseRequest, LeaseResponse, SERVICE, SettleRequest, Window};
use penstock_test_support::redis::{Kind, Redis};
use tonic::{Code, Request};

const LIMIT: u64 = 1_000;

fn window(key: u8) -> Window {
    Window {
        key: vec![key; 16],
        label: "tenant/acme".into(),
        span_ms: 3_600_000,
        limit: LIMIT,
        window: 7,
        ..Window::default()
    }
}

fn request(proxy: &str, windows: Vec<Window>) -> LeaseRequest {
    LeaseRequest {
        proxy: proxy.to_owned(),
        windows,
    }
}

async fn shared(url: String) -> Quota {
    let settings = Settings {
        timeout: Duration::from_secs(2),
        ..Settings::new(url)
    };
    Quota::new(&Store::redis(&settings).await.unwrap(), Terms::default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn proxies_at_two_replicas_are_granted_the_limit_and_no_more() {
    for kind in [None, Some(Kind::Redis), Some(Kind::Valkey)] {
        let server = kind.map(|kind| Redis::start(kind).unwrap());
        let replicas = match &server {
            None => {
                let one = Arc::new(Quota::new(&Store::memory(), Terms::default()));
                [one.clone(), one]
            }
            Some(server) => [
                Arc::new(shared(server.url()).await),
                Arc::new(shared(server.url()).await),
            ],
        };
        let mut tasks = tokio::task::JoinSet::new();
        for proxy in 0..8_usize {
            let replica = replicas[proxy % 2].clone();
            tasks.spawn(async move {
                let mut granted = [0; 2];
                for _ in 0..10 {
                    let windows = [1_u8, 2].map(|key| Window {
                        wanted: granted[usize::from(key) - 1] + 40,
                        ..window(key)
                    });
                    let answer = replica
                        .lease(&request(&format!("p{proxy}"), windows.to_vec()))
                        .await
                        .unwrap();
                    for grant in answer.grants {
                        granted[usize::from(grant.key[0]) - 1] = grant.granted;
                    }
                }
                granted
            });
        }
        let granted = tasks.join_all().await;
        for key in 0..2 {
            let sum: u64 = granted.iter().map(|granted| granted[key]).sum();
            assert_eq!(sum, LIMIT, "{kind:?}: {granted:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_acknowledged_is_noted_however_many_settle_at_once() {
    const PROXIES: u64 = 60;
    let server = Redis::start(Kind::Redis).unwrap();
    let replicas = [
        Arc::new(shared(server.url()).await),
        Arc::new(shared(server.url()).await),
    ];
    for proxy in 0..PROXIES {
        let mine = Window {
            wanted: 1,
            ..window(1)
        };
        replicas[0]
            .lease(&request(&format!("p{proxy}"), vec![mine]))
            .await
            .unwrap();
    }
    let mut tasks = tokio::task::JoinSet::new();
    for proxy in 0..PROXIES {
        let replica = replicas[usize::try_from(proxy % 2).unwrap()].clone();
        tasks.spawn(async move {
            let closed = SettleRequest {
                proxy: format!("p{proxy}"),
                windows: vec![Closed {
                    key: vec![1; 16],
                    window: 7,
                    used: 1,
                    ..Closed::default()
                }],
            };
            while let Err(status) = replica.settle(&closed).await {
                assert_eq!(status.code(), Code::Unavailable);
            }
        });
    }
    tasks.join_all().await;
    let noted: u64 = replicas
        .iter()
        .map(|replica| {
            let mut registry = prometheus_client::registry::Registry::default();
            replica.register(&mut registry);
            let mut text = String::new();
            prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
            let name = "penstock_quota_settled_windows_total ";
            let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.parse::<u64>().unwrap()
        })
        .sum();
    assert_eq!(noted, PROXIES);
}

#[tokio::test]
async fn while_redis_is_away_proxies_are_left_to_themselves() {
    let mut server = Redis::start(Kind::Redis).unwrap();
    let quota = shared(server.url()).await;
    quota.lease(&request("p", vec![window(1)])).await.unwrap();
    server.stop();
    let refused = quota.lease(&request("p", vec![window(1)])).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    let closed = SettleRequest {
        proxy: "p".into(),
        windows: vec![Closed {
            key: vec![1; 16],
            ..Closed::default()
        }],
    };
    assert_eq!(quota.settle(&closed).await.unwrap_err().code(), Code::Unavailable);
}

#[tokio::test]
async fn what_no_right_proxy_sends_is_refused() {
    let quota = Quota::new(&Store::memory(), Terms::default());
    let wide = window(1);
    let cases = [
        (request("", vec![]), "proxy: a name of 0 bytes"),
        (request("a\nb", vec![]), "proxy: a name of 3 bytes"),
        (request("p", vec![window(1); 1_025]), "1025 windows exceed"),
        (
            request("p", vec![window(1), window(2), window(1)]),
            "twice in one message",
        ),
        (
            request(
                "p",
                vec![Window {
                    key: vec![1; 17],
                    ..wide.clone()
                }],
            ),
            "windows[0].key: 17 bytes instead of 16",
        ),
        (
            request(
                "p",
                vec![Window {
                    label: "l".repeat(257),
                    ..wide.clone()
                }],
            ),
            "windows[0].label: 257 bytes",
        ),
        (
            request(
                "p",
                vec![Window {
                    span_ms: u64::MAX,
                    ..wide.clone()
                }],
            ),
            "windows[0].span_ms",
        ),
        (
            request(
                "p",
                vec![Window {
                    used: u64::MAX,
                    ..wide
                }],
            ),
            "windows[0]: an amount of",
        ),
    ];
    for (request, reason) in cases {
        let refused = quota.lease(&request).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().contains(reason), "{}", refused.message());
    }
}

#[tokio::test]
async fn it_is_served_over_grpc() {
    let quota = Arc::new(Quota::new(&Store::memory(), Terms::default()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
    tokio::spawn(
        tonic::transport::Server::builder()
            .add_service(QuotaServer::new(quota))
            .serve_with_incoming(incoming),
    );
    let channel = tonic::transport::Channel::from_shared(url)
        .unwrap()
        .connect()
        .await
        .unwrap();
    let mut grpc = tonic::client::Grpc::new(channel);
    for (method, message, expected) in [
        (LEASE, request("p", vec![window(1)]), Ok(1)),
        (LEASE, request("", vec![window(1)]), Err(Code::InvalidArgument)),
        ("Other", request("p", vec![window(1)]), Err(Code::Unimplemented)),
        (
            LEASE,
            request(&"p".repeat(2 << 20), vec![]),
            Err(Code::OutOfRange),
        ),
    ] {
        grpc.ready().await.unwrap();
        let path = format!("/{SERVICE}/{method}").parse().unwrap();
        let codec = tonic_prost::ProstCodec::<LeaseRequest, LeaseResponse>::default();
        let answer = grpc.unary(Request::new(message), path, codec).await;
        let answer = answer
            .map(|answer| answer.into_inner().grants.len())
            .map_err(|status| status.code());
        assert_eq!(answer, expected, "{method}");
    }
}
