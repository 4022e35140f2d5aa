//! `guichet doctor`: each neighbour is green, or the line says what to do.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use guichet_bus::Bus;
use guichet_db::{Db, DbOptions};
use guichet_events::producer;

use crate::config::Config;

/// Checks what this configuration needs and prints one line each.
pub(crate) async fn run(config: &Config) -> Result<ExitCode> {
    let mut healthy = true;
    let mut line = |name: &str, outcome: Result<String>| match outcome {
        Ok(detail) => println!("ok    {name}: {detail}"),
        Err(error) => {
            healthy = false;
            println!("FAIL  {name}: {error:#}");
        }
    };
    line("data folder", writable(&config.data.dir));
    line("keys", writable(&config.secrets_dir()));
    line("storage", storage(config).await);
    line("bus", bus(config).await);
    line("e-mail", transport("[notification.email] url", &config.notification.email.url).await);
    line("sms", transport("[notification.sms] url", &config.notification.sms.url).await);
    line("http", answers(&config.server.http).await);
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn writable(folder: &Path) -> Result<String> {
    use anyhow::Context;
    let probe = folder.join(".doctor");
    std::fs::write(&probe, b"")
        .and_then(|()| std::fs::remove_file(&probe))
        .with_context(|| format!("{} cannot be written: create it and give it to this user", folder.display()))?;
    Ok(format!("{} can be written", folder.display()))
}

async fn storage(config: &Config) -> Result<String> {
    use anyhow::Context;
    if config.is_embedded() {
        return Ok("SQLite files in the data folder".to_owned());
    }
    let db = Db::open(&DbOptions::new(config.storage_url(), producer::ROUTING)).await?;
    db.ping().await.context("PostgreSQL does not answer: check [storage] url, the network and the role's password")?;
    Ok("PostgreSQL answers".to_owned())
}

async fn bus(config: &Config) -> Result<String> {
    use anyhow::Context;
    if config.bus.url == "memory:" {
        return Ok("in this process".to_owned());
    }
    let bus = Bus::open(&config.bus.url)?;
    bus.ping().await.context("Redis does not answer: Guichet goes on without it, more slowly; check [bus] url")?;
    Ok("Redis answers".to_owned())
}

/// Checks that the host and port of a transport's address take a connection.
async fn transport(key: &str, url: &str) -> Result<String> {
    use anyhow::Context;
    if url.starts_with("file:") {
        return Ok("written to files, nothing leaves".to_owned());
    }
    let place = url.split("://").nth(1).unwrap_or_default();
    let place = place.rsplit('@').next().unwrap_or_default().split(['/', '?']).next().unwrap_or_default();
    let address = if place.contains(':') { place.to_owned() } else { format!("{place}:25") };
    tokio::net::TcpStream::connect(&address)
        .await
        .with_context(|| format!("{address} takes no connection: check {key} and the relay"))?;
    Ok(format!("{address} takes connections"))
}

async fn answers(address: &str) -> Result<String> {
    match tokio::net::TcpStream::connect(address).await {
        Ok(_) => Ok(format!("a server listens on {address}")),
        Err(_) => Ok(format!("nothing listens on {address} yet: start `guichet`")),
    }
}
