//! The demo town: the same folder any town writes, embedded, and published the same way; and where the messages it sends may
//! be looked at.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use anyhow::{Result, bail};
use rust_embed::RustEmbed;

use crate::client::Client;
use crate::commands::directory::{self, Options};
use crate::config::Config;

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

/// Returns the folder of messages that anybody may look at: on a demo that only this machine reaches, whose messages stay in
/// files. They hold names, and links that open a request.
pub(crate) fn shown_outbox(config: &Config) -> Option<PathBuf> {
    let is_here = |address: SocketAddr| address.ip().is_loopback();
    // A proxy on this machine would open it to everybody, and people would then type the proxy's name.
    let is_loopback = |host: &str| {
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    };
    let is_typed_here =
        reqwest::Url::parse(&config.public_url()).is_ok_and(|url| url.host_str().is_some_and(is_loopback));
    let is_shown = config.demo.enabled
        && config.notification.email.url.starts_with("file:")
        && config.server.http.parse().is_ok_and(is_here)
        && is_typed_here;
    is_shown.then(|| config.data.dir.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_shown_on_a_demo_that_only_this_machine_reaches() {
        let demo = || {
            let mut config = Config::default();
            config.notification.email.url = "file:".to_owned();
            config
        };
        assert_eq!(shown_outbox(&demo()), Some(demo().data.dir));
        let changes: [fn(&mut Config); 4] = [
            |config| config.demo.enabled = false,
            |config| config.server.http = "0.0.0.0:8080".to_owned(),
            |config| config.server.public_url = "https://guichet.valorme.example".to_owned(),
            |config| config.notification.email.url = "smtp://postfix:25".to_owned(),
        ];
        for change in changes {
            let mut config = demo();
            change(&mut config);
            assert_eq!(shown_outbox(&config), None, "{config:?}");
        }
    }
}
