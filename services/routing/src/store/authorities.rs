//! The published directories.

use std::sync::Arc;

use guichet_core::Timestamp;
use guichet_core::id::AuthorityId;
use guichet_db::{Result, Row, Tx, args};
use guichet_events::Directory;

use super::{Reader, json, text};
use crate::domain::town::Town;

const STAMP: &str = "SELECT CAST(COALESCE(SUM(version), 0) AS BIGINT) AS stamp FROM authorities";
const LIST: &str = "SELECT authority_id, version, directory FROM authorities ORDER BY code";
const VERSIONS: &str = "SELECT code, version FROM authorities ORDER BY code";
const PUBLISH: &str = "INSERT INTO authorities (authority_id, code, version, directory, published_at)
    VALUES ($1, $2, 1, $3, $4)
    ON CONFLICT (authority_id) DO UPDATE SET
        version = authorities.version + 1,
        directory = excluded.directory,
        published_at = excluded.published_at
    RETURNING version";

/// Returns a number that changes with each publication: versions only rise, so their sum does.
pub(crate) async fn stamp(reader: &mut impl Reader) -> Result<i64> {
    reader.rows(STAMP, args![]).await?.first().map_or(Ok(0), |row| row.get("stamp"))
}

/// Returns the town of all published directories.
pub(crate) async fn town(reader: &mut impl Reader) -> Result<Town> {
    Ok(town_with_versions(reader).await?.0)
}

/// Returns the same with the version of each directory: one statement, so one moment.
pub(crate) async fn town_with_versions(reader: &mut impl Reader) -> Result<(Town, Vec<(AuthorityId, i64)>)> {
    let rows = reader.rows(LIST, args![]).await?;
    let directories: Vec<Arc<Directory>> =
        rows.iter().map(|row| json(row, "directory").map(Arc::new)).collect::<Result<_>>()?;
    let version = |row: &Row| Ok((row.get("authority_id")?, row.get("version")?));
    Ok((Town::of(directories), rows.iter().map(version).collect::<Result<_>>()?))
}

/// Returns the version of each directory, by code.
pub(crate) async fn versions(reader: &mut impl Reader) -> Result<Vec<(String, i64)>> {
    let rows = reader.rows(VERSIONS, args![]).await?;
    rows.iter().map(|row| Ok((row.get("code")?, row.get("version")?))).collect()
}

/// Replaces an authority's directory; returns its new version.
pub(crate) async fn publish(tx: &mut Tx, directory: &Directory, now: Timestamp) -> Result<i64> {
    let authority = &directory.authority;
    let row = tx.fetch_optional(PUBLISH, args![authority.id, &authority.code, text(directory), now]).await?;
    row.map_or(Ok(0), |row| row.get("version"))
}
