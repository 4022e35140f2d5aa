//! The one gRPC server of a process: every service it runs, health and reflection, on one port and in process.

use std::time::Duration;

use tokio::net::TcpListener;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tracing::Span;

use crate::InProcess;

/// Calls under way on one connection: past it callers wait, which is kinder than memory running out.
const CALLS_PER_CONNECTION: usize = 512;
/// The longest a call may take, whatever deadline its caller forgot: an upload of 25 MB over a slow link.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);
/// How often an idle connection is checked.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// Adds gRPC reflection (v1) of the whole contract to a process's services.
pub fn with_reflection(routes: Routes) -> Routes {
    let service = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(guichet_proto::FILE_DESCRIPTOR_SET)
        .build_v1();
    match service {
        Ok(service) => routes.add_service(service),
        Err(error) => {
            tracing::error!(%error, "reflection is off");
            routes
        }
    }
}

/// Serves until cancelled, then lets the calls under way end. `listener` is the port, if one was asked for.
pub async fn serve(
    routes: Routes,
    listener: Option<TcpListener>,
    in_process: InProcess,
    cancel: CancellationToken,
) -> Result<(), tonic::transport::Error> {
    let pipes = ReceiverStream::new(in_process.into_accept()).map(Ok::<_, std::io::Error>);
    let inside =
        builder().add_routes(routes.clone()).serve_with_incoming_shutdown(pipes, cancel.clone().cancelled_owned());
    let Some(listener) = listener else { return inside.await };
    // An answer is several small frames: held back until the first is acknowledged, each call would take 40 ms more.
    let connections = TcpIncoming::from(listener).with_nodelay(Some(true));
    let outside = builder().add_routes(routes).serve_with_incoming_shutdown(connections, cancel.cancelled_owned());
    tokio::try_join!(inside, outside)?;
    Ok(())
}

fn builder() -> Server {
    Server::builder()
        .timeout(CALL_TIMEOUT)
        .concurrency_limit_per_connection(CALLS_PER_CONNECTION)
        .http2_keepalive_interval(Some(KEEP_ALIVE))
        .trace_fn(span)
}

/// Returns the span of a call, a child of the caller's.
fn span(request: &http::Request<()>) -> Span {
    let (service, method) = request.uri().path().trim_start_matches('/').split_once('/').unwrap_or_default();
    let span = tracing::info_span!("rpc", rpc.system = "grpc", rpc.service = service, rpc.method = method);
    let parent = request.headers().get(guichet_telemetry::trace_context::TRACEPARENT);
    guichet_telemetry::trace_context::set_parent(&span, parent.and_then(|value| value.to_str().ok()));
    span
}
