//! Delivery reports: RFC 3464, and the common ones that follow no standard (qmail, Exim, webmails). Each becomes facts
//! that notification records as a receipt of one of our messages.

use mail_parser::{Message, MimeHeaders as _, PartType};

use super::body::decode_unlabelled;
use super::{NormalisedMail, headers};
use crate::domain::text;

/// Reports kept of one mail; a message of ours has one recipient.
const REPORTS_MAX: usize = 20;
/// Sentences, folded, by which mail systems without a standard report a failure.
const FAILURE_SENTENCES: [&str; 14] = [
    "delivery has failed",
    "cannot be delivered",
    "could not be delivered",
    "delivery to the following recipient",
    "undeliverable",
    "undelivered mail",
    "delivery status notification",
    "failure notice",
    "returned mail",
    "mail delivery failed",
    "delivery failure",
    "n a pas pu etre remis",
    "echec de la remise",
    "message non distribue",
];
/// Actions of RFC 3464 §2.3.3.
const ACTIONS: [&str; 5] = ["failed", "delayed", "delivered", "relayed", "expanded"];

/// What a report says about one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BounceReport {
    /// Message-ID of the message that came back, without brackets; empty when the report does not say.
    pub original_message_id: String,
    /// One of RFC 3464's actions.
    pub action: String,
    /// Enhanced status code (RFC 3463).
    pub status: String,
}

/// Returns the reports a mail carries; empty when it is not a report.
pub(super) fn read(message: &Message<'_>, mail: &NormalisedMail) -> Vec<BounceReport> {
    let original_message_id = original_message_id(message, mail);
    let status_part = message.parts.iter().find(|part| part.is_content_type("message", "delivery-status"));
    let standard = match status_part {
        Some(part) => per_recipient(&String::from_utf8_lossy(part.contents())),
        // A report that lost its boundaries on the way still has its fields in the text.
        None if mail.machine.report => per_recipient(&mail.full_text),
        None => Vec::new(),
    };
    if !standard.is_empty() {
        let reports = standard.into_iter().take(REPORTS_MAX);
        return reports
            .map(|(action, status)| BounceReport { original_message_id: original_message_id.clone(), action, status })
            .collect();
    }
    if is_feedback_report(message) || !looks_like_a_failure(mail) {
        return Vec::new();
    }
    let status = status_in(&mail.full_text).unwrap_or_else(|| "5.0.0".to_owned());
    let action = if status.starts_with('4') { "delayed" } else { "failed" };
    vec![BounceReport { original_message_id, action: action.to_owned(), status }]
}

fn is_feedback_report(message: &Message<'_>) -> bool {
    message.parts.iter().any(|part| part.is_content_type("message", "feedback-report"))
}

/// A mail system wrote it, and says that a message was not delivered.
fn looks_like_a_failure(mail: &NormalisedMail) -> bool {
    let by_a_machine = mail.machine.daemon || mail.machine.null_return_path || mail.machine.report;
    if !by_a_machine || (mail.machine.automatic && !mail.machine.daemon && !mail.machine.report) {
        return false;
    }
    let (beginning, _) = text::cut(&mail.full_text, 4_096);
    let said = text::fold(&format!("{} {beginning}", mail.subject));
    FAILURE_SENTENCES.iter().any(|sentence| said.contains(sentence))
}

/// Returns (action, status) of each recipient's block.
fn per_recipient(status_part: &str) -> Vec<(String, String)> {
    let normal = status_part.replace("\r\n", "\n");
    let blocks = normal.split("\n\n").filter_map(|block| {
        let field = |name: &str| {
            block.lines().find_map(|line| {
                let (key, value) = line.split_once(':')?;
                key.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
            })
        };
        let status = field("status").and_then(|status| status_in(&status));
        let action = field("action").map(|action| action.split_whitespace().next().unwrap_or_default().to_lowercase());
        field("final-recipient").or_else(|| field("original-recipient")).or_else(|| status.clone())?;
        let action = action.filter(|action| ACTIONS.contains(&action.as_str()));
        let diagnostic = || field("diagnostic-code").and_then(|code| status_in(&code));
        // The diagnostic often says more than a status that stops at its class.
        let vague = status.as_ref().is_none_or(|status| status.ends_with(".0.0"));
        let status = if vague { diagnostic().or(status) } else { status };
        let status = status.unwrap_or_else(|| "5.0.0".to_owned());
        Some((action.unwrap_or_else(|| "failed".to_owned()), status))
    });
    blocks.collect()
}

/// Returns the first enhanced status code of a text, else the one that follows from its first SMTP reply code.
fn status_in(text: &str) -> Option<String> {
    let words = || text.split(|c: char| !(c.is_ascii_digit() || c == '.')).map(|word| word.trim_matches('.'));
    let enhanced = words().find(|word| {
        let digits: Vec<&str> = word.split('.').collect();
        let fits = |part: &&str| !part.is_empty() && part.len() <= 3;
        digits.len() == 3 && matches!(digits[0], "2" | "4" | "5") && digits.iter().all(fits)
    });
    let reply = || words().find(|word| word.len() == 3 && !word.contains('.') && word.starts_with(['4', '5']));
    enhanced.map(str::to_owned).or_else(|| reply().map(|code| format!("{}.0.0", &code[..1])))
}

/// Returns the Message-ID of the returned message: in the copy of it, in the text, else what the report answers.
fn original_message_id(message: &Message<'_>, mail: &NormalisedMail) -> String {
    let copies = message.parts.iter().skip(1).filter_map(|part| match &part.body {
        PartType::Text(text) => Some(text.to_string()),
        PartType::Binary(octets) | PartType::InlineBinary(octets) => {
            Some(decode_unlabelled(&octets[..octets.len().min(65_536)]))
        }
        _ => None,
    });
    copies
        .chain([mail.full_text.clone()])
        .find_map(|copy| message_id_line(&copy))
        .or_else(|| mail.references.last().cloned())
        .unwrap_or_default()
}

fn message_id_line(copy: &str) -> Option<String> {
    let mut lines = copy.lines();
    while let Some(line) = lines.next() {
        let line = line.trim_start_matches(['>', ' ', '\t']);
        if line.len() < 11 || !line.is_char_boundary(11) || !line[..11].eq_ignore_ascii_case("message-id:") {
            continue;
        }
        let value = line[11..].trim();
        // The id may stand alone on the folded line.
        let value = if value.is_empty() { lines.next().unwrap_or_default().trim() } else { value };
        return headers::id(value.split_whitespace().next().unwrap_or_default());
    }
    None
}
