//! gRPC health: tells what `/readyz` tells, at the moment it changes.

use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::readiness::Readiness;

/// Name under which health is asked: the whole process.
const WHOLE_PROCESS: &str = "";

/// Returns the service, which says `NOT_SERVING` until the first report, and who reports to it.
pub(crate) async fn service() -> (HealthReporter, Routes) {
    let (reporter, service) = tonic_health::server::health_reporter();
    reporter.set_service_status(WHOLE_PROCESS, ServingStatus::NotServing).await;
    (reporter, Routes::new(service))
}

/// Reports until cancelled; then ends the streams of those who watch, so that they hold nothing up.
pub(crate) async fn report(mut reporter: HealthReporter, readiness: Readiness, stop: CancellationToken) {
    let mut changes = readiness.changes();
    loop {
        changes.mark_unchanged();
        let status = if readiness.is_ready() { ServingStatus::Serving } else { ServingStatus::NotServing };
        reporter.set_service_status(WHOLE_PROCESS, status).await;
        tokio::select! {
            () = stop.cancelled() => break,
            _ = changes.changed() => {}
        }
    }
    reporter.clear_service_status(WHOLE_PROCESS).await;
}
