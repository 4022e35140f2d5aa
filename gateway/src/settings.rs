//! The directory changed on screen: what is published, who may change what, and publishing it anew.
//!
//! What a part may say is decided by `guichet-directory`, which reads the folder: a screen accepts what a folder accepts.

use std::collections::HashMap;

use guichet_directory::Directory;
use guichet_directory::edit::{self, Difference};
use guichet_proto::common::v1::Page;
use guichet_proto::routing::v1::{
    DirectoryVersion, GetRequest, GetVersionRequest, ListVersionsRequest, PublishRequest,
};

use crate::app::App;
use crate::auth::Session;
use crate::clients::{ask, tell};
use crate::problem::Problem;

/// States of a directory shown at once: each is compared with the one before it.
const VERSIONS_SHOWN_MAX: u32 = 10;

/// Every published directory, with its version.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) directories: Vec<Directory>,
    versions: HashMap<String, i64>,
}

impl Published {
    /// Reads them from routing.
    pub(crate) async fn read(app: &App) -> Result<Self, Problem> {
        let found = ask!(app.directory(), get, GetRequest { authority: String::new() })?;
        let directories = found.directories.iter().map(|json| read(json)).collect::<Result<_, _>>()?;
        Ok(Self { directories, versions: found.versions })
    }

    /// Returns the directory that the caller's employer publishes.
    pub(crate) fn own(&self, session: &Session) -> Result<&Directory, Problem> {
        let code = &session.account.authority;
        self.directories.iter().find(|directory| directory.authority.code == *code).ok_or_else(Problem::not_found)
    }

    /// Returns the version of an authority's directory.
    pub(crate) fn version(&self, authority: &str) -> i64 {
        self.versions.get(authority).copied().unwrap_or_default()
    }
}

/// Reads the JSON of a directory.
fn read(json: &str) -> Result<Directory, Problem> {
    serde_json::from_str(json).map_err(|error| {
        tracing::error!(%error, "a published directory cannot be read");
        Problem::of_status(axum::http::StatusCode::INTERNAL_SERVER_ERROR)
    })
}

/// A directory to publish in the place of another.
#[derive(Debug)]
pub(crate) struct Replacement<'a> {
    pub(crate) before: &'a Directory,
    pub(crate) after: &'a Directory,
    /// The version it was changed from: a newer one is not overwritten.
    pub(crate) seen: i64,
    /// The version whose state it is again, 0 = a new one.
    pub(crate) restores: i64,
}

/// Publishes a change, unless it is not the caller's to make.
pub(crate) async fn publish(app: &App, session: &Session, change: Replacement<'_>) -> Result<(), Problem> {
    let differences = edit::compare(change.before, change.after);
    if !may_make(session, &differences) {
        return Err(Problem::forbidden());
    }
    let json = serde_json::to_string(change.after).expect("a directory is plain data: maps with text keys only");
    let code = change.after.authority.code.clone();
    let message = PublishRequest {
        directories: vec![json],
        agent_id: session.agent_id()?.to_owned(),
        seen_versions: [(code, change.seen)].into(),
        restores: change.restores,
        ..PublishRequest::default()
    };
    tell!(app.directory(), publish, message)?;
    app.towns.forget().await;
    Ok(())
}

/// Returns whether a person may make these changes: what grants access is for administrators.
pub(crate) fn may_make(session: &Session, differences: &[Difference]) -> bool {
    session.is_administrator() || !differences.iter().any(edit::is_reserved)
}

/// A state a directory has had, and what changed with it.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) version: DirectoryVersion,
    /// `None` for the oldest known: nothing came before it.
    pub(crate) differences: Option<Vec<Difference>>,
}

/// Returns the states of an authority's directory before a version, the newest first, and the cursor of the older ones.
pub(crate) async fn history(app: &App, authority: &str, cursor: &str) -> Result<(Vec<State>, String), Problem> {
    let message = ListVersionsRequest {
        authority: authority.to_owned(),
        page: Some(Page { limit: VERSIONS_SHOWN_MAX + 1, cursor: cursor.to_owned() }),
    };
    let mut found = ask!(app.directory(), list_versions, message)?.versions;
    let directories = found.iter().map(|version| at_version(app, authority, version.version));
    let directories = futures::future::try_join_all(directories).await?;
    let shown = found.len().min(VERSIONS_SHOWN_MAX as usize);
    let next = if found.len() > shown { found[shown - 1].version.to_string() } else { String::new() };
    found.truncate(shown);
    let states = found.into_iter().enumerate().map(|(index, version)| State {
        version,
        differences: directories.get(index + 1).map(|before| edit::compare(before, &directories[index])),
    });
    Ok((states.collect(), next))
}

/// Returns an authority's directory as it was.
pub(crate) async fn at_version(app: &App, authority: &str, version: i64) -> Result<Directory, Problem> {
    let message = GetVersionRequest { authority: authority.to_owned(), version };
    read(&ask!(app.directory(), get_version, message)?.directory)
}
