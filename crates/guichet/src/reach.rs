//! A gateway is ready once it has reached the services that it asks: in a cluster, the network may let a new pod through
//! some seconds after it has started, and requests sent to it before would fail.

use std::time::Duration;

use guichet_rpc::call::with_deadline;
use guichet_rpc::{Peer, Peers};
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

/// How long all of them are waited for: past it, pages that can do without the missing one are better than no page.
const PATIENCE: Duration = Duration::from_secs(30);
/// Deadline of one question.
const ASKED_FOR: Duration = Duration::from_secs(1);
/// Pause between two questions.
const PAUSE: Duration = Duration::from_millis(200);

/// Waits until each service has answered once, whatever it says of itself, or for [`PATIENCE`]. Never asked again: a service
/// that goes away later takes no gateway with it.
pub(crate) async fn all(peers: &Peers) {
    let Peers { intake, routing, notification, knowledge } = peers.clone();
    let each = [("intake", intake), ("routing", routing), ("notification", notification), ("knowledge", knowledge)];
    let reached = futures::future::join_all(each.map(async |(name, peer)| (name, one(peer).await)));
    for (name, is_reached) in reached.await {
        if !is_reached {
            tracing::warn!(peer = name, "a service has not answered yet: the gateway goes on without it");
        }
    }
}

/// Returns whether a service has answered in time.
async fn one(peer: Peer) -> bool {
    let mut health = HealthClient::new(peer);
    let asked = async {
        loop {
            let question = with_deadline(HealthCheckRequest::default(), ASKED_FOR);
            match health.check(question).await.map_err(|status| status.code()) {
                Err(Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled) => tokio::time::sleep(PAUSE).await,
                Ok(_) | Err(_) => return,
            }
        }
    };
    tokio::time::timeout(PATIENCE, asked).await.is_ok()
}
