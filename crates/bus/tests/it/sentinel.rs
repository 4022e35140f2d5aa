//! Redis with sentinels: the primary dies, the replica takes over, and nobody who tells or listens notices more than a pause.

use std::time::Duration;

use guichet_bus::Bus;
use guichet_testkit::{sentinels, wait_until};

use crate::fixture::Fixture;

/// How long the sentinels may take to make the replica the primary: three seconds on an idle machine.
const FAILOVER: Duration = Duration::from_secs(40);

#[tokio::test]
async fn a_failover_to_the_replica_loses_and_doubles_nothing_and_the_bus_goes_on_there() {
    let servers = sentinels().await;
    let f = Fixture::on(Bus::open(&servers.url).expect("an address")).await;
    f.run();
    f.tell(1..=100).await;
    f.wait_for_kept(100).await;
    let kept = servers.primary.tell("XLEN guichet:routing").await;
    assert!(kept.starts_with(':') && kept != ":0", "the stream is on the primary: {kept}");

    servers.primary.stop().await;
    f.tell(101..=150).await;
    f.wait_for_kept(150).await;
    wait_until(FAILOVER, async || servers.replica.tell("ROLE").await == "*3" && f.bus.ping().await.is_ok()).await;
    f.tell(151..=200).await;
    assert_eq!(f.wait_for_kept(200).await, (1..=200).collect::<Vec<_>>());
    wait_until(FAILOVER, async || servers.replica.tell("XLEN guichet:routing").await == ":200").await;

    // The one that was gone comes back as a replica: it is not written to.
    servers.primary.start().await;
    wait_until(FAILOVER, async || servers.primary.tell("ROLE").await == "*5").await;
    f.tell(201..=220).await;
    assert_eq!(f.wait_for_kept(220).await, (1..=220).collect::<Vec<_>>());
    wait_until(FAILOVER, async || servers.primary.tell("XLEN guichet:routing").await == ":220").await;
}
