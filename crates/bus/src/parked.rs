//! Events set aside: the one that could not be applied, and the later ones of the same request.

use guichet_core::Timestamp;
use guichet_core::id::ServiceRequestId;
use guichet_db::{Db, Tx, args};
use guichet_events::Envelope;

use crate::{Error, Result};

const INSERT: &str = "INSERT INTO parked_events
    (consumer, producer, generation, seq, event_id, request_id, envelope, reason, parked_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (consumer, producer, generation, seq) DO NOTHING";
const FIND_REQUEST: &str =
    "SELECT 1 AS found FROM parked_events WHERE consumer = $1 AND producer = $2 AND request_id = $3 LIMIT 1";
const ANY: &str = "SELECT 1 AS found FROM parked_events WHERE consumer = $1 AND producer = $2 LIMIT 1";
const LIST: &str = "SELECT consumer, producer, envelope, reason, parked_at FROM parked_events
    ORDER BY producer, generation, seq LIMIT $1";

/// One event set aside.
#[derive(Clone, Debug)]
pub struct ParkedEvent {
    /// Who could not apply it.
    pub consumer: String,
    /// Whose it is.
    pub producer: String,
    /// The event.
    pub envelope: Envelope,
    /// Why.
    pub reason: String,
    /// When.
    pub parked_at: Timestamp,
}

/// Sets an event aside.
pub(crate) async fn park(
    tx: &mut Tx,
    (consumer, producer): (&str, &str),
    event: &Envelope,
    reason: &str,
    now: Timestamp,
) -> Result<()> {
    let text = serde_json::to_string(event).map_err(|source| Error::Corrupt { what: "envelope", source })?;
    let position = event.position;
    let args =
        args![consumer, producer, position.generation, position.seq, event.id, event.request_id, text, reason, now];
    tx.execute(INSERT, args).await?;
    Ok(())
}

/// Returns whether anything of this pair is set aside.
pub(crate) async fn any(tx: &mut Tx, (consumer, producer): (&str, &str)) -> Result<bool> {
    Ok(tx.fetch_optional(ANY, args![consumer, producer]).await?.is_some())
}

/// Returns whether an earlier event of a request is set aside.
pub(crate) async fn holds(
    tx: &mut Tx,
    (consumer, producer): (&str, &str),
    request_id: ServiceRequestId,
) -> Result<bool> {
    Ok(tx.fetch_optional(FIND_REQUEST, args![consumer, producer, request_id]).await?.is_some())
}

/// Returns the oldest events set aside in a service's database, at most `limit`.
pub async fn list_parked(db: &Db, limit: u32) -> Result<Vec<ParkedEvent>> {
    let rows = db.fetch_all(LIST, args![limit]).await?;
    rows.iter()
        .map(|row| {
            let text: String = row.get("envelope")?;
            Ok(ParkedEvent {
                consumer: row.get("consumer")?,
                producer: row.get("producer")?,
                envelope: serde_json::from_str(&text).map_err(|source| Error::Corrupt { what: "envelope", source })?,
                reason: row.get("reason")?,
                parked_at: row.get("parked_at")?,
            })
        })
        .collect()
}
