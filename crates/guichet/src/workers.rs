//! The background work that every service with data has, whichever it is.

use std::sync::Arc;
use std::time::Duration;

use guichet_bus::{Log, Relay};
use guichet_core::Rng;
use guichet_db::Db;
use guichet_rpc::Worker;

use crate::readiness::Readiness;

/// How often the databases are asked whether they answer.
const PING: Duration = Duration::from_secs(2);

/// Numbers and tells a log.
pub(crate) fn relay(log: &Log, rng: &Arc<dyn Rng>) -> Worker {
    let (log, rng) = (log.clone(), Arc::clone(rng));
    Worker::new(format!("relay of {}", log.service()), move |cancel| {
        let relay = Relay::new(log.clone(), &*rng);
        async move { Ok(relay.run(cancel).await?) }
    })
}

/// Tells the figures of a log.
pub(crate) fn meters(log: &Log) -> Worker {
    let log = log.clone();
    Worker::new(format!("meters of {}", log.service()), move |cancel| {
        let log = log.clone();
        async move { Ok(guichet_bus::meters::tell(log, cancel).await?) }
    })
}

/// Takes the process out of service while a database does not answer.
pub(crate) fn pings(service: &'static str, db: Db, readiness: Readiness) -> Worker {
    Worker::new(format!("ping of {service}"), move |cancel| {
        let (readiness, db) = (readiness.clone(), db.clone());
        let topic = format!("storage of {service}");
        async move {
            while !cancel.is_cancelled() {
                match db.ping().await {
                    Ok(()) => readiness.clear(&topic),
                    Err(_) => readiness.block(&topic, format!("the storage of {service} does not answer")),
                }
                tokio::select! {
                    () = cancel.cancelled() => {}
                    () = tokio::time::sleep(PING) => {}
                }
            }
            Ok(())
        }
    })
}
