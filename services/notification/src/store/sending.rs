//! Deliveries as the sender works on them: claimed, written, handed over, settled. Every step names the claim, so that
//! a sender that was thought dead changes nothing any more.

use guichet_core::Timestamp;
use guichet_core::id::{AuthorityId, DeliveryId, ServiceRequestId};
use guichet_db::{Db, Dialect, Result, Row, Tx, args};
use uuid::Uuid;

use super::deliveries::{notice, state};
use super::dialect::CLAIM_DUE;
use crate::domain::notice::{Medium, Notice};
use crate::domain::state::DeliveryState;

const HAND_OVER: &str = "UPDATE deliveries
    SET state = $3, medium = $4, message_id = COALESCE(message_id, $5), recipient = $6, subject = $7, body_text = $8,
        body_html = $9, attempts = attempts + $10, claimed_until = $11, updated_at = $12
    WHERE id = $1 AND claim = $2 AND state IN ('queued', 'deferred')";
const SETTLE: &str = "UPDATE deliveries
    SET state = $3, last_error = $4, next_attempt_at = $5, claim = NULL, claimed_until = NULL, updated_at = $6
    WHERE id = $1 AND claim = $2";
const POSTPONE: &str = "UPDATE deliveries
    SET last_error = $3, next_attempt_at = $4, claim = NULL, claimed_until = NULL
    WHERE id = $1 AND claim = $2";
const DELETE: &str = "DELETE FROM deliveries WHERE id = $1 AND claim = $2 AND attempts = 0";
const ABANDONED: &str =
    "SELECT id, authority_id, request_id, notice, source, facts, state, message_id, attempts, created_at,
        traceparent, medium, claim
    FROM deliveries
    WHERE state = 'sending' AND claimed_until <= $1
    ORDER BY claimed_until
    LIMIT $2";
const RELEASE: &str = "UPDATE deliveries SET claim = NULL, claimed_until = NULL
    WHERE claimed_until <= $1 AND state IN ('queued', 'deferred')";
const PUT_BACK: &str = "UPDATE deliveries SET claim = NULL, claimed_until = NULL
    WHERE claim = $1 AND state IN ('queued', 'deferred')";
const EARLIEST_CLAIM: &str = "SELECT MIN(claimed_until) AS claim FROM deliveries WHERE claimed_until IS NOT NULL";
const NEXT_DUE: &str = "SELECT MIN(next_attempt_at) AS due FROM deliveries WHERE state IN ('queued', 'deferred')";

/// A delivery somebody works on.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// Which.
    pub id: DeliveryId,
    /// The tenant.
    pub authority_id: AuthorityId,
    /// About which request.
    pub request_id: ServiceRequestId,
    /// What is told.
    pub notice: Notice,
    /// What makes it unique.
    pub source: String,
    /// JSON of the facts.
    pub facts: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// Of an earlier attempt: it never changes.
    pub message_id: Option<String>,
    /// Times it was handed over before.
    pub attempts: u32,
    /// When the fact was heard of.
    pub created_at: Timestamp,
    /// The trace it was called for in.
    pub traceparent: Option<String>,
}

/// What is about to leave.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// `sending`, or `to_print` for a letter.
    pub state: DeliveryState,
    /// By what.
    pub medium: Medium,
    /// Without angle brackets.
    pub message_id: String,
    /// Address, number or name.
    pub recipient: String,
    /// Empty for an SMS.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// HTML.
    pub html: String,
}

/// How an attempt ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Where the delivery stands now.
    pub state: DeliveryState,
    /// What went wrong.
    pub error: Option<String>,
    /// When to try again.
    pub next_attempt_at: Option<Timestamp>,
}

/// The table of deliveries, from the sender's side.
#[derive(Debug)]
pub struct Sending;

impl Sending {
    /// Claims at most `limit` deliveries that are due, until `until`.
    pub async fn claim(tx: &mut Tx, claim: Uuid, until: Timestamp, now: Timestamp, limit: u32) -> Result<Vec<Claimed>> {
        let rows = tx.fetch_all(CLAIM_DUE, args![claim, until, now, limit]).await?;
        rows.iter().map(read).collect()
    }

    /// Records what is about to leave; false when the claim was lost.
    pub async fn hand_over(
        tx: &mut Tx,
        (id, claim): (DeliveryId, Uuid),
        prepared: &Prepared,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<bool> {
        let attempts = i64::from(prepared.state == DeliveryState::Sending);
        let args = args![
            id,
            claim,
            prepared.state.as_str(),
            prepared.medium.as_str(),
            &prepared.message_id,
            &prepared.recipient,
            &prepared.subject,
            &prepared.text,
            &prepared.html,
            attempts,
            until,
            now,
        ];
        Ok(tx.execute(HAND_OVER, args).await? == 1)
    }

    /// Records how an attempt ended; false when the claim was lost.
    pub async fn settle(
        tx: &mut Tx,
        (id, claim): (DeliveryId, Uuid),
        outcome: &Outcome,
        now: Timestamp,
    ) -> Result<bool> {
        let args = args![id, claim, outcome.state.as_str(), outcome.error.clone(), outcome.next_attempt_at, now];
        Ok(tx.execute(SETTLE, args).await? == 1)
    }

    /// Puts back a delivery that could not even be written.
    pub async fn postpone(
        tx: &mut Tx,
        (id, claim): (DeliveryId, Uuid),
        reason: &str,
        until: Timestamp,
    ) -> Result<bool> {
        Ok(tx.execute(POSTPONE, args![id, claim, reason, until]).await? == 1)
    }

    /// Deletes a notice that turned out to tell nothing new; one that ever left stays.
    pub async fn drop_unneeded(tx: &mut Tx, (id, claim): (DeliveryId, Uuid)) -> Result<bool> {
        Ok(tx.execute(DELETE, args![id, claim]).await? == 1)
    }

    /// Returns deliveries left in `sending` by a sender whose claim has ended, with their medium and that claim.
    pub async fn list_abandoned(
        tx: &mut Tx,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(Claimed, Option<Medium>, Uuid)>> {
        let rows = tx.fetch_all(ABANDONED, args![now, limit]).await?;
        let each = |row: &Row| {
            let medium: Option<String> = row.get("medium")?;
            Ok((read(row)?, medium.as_deref().and_then(Medium::parse), row.get("claim")?))
        };
        rows.iter().map(each).collect()
    }

    /// Frees deliveries that were claimed, not yet handed over, and whose claim has ended.
    pub async fn release(tx: &mut Tx, ended_before: Timestamp) -> Result<u64> {
        tx.execute(RELEASE, args![ended_before]).await
    }

    /// Frees what a claim has not handed over.
    pub async fn put_back(tx: &mut Tx, claim: Uuid) -> Result<u64> {
        tx.execute(PUT_BACK, args![claim]).await
    }

    /// Returns when the first claim ends.
    pub async fn earliest_claim(db: &Db) -> Result<Option<Timestamp>> {
        let row = db.fetch_optional(EARLIEST_CLAIM, args![]).await?;
        row.map_or(Ok(None), |row| row.get("claim"))
    }

    /// Returns whether no other process can hold a claim: one process owns a SQLite file.
    pub fn is_alone(db: &Db) -> bool {
        db.dialect() == Dialect::Sqlite
    }

    /// Returns when the next delivery is due.
    pub async fn next_due(db: &Db) -> Result<Option<Timestamp>> {
        let row = db.fetch_optional(NEXT_DUE, args![]).await?;
        row.map_or(Ok(None), |row| row.get("due"))
    }
}

fn read(row: &Row) -> Result<Claimed> {
    Ok(Claimed {
        id: row.get("id")?,
        authority_id: row.get("authority_id")?,
        request_id: row.get("request_id")?,
        notice: notice(row)?,
        source: row.get("source")?,
        facts: row.get("facts")?,
        state: state(row)?,
        message_id: row.get("message_id")?,
        attempts: row.get("attempts")?,
        created_at: row.get("created_at")?,
        traceparent: row.get("traceparent")?,
    })
}
