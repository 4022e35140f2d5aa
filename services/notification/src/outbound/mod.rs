//! Where messages leave. The scheme of an address picks a transport: `file:` for a trial, `smtp:` or `smtps:` towards the
//! authority's relay, which signs and routes; for text messages `https:` towards a provider, or `none:`.

mod file;
mod mime;
mod provider;
mod renewed;
mod sms;
mod smtp;

use std::path::Path;
use std::sync::Arc;

use guichet_core::{Clock, Rng};

pub use file::{FileMail, FileSms};
pub use provider::HttpSms;
pub use renewed::Renewed;
pub use sms::NoSms;
pub use smtp::{RelayLook, RelayOptions, RelayTrouble, SmtpMail, Timeouts};

use crate::Error;
use crate::app::ports::{MailTransport, SmsTransport};

/// Folder of `file:` mails in the data folder.
const MAIL_FOLDER: &str = "mail";
/// Folder of `file:` text messages in the data folder.
const SMS_FOLDER: &str = "sms";

/// Returns the transport of mails at an address.
pub fn mail(
    relay: &RelayOptions,
    data_dir: &Path,
    clock: &Arc<dyn Clock>,
    rng: &Arc<dyn Rng>,
) -> Result<Arc<dyn MailTransport>, Error> {
    let url = &relay.url;
    match url.split(':').next() {
        Some("file") => Ok(Arc::new(FileMail::new(folder(url, data_dir, MAIL_FOLDER), Arc::clone(rng)))),
        Some("smtp" | "smtps") => Ok(Arc::new(SmtpMail::new(relay, Timeouts::default(), Arc::clone(clock))?)),
        _ => Err(unknown(url, "use file:, smtp://host:port or smtps://host")),
    }
}

/// Returns the transport of text messages at an address.
pub fn sms(url: &str, data_dir: &Path, rng: &Arc<dyn Rng>) -> Result<Arc<dyn SmsTransport>, Error> {
    match url.split(':').next() {
        Some("file") => Ok(Arc::new(FileSms::new(folder(url, data_dir, SMS_FOLDER), Arc::clone(rng)))),
        Some("http" | "https") => Ok(Arc::new(HttpSms::new(url)?)),
        Some("none") => Ok(Arc::new(NoSms)),
        _ => Err(unknown(url, "use https://host/path of a provider, file: or none:")),
    }
}

/// Returns the folder of `file:FOLDER`, one of the data folder when it names none.
fn folder(url: &str, data_dir: &Path, default: &str) -> std::path::PathBuf {
    match url.trim_start_matches("file:").trim_start_matches("//") {
        "" => data_dir.join(default),
        named => named.into(),
    }
}

/// Returns a part of an address without its percent signs.
fn decoded(text: &str) -> String {
    let text = text.replace('+', "%2B").replace('&', "%26");
    let pair = format!("x={text}");
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

fn unknown(url: &str, reason: &str) -> Error {
    let scheme = url.split(':').next().unwrap_or_default();
    Error::Transport { url: format!("{scheme}:…"), reason: reason.to_owned() }
}
