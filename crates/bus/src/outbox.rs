//! Saying a fact: one row in the transaction of the change it tells.

use guichet_core::id::AuthorityId;
use guichet_db::{Row, Tx, args};
use guichet_events::{Envelope, NewEvent, Position};

use crate::Result;

const INSERT: &str = "INSERT INTO outbox (id, name, version, authority_id, request_id, occurred_at, traceparent, data)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

/// Appends events to the outbox; they are told once the transaction commits. The current trace goes with them.
pub async fn append(tx: &mut Tx, events: &[NewEvent]) -> Result<()> {
    let traceparent = guichet_telemetry::trace_context::current();
    for event in events {
        let args = args![
            event.id,
            event.name,
            event.version,
            event.authority_id,
            event.request_id,
            event.occurred_at,
            traceparent.clone(),
            &event.data,
        ];
        tx.execute(INSERT, args).await?;
    }
    Ok(())
}

/// Returns a numbered row as it is told.
pub(crate) fn envelope(row: &Row) -> guichet_db::Result<Envelope> {
    Ok(Envelope {
        id: row.get("id")?,
        position: Position { generation: row.get("generation")?, seq: row.get("seq")? },
        name: row.get("name")?,
        version: row.get("version")?,
        authority_id: row.get::<AuthorityId>("authority_id")?,
        request_id: row.get("request_id")?,
        occurred_at: row.get("occurred_at")?,
        traceparent: row.get("traceparent")?,
        data: row.get("data")?,
    })
}
