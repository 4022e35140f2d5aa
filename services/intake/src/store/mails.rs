//! Mail: the Message-IDs of threads, and the mail that opened nothing.

use guichet_core::Timestamp;
use guichet_core::id::{AuthorityId, ServiceRequestId};
use guichet_db::{Db, Result, Tx, Value, args};

use crate::domain::dedupe::DedupeKey;

const ADD_MESSAGE_ID: &str = "INSERT INTO message_ids (authority_id, message_id, request_id)
    VALUES ($1, $2, $3)
    ON CONFLICT (authority_id, message_id, request_id) DO NOTHING";
const REQUESTS_OF: &str = "SELECT message_id, request_id
    FROM message_ids
    WHERE authority_id = $1 AND message_id IN ({in})";
const IGNORE: &str = "INSERT INTO ignored_mails (authority_id, dedupe_key, reason, raw_sha256, received_at)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (authority_id, dedupe_key) DO NOTHING";

/// Notes that a Message-ID belongs to a request's thread.
pub async fn add_message_id(
    tx: &mut Tx,
    authority: AuthorityId,
    message_id: &str,
    request: ServiceRequestId,
) -> Result<()> {
    tx.execute(ADD_MESSAGE_ID, args![authority, message_id, request]).await.map(drop)
}

/// Returns the requests whose threads hold some Message-IDs, those of the last ids first.
pub async fn requests_of(db: &Db, authority: AuthorityId, message_ids: &[String]) -> Result<Vec<ServiceRequestId>> {
    let list = message_ids.iter().map(Value::from).collect();
    let mut found: Vec<(usize, ServiceRequestId)> = Vec::new();
    for row in db.fetch_all_in(REQUESTS_OF, args![authority], list).await? {
        let message_id: String = row.get("message_id")?;
        let place = message_ids.iter().rposition(|asked| *asked == message_id).unwrap_or_default();
        found.push((place, row.get("request_id")?));
    }
    found.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
    Ok(found.into_iter().map(|(_, request)| request).collect())
}

/// Keeps the trace of a mail that opened nothing.
pub async fn ignore(
    tx: &mut Tx,
    (authority, key): (AuthorityId, &DedupeKey),
    reason: &str,
    raw_sha256: &str,
    received_at: Timestamp,
) -> Result<()> {
    tx.execute(IGNORE, args![authority, &key.key, reason, raw_sha256, received_at]).await.map(drop)
}
