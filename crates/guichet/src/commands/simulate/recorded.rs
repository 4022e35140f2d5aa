//! A recorded day, read and played by the server.

use anyhow::Result;
use serde_json::{Value, json};

use super::bundles;
use crate::cli::SimulateArgs;
use crate::client::Client;
use crate::config::Config;

/// Asks the server and prints what it tells.
pub(super) async fn run(day: &str, asked: &SimulateArgs, config: &Config) -> Result<()> {
    let client = Client::from_args(&asked.client, config)?;
    let played = client.post_json("/simulation", &body(day, asked)?).await?;
    if asked.json {
        println!("{played}");
        return Ok(());
    }
    for part in ["sentences", "fragile", "lessons"] {
        for line in played[part].as_array().into_iter().flatten().filter_map(Value::as_str) {
            println!("{line}");
        }
    }
    Ok(())
}

fn body(day: &str, asked: &SimulateArgs) -> Result<Value> {
    let directories = match &asked.against {
        Some(folder) => bundles(folder)?.into_iter().map(|bundle| serde_json::to_value(bundle.directory)).collect(),
        None => Ok(Vec::new()),
    };
    let taught = asked
        .teach
        .as_ref()
        .map(|taught| json!({ "agent": taught.login, "skill": taught.skill, "level": taught.level }));
    Ok(json!({
        "authority": asked.authority.clone().unwrap_or_default(),
        "day": day,
        "teach": taught,
        "more_like": asked.more_like.clone().unwrap_or_default(),
        "less": asked.less.clone().unwrap_or_default(),
        "policy": asked.policy.map_or("", |policy| policy.name()),
        "directories": directories?,
        "seed": asked.seed,
        "advise": asked.advise,
    }))
}
