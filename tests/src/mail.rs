//! Real messages in, through Python's smtplib; those that left, as the recipient's program shows them.

use std::path::Path;

use guichet_testkit::wait_for;
use mail_parser::{MessageParser, MimeHeaders};

use crate::{Guichet, PATIENCE};

/// Sends one message built by Python's own library: argument 1 is a JSON object.
const SEND: &str = r#"
import json, smtplib, sys, base64
from email.message import EmailMessage
m = json.loads(sys.argv[1])
e = EmailMessage()
e["From"], e["To"], e["Subject"] = m["from"], m["to"], m["subject"]
e["Date"] = m["date"]
for name in ("Message-ID", "References", "In-Reply-To", "Auto-Submitted"):
    if m.get(name): e[name] = m[name]
e.set_content(m["text"])
if m.get("html"): e.add_alternative(m["html"], subtype="html")
for a in m.get("attachments", []):
    kind, sub = a["type"].split("/")
    e.add_attachment(base64.b64decode(a["data"]), maintype=kind, subtype=sub, filename=a["name"])
with smtplib.SMTP("127.0.0.1", m["port"], timeout=30) as s:
    s.send_message(e, from_addr=m.get("envelope_from", m["from"]), to_addrs=[m["to"]])
"#;

/// A message to send.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Outgoing {
    /// Header and envelope sender.
    pub from: String,
    /// The desk's mailbox, plus-address included.
    pub to: String,
    /// As typed.
    pub subject: String,
    /// Text part.
    pub text: String,
    /// HTML part, empty for none.
    pub html: String,
    /// RFC 5322 date.
    pub date: String,
    /// With angle brackets.
    #[serde(rename = "Message-ID")]
    pub message_id: String,
    /// With angle brackets.
    #[serde(rename = "References")]
    pub references: String,
    /// Files: name, media type, base64.
    pub attachments: Vec<File>,
    /// Of the receiver.
    pub port: u16,
}

/// A file to join.
#[derive(Clone, Debug, serde::Serialize)]
pub struct File {
    /// As shown.
    pub name: String,
    /// `application/pdf`
    #[serde(rename = "type")]
    pub media_type: String,
    /// Base64.
    pub data: String,
}

impl Outgoing {
    /// Returns a message to the desk of Valorme.
    pub fn new(guichet: &Guichet, from: &str, subject: &str, text: &str) -> Self {
        static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);
        let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Self {
            from: from.to_owned(),
            to: "guichet@valorme.example".to_owned(),
            subject: subject.to_owned(),
            text: text.to_owned(),
            html: String::new(),
            date: "Mon, 23 Nov 2026 09:12:00 +0100".to_owned(),
            message_id: format!("<{}.{number}@mail.example>", std::process::id()),
            references: String::new(),
            attachments: Vec::new(),
            port: guichet.smtp_port,
        }
    }

    /// Sends it.
    ///
    /// # Errors
    /// What Python printed when the desk refused it.
    pub async fn send(&self) -> Result<(), String> {
        let argument = serde_json::to_string(self).expect("plain data");
        let output = tokio::process::Command::new(guichet_testkit::python())
            .args(["-c", SEND, &argument])
            .output()
            .await
            .expect("python starts");
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
    }
}

/// A message that left, as its recipient reads it.
#[derive(Clone, Debug)]
pub struct Received {
    /// Address of To.
    pub to: String,
    /// Decoded.
    pub subject: String,
    /// Text part.
    pub text: String,
    /// HTML part.
    pub html: String,
    /// Without angle brackets.
    pub message_id: String,
    /// Without angle brackets.
    pub references: Vec<String>,
    /// Address of Reply-To.
    pub reply_to: String,
    /// `Auto-Submitted`.
    pub auto_submitted: String,
    /// Names and contents of the files.
    pub attachments: Vec<(String, Vec<u8>)>,
}

/// Returns the messages that left for an address, in no order.
pub fn mailbox(guichet: &Guichet, address: &str) -> Vec<Received> {
    let folder = guichet.data_dir().join("mail");
    let files = std::fs::read_dir(folder).map(|files| files.flatten().collect::<Vec<_>>()).unwrap_or_default();
    files
        .iter()
        .filter(|file| file.path().extension().is_some_and(|ending| ending == "eml"))
        .filter_map(|file| read(&file.path()))
        .filter(|message| message.to == address)
        .collect()
}

fn read(file: &Path) -> Option<Received> {
    let raw = std::fs::read(file).ok()?;
    let message = MessageParser::new().parse(&raw)?;
    let references = message.references().as_text_list().map(|list| list.iter().map(ToString::to_string).collect());
    Some(Received {
        to: message.to()?.first()?.address()?.to_owned(),
        subject: message.subject().unwrap_or_default().to_owned(),
        text: message.body_text(0).unwrap_or_default().into_owned(),
        html: message.body_html(0).unwrap_or_default().into_owned(),
        message_id: message.message_id().unwrap_or_default().to_owned(),
        references: references.unwrap_or_default(),
        reply_to: message.reply_to().and_then(|to| to.first()?.address().map(str::to_owned)).unwrap_or_default(),
        auto_submitted: message
            .header("Auto-Submitted")
            .and_then(|value| value.as_text())
            .unwrap_or_default()
            .to_owned(),
        attachments: message
            .attachments()
            .map(|part| (part.attachment_name().unwrap_or_default().to_owned(), part.contents().to_vec()))
            .collect(),
    })
}

/// Waits for a message to an address whose subject or text has some words.
pub async fn wait_for_message(guichet: &Guichet, address: &str, words: &str) -> Received {
    wait_for(PATIENCE, || async {
        mailbox(guichet, address).into_iter().find(|mail| mail.subject.contains(words) || mail.text.contains(words))
    })
    .await
}

/// Returns the text messages that left, as the provider was given them.
pub fn text_messages(guichet: &Guichet) -> Vec<serde_json::Value> {
    let files = std::fs::read_dir(guichet.data_dir().join("sms"));
    let files = files.map(|files| files.flatten().collect::<Vec<_>>()).unwrap_or_default();
    let read = |path: &Path| std::fs::read_to_string(path).ok().and_then(|text| serde_json::from_str(&text).ok());
    files
        .iter()
        .filter(|file| file.path().extension().is_some_and(|ending| ending == "json"))
        .filter_map(|file| read(&file.path()))
        .collect()
}
