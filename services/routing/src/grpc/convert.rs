//! Between the contract's messages and the use cases' values.

use std::str::FromStr;

use guichet_core::Timestamp;
use guichet_proto::routing::v1 as proto;
use guichet_rpc::convert::ToProto;

use crate::app::sign_in::{Identity, Role};
use crate::app::{Access, Offer, Town, Work};
use crate::domain::clock::{Reading, Standing};
use crate::error::Error;

/// Reads an id.
pub(super) fn id<T: FromStr>(text: &str, pointer: &str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::field(pointer, "Cet identifiant n'est pas lisible."))
}

/// Reads an id that may be empty.
pub(super) fn optional_id<T: FromStr>(text: &str, pointer: &str) -> Result<Option<T>, Error> {
    if text.is_empty() { Ok(None) } else { id(text, pointer).map(Some) }
}

/// Returns the error of a cursor that no page of ours gave.
pub(super) fn no_such_page() -> Error {
    Error::field("/page/cursor", "Cette page n'existe pas : revenez à la première.")
}

/// Reads a cursor: how many entries came on the pages before.
pub(super) fn offset(cursor: &str) -> Result<usize, Error> {
    if cursor.is_empty() { Ok(0) } else { cursor.parse().map_err(|_| no_such_page()) }
}

/// Reads an instant, 0 = none.
pub(super) fn instant(millis: i64) -> Option<Timestamp> {
    (millis != 0).then(|| Timestamp::from_millis(millis))
}

pub(super) fn millis(at: Option<Timestamp>) -> i64 {
    at.map_or(0, Timestamp::as_millis)
}

pub(super) fn text<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// Writes the work on a request.
pub(super) fn work(work: &Work) -> proto::WorkItem {
    let filing = &work.filing;
    let (announced, legal, internal) = (work.announced(), work.legal(), work.internal());
    proto::WorkItem {
        request_id: work.request_id.to_string(),
        authority: work.need.authority.clone(),
        state: work.state.to_proto(),
        version: work.version,
        procedure: filing.procedure.clone().unwrap_or_default(),
        department: work.department().to_owned(),
        tier: u32::from(u8::from(filing.tier)),
        assignee_id: text(work.assignee),
        level2_assignee_id: text(work.level2),
        received_at: work.received_at.as_millis(),
        announced_due: millis(announced.due),
        legal_due: millis(legal.due),
        internal_due: millis(internal.due),
        silence: filing.silence.to_proto(),
        outcome: work.outcome.to_proto(),
        forwarded_to: work.forwarded_to.clone().unwrap_or_default(),
        reason: work.reason.clone().unwrap_or_default(),
        wait_until: millis(work.wait_until),
        returns_to_level1: filing.returns_to_level1,
        danger: work.danger,
        receipt_due: filing.receipt_due.as_millis(),
        reminded_at: millis(work.followed.and_then(|followed| followed.reminded_at)),
        return_at: millis(work.followed.map(|followed| followed.return_at)),
        announced_clock: clock(announced),
        legal_clock: clock(legal),
        internal_clock: clock(internal),
    }
}

/// Writes how a date stands, nothing for one that the request never had.
fn clock(reading: Reading) -> Option<proto::Clock> {
    use proto::ClockState as State;
    let (state, since, until) = match reading.standing {
        Standing::Running if reading.due.is_none() => return None,
        Standing::Running => (State::Running, None, None),
        Standing::StillRunning => (State::StillRunning, None, None),
        Standing::Suspended { since, until } => (State::Suspended, Some(since), until),
        Standing::Shifted => (State::Shifted, None, None),
        Standing::AwaitingPapers { since } => (State::AwaitingPapers, Some(since), None),
        Standing::Restarted { at } => (State::Restarted, Some(at), None),
        Standing::Transmitted { at } => (State::Transmitted, Some(at), None),
    };
    let (since, until, law) = (millis(since), millis(until), reading.law.to_owned());
    Some(proto::Clock { state: state.into(), since, until, law })
}

/// Writes what somebody may see who sees only that the request exists.
pub(super) fn existence(work: &Work) -> proto::WorkItem {
    proto::WorkItem {
        request_id: work.request_id.to_string(),
        authority: work.need.authority.clone(),
        state: work.state.to_proto(),
        version: work.version,
        department: work.department().to_owned(),
        received_at: work.received_at.as_millis(),
        ..proto::WorkItem::default()
    }
}

/// Writes an offer.
pub(super) fn offer(offer: &Offer) -> proto::Offer {
    proto::Offer {
        id: offer.id.to_string(),
        request_id: offer.request_id.to_string(),
        agent_id: offer.agent_id.to_string(),
        offered_at: offer.offered_at.as_millis(),
        expires_at: offer.expires_at.as_millis(),
        why: offer.why.clone(),
    }
}

/// Writes how much of a request may be seen.
pub(super) const fn access(access: Access) -> proto::Access {
    match access {
        Access::None => proto::Access::None,
        Access::Existence => proto::Access::Existence,
        Access::Full => proto::Access::Full,
    }
}

/// Writes who is signed in.
pub(super) fn account(identity: Identity) -> proto::Account {
    let role = match identity.role {
        Role::Agent => proto::Role::Agent,
        Role::Supervisor => proto::Role::Supervisor,
        Role::Administrator => proto::Role::Administrator,
    };
    proto::Account {
        agent_id: identity.agent_id.to_string(),
        login: identity.login,
        name: identity.name,
        role: role.into(),
        authority: identity.authority,
        authorities: identity.authorities,
        session_version: identity.session_version,
        presence: identity.presence.to_proto(),
    }
}

/// Returns the JSON of the directories, of one authority when `code` is not empty.
pub(super) fn directories(town: &Town, code: &str) -> Vec<String> {
    let wanted = town.all().filter(|directory| code.is_empty() || directory.authority.code == code);
    wanted
        .map(|directory| {
            serde_json::to_string(&**directory).expect("a directory is plain data: maps with text keys only")
        })
        .collect()
}
