//! The `[notification]` section: where messages leave.

use std::path::PathBuf;

use guichet_rpc::SettingFile;

use crate::outbound::RelayOptions;

/// The section.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// E-mail.
    pub email: EmailConfig,
    /// Text messages.
    pub sms: SmsConfig,
    /// The product's data folder, under which `file:` writes; set by the program, never read from a file.
    #[serde(skip)]
    pub data_dir: PathBuf,
    /// Scheme and host of the portal for links in mails, empty to use each authority's website; set by the program.
    #[serde(skip)]
    pub public_url: String,
}

/// `[notification.email]`.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EmailConfig {
    /// `file:` writes `mail/*.eml` in the data folder; `smtp://host:port`, `smtp://…?tls=required` (STARTTLS) and
    /// `smtps://` hand over to a relay, with `user:password@` when it asks for them.
    pub url: String,
    /// PEM file with the authority that signs the relay's certificate, when it is not a public one.
    pub ca: PathBuf,
    /// Address of From for every authority; empty for each one's own mailbox.
    pub from: String,
    /// The file that `url` was read from, read again when it changes; set by the program.
    #[serde(skip)]
    pub url_file: Option<SettingFile>,
}

impl Config {
    /// Returns how the relay is reached.
    pub fn relay(&self) -> RelayOptions {
        RelayOptions { url: self.email.url.clone(), ca: self.email.ca.clone(), public_url: self.public_url.clone() }
    }
}

impl Default for EmailConfig {
    fn default() -> Self {
        Self { url: "file:".to_owned(), ca: PathBuf::new(), from: String::new(), url_file: None }
    }
}

impl std::fmt::Debug for EmailConfig {
    /// Leaves the address of the relay out: it may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = self.url.split(':').next().unwrap_or_default();
        f.debug_struct("EmailConfig")
            .field("url", &format!("{scheme}:…"))
            .field("ca", &self.ca)
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

/// `[notification.sms]`.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SmsConfig {
    /// `file:` writes `sms/*.json` in the data folder, `https://…` posts to a provider (`user:password@`, or `:token@`, when it
    /// asks for them), `none:` sends none.
    pub url: String,
    /// The file that `url` was read from, read again when it changes; set by the program.
    #[serde(skip)]
    pub url_file: Option<SettingFile>,
}

impl Default for SmsConfig {
    fn default() -> Self {
        Self { url: "file:".to_owned(), url_file: None }
    }
}

impl std::fmt::Debug for SmsConfig {
    /// Leaves the address of the provider out: it may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = self.url.split(':').next().unwrap_or_default();
        f.debug_struct("SmsConfig").field("url", &format!("{scheme}:…")).finish_non_exhaustive()
    }
}
