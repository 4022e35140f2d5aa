//! `guichet calendar explain`: how a delay is counted, step by step, in French.

use anyhow::Result;

use crate::cli::DelayArgs;
use crate::client::Client;

/// Prints the count for a person, or as one JSON object.
pub(crate) async fn explain(asked: &DelayArgs, client: &Client) -> Result<()> {
    let from = asked.from.as_deref().unwrap_or_default();
    let query =
        [("authority", &*asked.authority), ("department", &asked.department), ("from", from), ("delay", &asked.delay)];
    let counted = client.get_with("/calendars/explain", &query).await?;
    if asked.json {
        println!("{counted}");
        return Ok(());
    }
    let text = |pointer: &str| counted[pointer].as_str().unwrap_or_default().to_owned();
    println!("{}\n{}\n", text("calendar"), text("asked"));
    for step in counted["steps"].as_array().into_iter().flatten() {
        println!("  {}", step["sentence"].as_str().unwrap_or_default());
    }
    println!("\n{}", text("conclusion"));
    Ok(())
}
