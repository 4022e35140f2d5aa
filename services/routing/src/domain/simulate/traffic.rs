//! When contacts come to a town hall, by which way, and how long people wait: what generated days have in common.

use guichet_core::Timestamp;
use guichet_core::id::AgentId;
use guichet_core::work::{Channel, PresenceState};

use super::random::{Draws, millis};
use super::scenario::{Answering, PresenceChange};
pub(super) use crate::domain::engine::urgency::LIVE_TARGET_MS;

/// Tuesday 24 November 2026, 8:30 in Paris: the doors open.
pub(super) const OPENS_AT: Timestamp = Timestamp::from_millis(1_795_505_400_000);
pub(super) const MINUTE_MS: i64 = 60_000;
/// From 8:30 to 17:30.
pub(super) const DAY_MINUTES: i64 = 540;
/// Share of usagers who choose the subject themselves and are mistaken.
pub(super) const MISTAKEN: f64 = 0.15;
/// How long it takes to see that.
pub(super) const DISCOVERY_MS: i64 = 2 * MINUTE_MS;
/// Mean length of a contact.
pub(super) const HANDLING_MS: f64 = 660_000.0;
/// Standard deviation of that length over its mean.
pub(super) const HANDLING_VARIATION: f64 = 0.8;
/// The same for what is written.
pub(super) const WRITTEN_TARGET_MS: i64 = 240 * MINUTE_MS;
/// Few offers are declined or missed.
pub(super) const ANSWERING: Answering =
    Answering { reaction_ms: 15_000.0, declined: 0.03, unanswered: 0.02, stands_ms: MINUTE_MS };
/// Channels and how much of the demand comes by each.
pub(super) const CHANNELS: [(Channel, f64); 6] = [
    (Channel::Web, 0.30),
    (Channel::Email, 0.25),
    (Channel::Phone, 0.25),
    (Channel::Counter, 0.12),
    (Channel::Sms, 0.04),
    (Channel::Post, 0.04),
];
/// Share of what is written on a screen that came before the doors opened.
const OVERNIGHT: f64 = 0.35;
/// How busy each half-hour is, from 8:30: the rush, the quiet of noon, the afternoon.
const HALF_HOURS: [f64; 18] =
    [2.4, 2.0, 1.6, 1.3, 1.1, 1.0, 0.8, 0.6, 0.5, 0.6, 1.0, 1.3, 1.2, 1.0, 0.9, 0.8, 0.6, 0.3];
const HALF_HOUR_MS: usize = 1_800_000;
/// How long people wait on the phone and at the counter before they leave, on average.
const PHONE_PATIENCE_MS: f64 = 900_000.0;
const COUNTER_PATIENCE_MS: f64 = 2_700_000.0;
/// The letters of the day are typed in together, at 9:15.
const POST_MINUTE: i64 = 45;

/// Returns the instant so many minutes after the doors open.
pub(super) const fn minute(minute: i64) -> Timestamp {
    OPENS_AT.plus_millis(minute * MINUTE_MS)
}

/// Returns whether somebody is there, and waits.
pub(super) const fn is_live(channel: Channel) -> bool {
    matches!(channel, Channel::Phone | Channel::Counter)
}

/// How a contact comes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coming {
    /// Place of its channel in [`CHANNELS`].
    pub(super) channel: usize,
    pub(super) at: Timestamp,
    pub(super) patience_ms: Option<i64>,
    /// The usager says what it is about, and not the agent who takes it.
    pub(super) self_classified: bool,
}

/// Draws how a contact comes.
pub(super) fn coming(draws: &Draws) -> Coming {
    let channel = draws.weighted(&CHANNELS.map(|(_, share)| share));
    let into_day_ms = draws.weighted(&HALF_HOURS) * HALF_HOUR_MS + draws.below(HALF_HOUR_MS);
    let by_day = OPENS_AT.plus_millis(i64::try_from(into_day_ms).unwrap_or(0));
    let (overnight, patience) = (draws.happens(OVERNIGHT), draws.exponential_ms(1.0));
    let (at, patience_ms, self_classified) = match CHANNELS[channel].0 {
        Channel::Phone => (by_day, Some(millis(patience * PHONE_PATIENCE_MS)), true),
        Channel::Counter => (by_day, Some(millis(patience * COUNTER_PATIENCE_MS)), false),
        Channel::Post => (minute(POST_MINUTE), None, false),
        _ if overnight => (OPENS_AT, None, true),
        _ => (by_day, None, true),
    };
    Coming { channel, at, patience_ms, self_classified }
}

/// Returns when somebody comes, eats and leaves; the number of the agent says at which sitting they eat.
pub(super) fn working_day(
    agent_id: AgentId,
    number: usize,
    comes: i64,
    lunch: i64,
    leaves: i64,
) -> [PresenceChange; 4] {
    let eats = 195 + i64::try_from(number % 4).unwrap_or(0) * 30;
    let changes = [
        (comes, PresenceState::Available),
        (eats, PresenceState::Break),
        (eats + lunch, PresenceState::Available),
        (leaves, PresenceState::Away),
    ];
    changes.map(|(at, state)| PresenceChange { at: minute(at), agent_id, state })
}
