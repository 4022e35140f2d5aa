//! What was taken, by the key that recognises a second copy.

use guichet_core::Timestamp;
use guichet_core::id::{AuthorityId, InteractionId, ServiceRequestId};
use guichet_core::work::Channel;
use guichet_db::{Db, Result, Row, Tx, args};

use crate::domain::dedupe::DedupeKey;

/// What became of a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Hash of its content; empty when its key covers it.
    pub content: String,
    /// `created`, `appended`, `recorded` or `ignored`.
    pub outcome: String,
    /// The request it opened or joined.
    pub request_id: Option<ServiceRequestId>,
    /// What it became.
    pub interaction_id: Option<InteractionId>,
    /// The request's number, compact; empty when none.
    pub reference: String,
    /// When the authority had it.
    pub received_at: Timestamp,
}

const CLAIM: &str =
    "INSERT INTO dedupe_keys (authority_id, channel, dedupe_key, content, outcome, reference, received_at)
    VALUES ($1, $2, $3, $4, '', '', $5)
    ON CONFLICT (authority_id, channel, dedupe_key) DO NOTHING";
const SETTLE: &str = "UPDATE dedupe_keys
    SET outcome = $4, request_id = $5, interaction_id = $6, reference = $7
    WHERE authority_id = $1 AND channel = $2 AND dedupe_key = $3";
const FIND: &str = "SELECT content, outcome, request_id, interaction_id, reference, received_at
    FROM dedupe_keys
    WHERE authority_id = $1 AND channel = $2 AND dedupe_key = $3";
const ADD_RECIPIENT: &str = "INSERT INTO mail_recipients (authority_id, dedupe_key, address)
    VALUES ($1, $2, $3)
    ON CONFLICT (authority_id, dedupe_key, address) DO NOTHING";
const SWEEP: &str = "DELETE FROM dedupe_keys WHERE channel IN ('web', 'api') AND received_at < $1";

/// Claims a key in the transaction of the change: of two copies at once, the second waits for the first to end. Returns
/// what became of an earlier copy, `None` when this is the first.
pub async fn claim(
    tx: &mut Tx,
    authority_id: AuthorityId,
    channel: Channel,
    key: &DedupeKey,
    received_at: Timestamp,
) -> Result<Option<Taken>> {
    let args = args![authority_id, channel.as_str(), &key.key, &key.content, received_at];
    if tx.execute(CLAIM, args).await? == 1 {
        return Ok(None);
    }
    let row = tx.fetch_optional(FIND, args![authority_id, channel.as_str(), &key.key]).await?;
    row.map(|row| taken(&row)).transpose()
}

/// Says what became of the contact whose key was claimed.
pub async fn settle(
    tx: &mut Tx,
    (authority_id, channel, key): (AuthorityId, Channel, &DedupeKey),
    taken: &Taken,
) -> Result<()> {
    let args = args![
        authority_id,
        channel.as_str(),
        &key.key,
        &taken.outcome,
        taken.request_id,
        taken.interaction_id,
        &taken.reference,
    ];
    tx.execute(SETTLE, args).await.map(drop)
}

/// Returns what became of a copy taken before.
pub async fn find(db: &Db, authority_id: AuthorityId, channel: Channel, key: &DedupeKey) -> Result<Option<Taken>> {
    let row = db.fetch_optional(FIND, args![authority_id, channel.as_str(), &key.key]).await?;
    row.map(|row| taken(&row)).transpose()
}

/// Notes a mailbox through which a copy of a mail came.
pub async fn add_recipient(tx: &mut Tx, authority_id: AuthorityId, key: &DedupeKey, address: &str) -> Result<()> {
    tx.execute(ADD_RECIPIENT, args![authority_id, &key.key, address]).await.map(drop)
}

/// Forgets the idempotency keys older than an instant; mails and calls are never forgotten.
pub async fn sweep(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.execute(SWEEP, args![before]).await
}

fn taken(row: &Row) -> Result<Taken> {
    Ok(Taken {
        content: row.get("content")?,
        outcome: row.get("outcome")?,
        request_id: row.get("request_id")?,
        interaction_id: row.get("interaction_id")?,
        reference: row.get("reference")?,
        received_at: row.get("received_at")?,
    })
}
