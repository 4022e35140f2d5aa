//! `guichet key`: keys of programs.

use anyhow::Result;
use serde_json::json;

use crate::client::Client;

/// Makes a key and prints it, alone on its line.
pub(crate) async fn create(authority: &str, name: &str, client: &Client) -> Result<()> {
    let body = json!({"authority": authority, "name": name}).to_string();
    let made = client.post("/keys", "application/json", body.into_bytes()).await?;
    println!("{}", made["key"].as_str().unwrap_or_default());
    Ok(())
}
