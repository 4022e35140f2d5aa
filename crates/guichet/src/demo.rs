//! The demo town: the same folder any town writes, embedded, and published the same way.

use std::net::SocketAddr;

use anyhow::{Result, bail};
use rust_embed::RustEmbed;

use crate::client::Client;
use crate::commands::directory::{self, Options};

#[derive(RustEmbed)]
#[folder = "../../demo/directory"]
struct Files;

/// Publishes the demo town through the gateway of this process. The password `demo` is public: only a desk that nobody
/// else can reach may have it.
pub(crate) async fn seed(http: SocketAddr, token: &str) -> Result<()> {
    if !http.ip().is_loopback() {
        bail!("GU-CFG-011: the demo's password is public: listen on 127.0.0.1, or set [demo] enabled = false");
    }
    let files: Vec<(String, String)> = Files::iter()
        .filter_map(|name| {
            let file = Files::get(&name)?;
            Some((name.into_owned(), String::from_utf8_lossy(&file.data).into_owned()))
        })
        .collect();
    let loaded = guichet_directory::parse(files);
    let client = Client::new(&format!("http://{http}"), token.to_owned())?;
    directory::publish(&client, &loaded.bundles, Options { demo: true }).await
}
