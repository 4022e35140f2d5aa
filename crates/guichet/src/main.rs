//! The `guichet` binary. Without a command it runs the whole product in one process on embedded defaults; `serve
//! --target` runs a part of it. Start with `compose`: the only file that knows which service is here and which is away.

mod cli;
mod client;
mod commands;
mod compose;
mod config;
mod data;
mod demo;
mod doctor;
mod doors;
mod health;
mod http;
mod reach;
mod readiness;
mod stop;
mod supervise;
mod workers;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

/// How long calls to the system may still take once everything has ended: a disk that does not answer must not keep the process.
const LAST_CALLS: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    // One TLS implementation for every client; a second call in this process is the only way to fail.
    let _already = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("guichet: the runtime cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(commands::run(cli));
    runtime.shutdown_timeout(LAST_CALLS);
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("guichet: {error:#}");
            ExitCode::FAILURE
        }
    }
}
