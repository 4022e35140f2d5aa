//! Files of interactions; their content is a blob.

use guichet_core::id::{AttachmentId, AuthorityId, InteractionId, ServiceRequestId};
use guichet_db::{Db, Result, Row, Tx, args};

/// A file as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Which.
    pub id: AttachmentId,
    /// The tenant.
    pub authority_id: AuthorityId,
    /// Of which request.
    pub request_id: Option<ServiceRequestId>,
    /// With which interaction it came.
    pub interaction_id: InteractionId,
    /// Its place among the files of the interaction.
    pub place: u32,
    /// Hash of the content.
    pub sha256: String,
    /// Decoded, without path.
    pub file_name: String,
    /// Lower case.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
}

const INSERT: &str = "INSERT INTO attachments (
        authority_id, id, request_id, interaction_id, place, sha256, file_name, media_type, size
    ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const OF_REQUEST: &str =
    "SELECT authority_id, id, request_id, interaction_id, place, sha256, file_name, media_type, size
    FROM attachments
    WHERE authority_id = $1 AND request_id = $2
    ORDER BY interaction_id, place";
const FIND: &str = "SELECT authority_id, id, request_id, interaction_id, place, sha256, file_name, media_type, size
    FROM attachments
    WHERE id = $1";
const REFERS_TO_BLOB: &str = "SELECT 1 AS found FROM attachments WHERE authority_id = $1 AND sha256 = $2
    UNION ALL SELECT 1 FROM interactions WHERE authority_id = $1 AND raw_sha256 = $2
    UNION ALL SELECT 1 FROM ignored_mails WHERE authority_id = $1 AND raw_sha256 = $2
    LIMIT 1";

/// Adds a file.
pub async fn insert(tx: &mut Tx, file: &Attachment) -> Result<()> {
    let args = args![
        file.authority_id,
        file.id,
        file.request_id,
        file.interaction_id,
        file.place,
        &file.sha256,
        &file.file_name,
        &file.media_type,
        i64::try_from(file.size).unwrap_or(i64::MAX),
    ];
    tx.execute(INSERT, args).await.map(drop)
}

/// Returns the files of a request, in order within each interaction.
pub async fn of_request(db: &Db, authority_id: AuthorityId, request_id: ServiceRequestId) -> Result<Vec<Attachment>> {
    db.fetch_all(OF_REQUEST, args![authority_id, request_id]).await?.iter().map(attachment).collect()
}

/// Returns a file by id.
pub async fn find(db: &Db, id: AttachmentId) -> Result<Option<Attachment>> {
    db.fetch_optional(FIND, args![id]).await?.map(|row| attachment(&row)).transpose()
}

/// Returns whether any row still needs a blob.
pub async fn refers_to_blob(db: &Db, authority_id: AuthorityId, sha256: &str) -> Result<bool> {
    Ok(db.fetch_optional(REFERS_TO_BLOB, args![authority_id, sha256]).await?.is_some())
}

fn attachment(row: &Row) -> Result<Attachment> {
    Ok(Attachment {
        id: row.get("id")?,
        authority_id: row.get("authority_id")?,
        request_id: row.get("request_id")?,
        interaction_id: row.get("interaction_id")?,
        place: row.get("place")?,
        sha256: row.get("sha256")?,
        file_name: row.get("file_name")?,
        media_type: row.get("media_type")?,
        size: row.get("size")?,
    })
}
