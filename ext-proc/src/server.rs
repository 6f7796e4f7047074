//! Starts the service and ends it in good order.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use envoy_types::pb::envoy::service::{
    auth::v3::authorization_server::AuthorizationServer,
    ext_proc::v3::external_processor_server::ExternalProcessorServer,
};
use penstock_config::Config;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tonic::transport::{Server, server::TcpIncoming};
use tonic_health::ServingStatus;

use crate::{
    access_log::AccessLog, admin, authorize::AuthorizationService, process::Processor, quota::QuotaServer,
    reload, service::Service,
};

/// A body of the configured size travels as one message with its headers and metadata around it.
const MESSAGE_ROOM: usize = 1 << 20;
/// One connection carries the requests of a worker of Envoy.
const STREAMS: u32 = 100_000;
/// Streams that Envoy has given up before they were looked at. It does so with every one that takes longer than
/// `service.timeout`; with hyper's limit of 20, a slow moment would end the connection, and with it all others on it.
const RESETS: usize = 100_000;
const WINDOW: u32 = 16 << 20;
/// A proxy that has vanished is noticed, and its connection given up.
const KEEPALIVE: Duration = Duration::from_secs(30);
/// Between saying that no more is taken and taking no more, so that every proxy has heard it.
const NOTICE: Duration = Duration::from_secs(2);

/// Serves what `file` says, with the local embedder's weights in `model`, until SIGTERM or SIGINT, and then gives running requests `drain` to end.
///
/// # Errors
/// When the configuration is wrong, or what it names is not to be had.
pub fn run(file: &Path, drain: Duration, model: Option<&Path>) -> anyhow::Result<()> {
    let config = Config::load(file)?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(serve(file, config, drain, model))
}

async fn serve(file: &Path, config: Config, drain: Duration, model: Option<&Path>) -> anyhow::Result<()> {
    let Some(settings) = config.service.clone() else {
        bail!(
            "{} has no section `service`; nothing is to be served",
            file.display()
        );
    };
    let message = usize::try_from(config.limits.request_body.0)
        .unwrap_or(usize::MAX)
        .saturating_add(MESSAGE_ROOM);
    let listener = bind(settings.listen, "service.listen").await?;
    let admin = bind(settings.admin, "service.admin").await?;
    let service = Service::start(config, model).await?;
    tokio::spawn(admin::serve(admin, Arc::clone(&service)));
    tokio::spawn(reload::watch(file.to_owned(), Arc::clone(&service)));
    let heard = Arc::downgrade(&service);
    let roomy = Arc::downgrade(&service);
    let (ending, ended) = tokio::sync::watch::channel(false);
    let outcomes = AccessLog::new(
        Arc::new(move |outcome| {
            if let Some(service) = heard.upgrade() {
                service.outcome(outcome);
            }
        }),
        Arc::new(move || {
            let service = roomy.upgrade();
            Box::pin(async move {
                if let Some(service) = service {
                    service.has_room().await;
                }
            })
        }),
        service.access_log_metrics(),
        ended,
    );
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_service_status("", ServingStatus::Serving).await;

    let mut term = signal(SignalKind::terminate())?;
    let mut int = signal(SignalKind::interrupt())?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    // A second message of a stream would otherwise wait until Envoy has acknowledged the first, which takes 40 ms.
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let server = Server::builder()
        .max_concurrent_streams(STREAMS)
        .http2_max_pending_accept_reset_streams(Some(RESETS))
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .http2_keepalive_interval(Some(KEEPALIVE))
        .add_service(health_service)
        .add_service(
            AuthorizationServer::new(AuthorizationService::new(
                Arc::clone(&service.keyring),
                service.key_metrics.clone(),
            ))
            .max_decoding_message_size(message),
        )
        .add_service(outcomes.into_server())
        .add_service(QuotaServer::new(Arc::clone(&service.quota)))
        .add_service(
            ExternalProcessorServer::new(Processor::new(Arc::clone(&service)))
                .max_decoding_message_size(message)
                .max_encoding_message_size(message),
        )
        .serve_with_incoming_shutdown(incoming, async {
            // Either way it is to stop.
            let _ = stopped.await;
        });
    let server = tokio::spawn(server);
    eprintln!(
        "penstock-ext-proc: ready on {} · admin http://{} · policy {}",
        settings.listen,
        settings.admin,
        service.snapshot().policy_version()
    );
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    service.drain();
    health.set_service_status("", ServingStatus::NotServing).await;
    let hurry = async {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
    };
    let end = async {
        tokio::time::sleep(NOTICE.min(drain)).await;
        // It may have ended by itself.
        let _ = stop.send(());
        // What runs is told of as it ends; a stream that stays quiet has nothing more to tell.
        ending.send_replace(true);
        tokio::time::timeout(drain, server).await
    };
    tokio::select! {
        ended = end => {
            if let Ok(ended) = ended {
                ended.context("the server failed")??;
            }
        }
        () = hurry => {}
    }
    service.finish().await;
    Ok(())
}

async fn bind(address: std::net::SocketAddr, field: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address} ({field})"))
}
