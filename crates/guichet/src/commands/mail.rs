//! `guichet mail`: a message on standard input, for an MTA's pipe (exit codes of sysexits.h).

use std::io::Read;
use std::process::ExitCode;

use crate::client::{Client, ClientError};

/// EX_TEMPFAIL: the MTA keeps the message and tries again.
const TRY_AGAIN: u8 = 75;
/// EX_DATAERR: the MTA returns the message to its sender.
const REFUSED: u8 = 65;
/// Octets read at most; the server's own limit is lower and answers with a sentence.
const MESSAGE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Gives the message to the desk.
pub(crate) async fn run(from: &str, to: &[String], client: &Client) -> ExitCode {
    let mut message = Vec::new();
    if let Err(error) = std::io::stdin().take(MESSAGE_BYTES_MAX).read_to_end(&mut message) {
        eprintln!("guichet mail: standard input cannot be read: {error}");
        return ExitCode::from(TRY_AGAIN);
    }
    let path = format!("/mail?from={}&to={}", percent_encode(from), percent_encode(&to.join(",")));
    match client.post(&path, "message/rfc822", message).await {
        Ok(answer) => {
            println!("{} {}", answer["outcome"].as_str().unwrap_or("?"), answer["id"].as_str().unwrap_or_default());
            ExitCode::SUCCESS
        }
        Err(ClientError::Refused { status, problem }) if (400..500).contains(&status) && status != 429 => {
            eprintln!("guichet mail: {}", ClientError::Refused { status, problem });
            ExitCode::from(REFUSED)
        }
        Err(error) => {
            eprintln!("guichet mail: {error}");
            ExitCode::from(TRY_AGAIN)
        }
    }
}

/// Encodes a query value (RFC 3986: everything but unreserved characters).
fn percent_encode(value: &str) -> String {
    value
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
