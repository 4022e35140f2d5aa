//! Deliveries as they are listed, read and put back in the queue.

use guichet_core::Timestamp;
use guichet_core::id::{AuthorityId, DeliveryId, ServiceRequestId};
use guichet_db::{Db, Error, Result, Row, Tx, args};

use crate::domain::notice::{Medium, Notice};
use crate::domain::state::DeliveryState;

const INSERT: &str = "INSERT INTO deliveries
        (id, authority_id, request_id, notice, source, facts, state, next_attempt_at, created_at, updated_at, traceparent)
    VALUES ($1, $2, $3, $4, $5, $6, 'queued', $7, $7, $7, $8)
    ON CONFLICT (authority_id, request_id, notice, source) DO NOTHING";
const EXISTS: &str = "SELECT 1 AS found FROM deliveries
    WHERE authority_id = $1 AND request_id = $2 AND notice = $3
    LIMIT 1";
const FIND: &str =
    "SELECT id, authority_id, request_id, notice, state, medium, message_id, recipient, subject, body_text,
        body_html, attempts, last_error, next_attempt_at, created_at, updated_at
    FROM deliveries
    WHERE id = $1";
const FIND_BY_MESSAGE: &str =
    "SELECT id, authority_id, request_id, notice, state, medium, message_id, recipient, subject,
        body_text, body_html, attempts, last_error, next_attempt_at, created_at, updated_at
    FROM deliveries
    WHERE message_id = $1
    ORDER BY created_at
    LIMIT 1";

/// Lists without the texts. One statement a way of asking: behind « this or everything » no index is used.
macro_rules! list_where {
    ($condition:literal) => {
        concat!(
            "SELECT id, authority_id, request_id, notice, state, medium, message_id, recipient, subject,
                '' AS body_text, '' AS body_html, attempts, last_error, next_attempt_at, created_at, updated_at
            FROM deliveries
            WHERE ",
            $condition,
            " AND (CAST($2 AS TEXT) IS NULL OR state = $2) AND (created_at < $3 OR (created_at = $3 AND id < $4))
            ORDER BY created_at DESC, id DESC
            LIMIT $5"
        )
    };
}

const LIST: &str = list_where!("CAST($1 AS TEXT) IS NULL");
const LIST_OF_REQUEST: &str = list_where!("request_id = $1");
const LIST_TO_PRINT: &str = list_where!("CAST($1 AS TEXT) IS NULL AND state = 'to_print'");
const COUNT: &str = "SELECT state, COUNT(*) AS number FROM deliveries GROUP BY state";
const MOVE: &str = "UPDATE deliveries
    SET state = $3, last_error = $4, next_attempt_at = $5, claim = NULL, claimed_until = NULL, updated_at = $6
    WHERE id = $1 AND state = $2";

/// A notice to send, before anything is known of the usager.
#[derive(Clone, Debug)]
pub struct NewDelivery {
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
    /// When the fact was heard of.
    pub created_at: Timestamp,
    /// The trace it is called for in, when one is on.
    pub traceparent: Option<String>,
}

/// A delivery as it is shown.
#[derive(Clone, Debug)]
pub struct DeliveryRow {
    /// Which.
    pub id: DeliveryId,
    /// The tenant.
    pub authority_id: AuthorityId,
    /// About which request.
    pub request_id: ServiceRequestId,
    /// What is told.
    pub notice: Notice,
    /// Where it stands.
    pub state: DeliveryState,
    /// By what, once chosen.
    pub medium: Option<Medium>,
    /// Without angle brackets, once known.
    pub message_id: Option<String>,
    /// Address, number or name, once known.
    pub recipient: Option<String>,
    /// Empty in lists and before it is written, like the next two.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// HTML.
    pub html: String,
    /// Times it was handed to a relay.
    pub attempts: u32,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When it is tried next.
    pub next_attempt_at: Option<Timestamp>,
    /// When the fact was heard of.
    pub created_at: Timestamp,
    /// When it last moved on.
    pub updated_at: Timestamp,
}

/// Which deliveries are listed.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    /// Of one request.
    pub request_id: Option<ServiceRequestId>,
    /// In one state.
    pub state: Option<DeliveryState>,
    /// Older than this one: the last of the page before.
    pub before: Option<(Timestamp, DeliveryId)>,
    /// How many.
    pub limit: u32,
}

/// How many deliveries stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Queued, deferred or being sent.
    pub queued: u64,
    /// Accepted.
    pub accepted: u64,
    /// Failed.
    pub failed: u64,
    /// Unknown.
    pub unknown: u64,
    /// To print.
    pub to_print: u64,
}

/// The table of deliveries.
#[derive(Debug)]
pub struct Deliveries;

impl Deliveries {
    /// Adds a notice to send; false when it had been added before.
    pub async fn insert(tx: &mut Tx, new: &NewDelivery) -> Result<bool> {
        let args = args![
            new.id,
            new.authority_id,
            new.request_id,
            new.notice.as_str(),
            &new.source,
            &new.facts,
            new.created_at,
            new.traceparent.clone(),
        ];
        Ok(tx.execute(INSERT, args).await? == 1)
    }

    /// Returns whether a request has had a notice, whatever became of it.
    pub async fn exists(
        tx: &mut Tx,
        authority: AuthorityId,
        request: ServiceRequestId,
        notice: Notice,
    ) -> Result<bool> {
        Ok(tx.fetch_optional(EXISTS, args![authority, request, notice.as_str()]).await?.is_some())
    }

    /// Returns a delivery.
    pub async fn find(tx: &mut Tx, id: DeliveryId) -> Result<Option<DeliveryRow>> {
        tx.fetch_optional(FIND, args![id]).await?.as_ref().map(read).transpose()
    }

    /// Returns a delivery outside a transaction.
    pub async fn read(db: &Db, id: DeliveryId) -> Result<Option<DeliveryRow>> {
        db.fetch_optional(FIND, args![id]).await?.as_ref().map(read).transpose()
    }

    /// Returns the delivery that left under a Message-ID.
    pub async fn find_by_message_id(tx: &mut Tx, message_id: &str) -> Result<Option<DeliveryRow>> {
        tx.fetch_optional(FIND_BY_MESSAGE, args![message_id]).await?.as_ref().map(read).transpose()
    }

    /// Returns a page, newest first.
    pub async fn list(db: &Db, filter: &Filter) -> Result<Vec<DeliveryRow>> {
        let end = (Timestamp::from_millis(i64::MAX), DeliveryId::from(uuid::Uuid::max()));
        let (created_at, id) = filter.before.unwrap_or(end);
        let state = filter.state.map(DeliveryState::as_str);
        let rows = match (filter.request_id, filter.state) {
            (Some(request), _) => {
                db.fetch_all(LIST_OF_REQUEST, args![request, state, created_at, id, filter.limit]).await?
            }
            (None, Some(DeliveryState::ToPrint)) => {
                db.fetch_all(LIST_TO_PRINT, args![None::<String>, state, created_at, id, filter.limit]).await?
            }
            (None, _) => db.fetch_all(LIST, args![None::<String>, state, created_at, id, filter.limit]).await?,
        };
        rows.iter().map(read).collect()
    }

    /// Returns how many deliveries stand where.
    pub async fn count(db: &Db) -> Result<Counts> {
        let mut counts = Counts::default();
        for row in db.fetch_all(COUNT, args![]).await? {
            let number: u64 = row.get("number")?;
            match state(&row)? {
                DeliveryState::Queued | DeliveryState::Sending | DeliveryState::Deferred => counts.queued += number,
                DeliveryState::Accepted => counts.accepted += number,
                DeliveryState::Failed => counts.failed += number,
                DeliveryState::Unknown => counts.unknown += number,
                DeliveryState::ToPrint => counts.to_print += number,
            }
        }
        Ok(counts)
    }

    /// Moves a delivery on, if it still stands where it was read; false when it does not.
    pub async fn move_on(
        tx: &mut Tx,
        from: &DeliveryRow,
        to: DeliveryState,
        error: Option<&str>,
        now: Timestamp,
    ) -> Result<bool> {
        let next_attempt_at = (to == DeliveryState::Queued).then_some(now);
        let args = args![from.id, from.state.as_str(), to.as_str(), error, next_attempt_at, now];
        Ok(tx.execute(MOVE, args).await? == 1)
    }
}

fn read(row: &Row) -> Result<DeliveryRow> {
    let medium: Option<String> = row.get("medium")?;
    let text = |column: &'static str| Ok::<_, Error>(row.get::<Option<String>>(column)?.unwrap_or_default());
    Ok(DeliveryRow {
        id: row.get("id")?,
        authority_id: row.get("authority_id")?,
        request_id: row.get("request_id")?,
        notice: notice(row)?,
        state: state(row)?,
        medium: medium.as_deref().and_then(Medium::parse),
        message_id: row.get("message_id")?,
        recipient: row.get("recipient")?,
        subject: text("subject")?,
        text: text("body_text")?,
        html: text("body_html")?,
        attempts: row.get("attempts")?,
        last_error: row.get("last_error")?,
        next_attempt_at: row.get("next_attempt_at")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

pub(super) fn notice(row: &Row) -> Result<Notice> {
    let code: String = row.get("notice")?;
    Notice::parse(&code).ok_or(Error::Corrupt { column: "notice", reason: format!("`{code}` is not a notice") })
}

pub(super) fn state(row: &Row) -> Result<DeliveryState> {
    let code: String = row.get("state")?;
    DeliveryState::parse(&code).ok_or(Error::Corrupt { column: "state", reason: format!("`{code}` is not a state") })
}
