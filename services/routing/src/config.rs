//! Settings of routing, section `[routing]`.

use guichet_core::work::Channel;
use serde::{Deserialize, Serialize};

/// Somebody is on the line or at the counter: twenty seconds to say yes.
const LIVE_OFFER_SECONDS: i64 = 20;
/// Text messages are a conversation, though a slow one.
const SMS_OFFER_SECONDS: i64 = 60;
/// Written requests can wait for the end of a task.
const WRITTEN_OFFER_SECONDS: i64 = 15 * 60;

/// What an operator may change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Seconds to answer an offer from the telephone or the counter.
    pub offer_live_seconds: i64,
    /// Seconds to answer an offer that came by SMS.
    pub offer_sms_seconds: i64,
    /// Seconds to answer an offer that came in writing.
    pub offer_written_seconds: i64,
    /// Seconds during which an agent is not offered again what they have passed.
    pub after_decline_seconds: i64,
    /// Seconds during which an agent is not offered again what they did not answer.
    pub after_expiry_seconds: i64,
    /// Opening hours do not count for offers: a demo that is looked at in the evening. Set by `[demo] always_open`.
    #[serde(skip)]
    pub always_open: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            offer_live_seconds: LIVE_OFFER_SECONDS,
            offer_sms_seconds: SMS_OFFER_SECONDS,
            offer_written_seconds: WRITTEN_OFFER_SECONDS,
            after_decline_seconds: 600,
            after_expiry_seconds: 60,
            always_open: true,
        }
    }
}

impl Config {
    /// Returns for how long an offer stands, in seconds.
    pub(crate) const fn offer_seconds(&self, channel: Channel) -> i64 {
        match channel {
            Channel::Phone | Channel::Counter => self.offer_live_seconds,
            Channel::Sms => self.offer_sms_seconds,
            Channel::Email | Channel::Web | Channel::Post | Channel::Api => self.offer_written_seconds,
        }
    }
}
