//! `guichet status`: how the product is doing.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::Value;

use crate::client::Client;

/// Prints the state for a person, or as one JSON object; fails when the product is not ready.
pub(crate) async fn run(json: bool, client: &Client) -> Result<ExitCode> {
    let status = client.get("/status").await?;
    let is_ready = status["ready"].as_bool().unwrap_or_default();
    let code = if is_ready { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    if json {
        println!("{status}");
        return Ok(code);
    }
    let number = |pointer: &str| status.pointer(pointer).and_then(Value::as_i64).unwrap_or_default();
    let ready = if is_ready { "ready" } else { "NOT READY" };
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
    Ok(code)
}
