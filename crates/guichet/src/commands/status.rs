//! `guichet status`: how the product is doing.

use anyhow::Result;
use serde_json::Value;

use crate::client::Client;

/// Prints the state for a person, or as one JSON object.
pub(crate) async fn run(json: bool, client: &Client) -> Result<()> {
    let status = client.get("/status").await?;
    if json {
        println!("{status}");
        return Ok(());
    }
    let number = |pointer: &str| status.pointer(pointer).and_then(Value::as_i64).unwrap_or_default();
    let ready = if status["ready"].as_bool().unwrap_or_default() { "ready" } else { "NOT READY" };
    println!("guichet {}: {ready}", status["version"].as_str().unwrap_or("?"));
    println!("requests    {} in all, {} open", number("/requests/total"), number("/requests/open"));
    println!("queue       {} waiting, the oldest for {} s", number("/queue/waiting"), number("/queue/oldest_seconds"));
    println!(
        "deliveries  {} queued, {} accepted, {} failed, {} unknown",
        number("/deliveries/queued"),
        number("/deliveries/accepted"),
        number("/deliveries/failed"),
        number("/deliveries/unknown")
    );
    println!("outbox      {} events not yet told", number("/outbox/lag"));
    Ok(())
}
