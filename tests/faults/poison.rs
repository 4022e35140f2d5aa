//! Events that cannot be read, among many that can (row F23).

use std::time::Duration;

use guichet_testkit::wait_until;
use guichet_tests::load::{Allowed, pass, set_aside};
use guichet_tests::{Guichet, Kind, PATIENCE, Topology};

use crate::trial::{Trial, tell};

/// Requests a second.
const RATE: u32 = 12;
const PHASE: Duration = Duration::from_secs(5);
/// Logs in which something unreadable is said, and by how many readers it is read.
const SAID: [(&str, &str, usize); 2] = [("intake", "request.received", 1), ("routing", "request.registered", 2)];

#[tokio::test(flavor = "multi_thread")]
async fn events_that_cannot_be_read_are_set_aside_and_hold_nobody_up() {
    let mut guichet = Guichet::start(Kind::Split).await;
    let processes: Vec<_> = guichet.processes.iter().map(|(_, process)| process.id()).collect();
    let parked = SAID.iter().map(|(_, _, readers)| readers).sum();
    let trial = Trial { rate: RATE, allowed: Allowed { parked, others: 0 }, ..Trial::default() };
    let outcome = trial
        .during(&mut guichet, async |guichet| {
            pass(PHASE).await;
            let Topology::Split { database, .. } = &guichet.topology else { unreachable!("it is split") };
            for (schema, event, _) in SAID {
                let say = format!(
                    "INSERT INTO {schema}.outbox (id, request_id, name, version, authority_id, occurred_at, data)
                     SELECT gen_random_uuid(), gen_random_uuid(), '{event}', version, authority_id, occurred_at, '{{\"poison\":'
                     FROM {schema}.outbox WHERE name = '{event}' LIMIT 1"
                );
                guichet_testkit::postgres().await.query(database, &say).await;
            }
            wait_until(PATIENCE, async || set_aside(guichet).await >= parked).await;
            pass(PHASE).await;
        })
        .await;
    let after: Vec<_> = guichet.processes.iter().map(|(_, process)| process.id()).collect();
    let attempts =
        guichet.processes.iter().map(|(_, process)| process.log().matches("event cannot be applied").count());
    let attempts: usize = attempts.sum();
    let seen = format!(
        "{parked} readings set aside after {attempts} attempts, {} requests beside them taken and answered, 0 restarts",
        outcome.sent.len()
    );
    tell("F23", &seen, "5 attempts each at most, 0 restarts");
    assert!(attempts <= parked * 5, "{attempts}\n{}", guichet.logs());
    assert_eq!(after, processes);
}
