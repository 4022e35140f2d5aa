//! Text messages: as they are written down, for a file or for a provider, and the desk that sends none.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use serde::Serialize;

use crate::app::ports::{Sms, SmsTransport, Transport};
use crate::domain::state::Attempt;

/// A text message as JSON.
#[derive(Serialize)]
pub(super) struct SmsBody<'a> {
    id: String,
    authority: &'a str,
    /// E.164.
    to: &'a str,
    text: &'a str,
    /// `gsm-7` or `ucs-2`.
    encoding: &'static str,
    parts: usize,
    /// RFC 3339.
    date: String,
}

impl<'a> SmsBody<'a> {
    pub(super) fn of(sms: &'a Sms) -> Self {
        Self {
            id: sms.id.to_string(),
            authority: &sms.authority,
            to: sms.to.as_str(),
            text: &sms.text.text,
            encoding: sms.text.encoding.as_str(),
            parts: sms.text.parts,
            date: sms.date.to_string(),
        }
    }
}

/// A desk without text messages: usagers are reached by what else they left.
#[derive(Clone, Copy, Debug)]
pub struct NoSms;

impl Transport for NoSms {
    fn repeats_safely(&self) -> bool {
        true
    }

    fn longest(&self) -> Duration {
        Duration::ZERO
    }
}

impl SmsTransport for NoSms {
    fn is_there(&self) -> bool {
        false
    }

    /// What was written for one before it was taken away.
    fn send<'a>(&'a self, _: &'a Sms) -> BoxFuture<'a, Attempt> {
        std::future::ready(Attempt::Failed("no text messages are sent".to_owned())).boxed()
    }
}
