//! One file a command.

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::cli::{CalendarAction, Cli, Command, ConfigAction};
use crate::client::Client;
use crate::compose;
use crate::config::Config;
use crate::doctor;

mod calendar;
mod demo;
pub(crate) mod directory;
mod explain;
mod key;
mod mail;
mod replay;
mod simulate;
mod status;

/// Runs a command line and returns the exit code.
pub(crate) async fn run(cli: Cli) -> Result<ExitCode> {
    let config = Config::load(&cli.config);
    if let Some(Command::Doctor { targets, json }) = &cli.command {
        return doctor::run(config, targets, *json).await;
    }
    let config = config?;
    match cli.command {
        None => serve(config, &[]).await?,
        Some(Command::Serve { targets }) => serve(config, &targets).await?,
        Some(Command::Migrate { targets }) => compose::migrate(&config, &targets).await?,
        Some(Command::Config { action: ConfigAction::Defaults }) => {
            print!("{}", toml::to_string(&Config::default()).context("the defaults cannot be written")?);
        }
        Some(Command::Config { action: ConfigAction::Check }) => {
            compose::check(&config, &compose::chosen(&[]))?;
            println!("the configuration is right");
        }
        Some(Command::Directory { action }) => return directory::run(action, &config).await,
        Some(Command::Calendar { action: CalendarAction::Explain(asked) }) => {
            calendar::explain(&asked, &Client::from_args(&asked.client, &config)?).await?;
        }
        Some(Command::Key { authority, name, client }) => {
            key::create(&authority, &name, &Client::from_args(&client, &config)?).await?;
        }
        Some(Command::Mail { from, to, client }) => {
            return Ok(mail::run(&from, &to, &Client::from_args(&client, &config)?).await);
        }
        Some(Command::Status { json, client }) => {
            return status::run(json, &Client::from_args(&client, &config)?).await;
        }
        Some(Command::Demo { action }) => return demo::run(action, &config).await,
        Some(Command::Doctor { .. }) => unreachable!("it looks at a configuration that cannot be read too"),
        Some(Command::Simulate(asked)) => simulate::run(&asked, &config).await?,
        Some(Command::Explain { reference, client }) => {
            explain::run(&reference, &Client::from_args(&client, &config)?).await?;
        }
        Some(Command::Replay { day, authority, json, client }) => {
            return replay::run(&day, authority.as_deref(), json, &Client::from_args(&client, &config)?).await;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn serve(config: Config, targets: &[crate::cli::Target]) -> Result<()> {
    let options = guichet_telemetry::Options {
        service: match targets {
            [one] => format!("guichet-{}", one.name()),
            _ => "guichet".to_owned(),
        },
        version: env!("CARGO_PKG_VERSION").to_owned(),
        otlp: Some(config.telemetry.otlp.clone()).filter(|address| !address.is_empty()),
        format: if config.telemetry.json {
            guichet_telemetry::LogFormat::Json
        } else {
            guichet_telemetry::LogFormat::Text
        },
        filter: config.telemetry.log.clone(),
    };
    let _flushed_at_the_end = guichet_telemetry::start(&options)?;
    compose::serve(config, targets).await
}
