//! The folder as it would be written by hand, in one file.

use std::io::{Cursor, Write};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use guichet_directory::{Bundle, export};
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::api::directory::{read_sheets, read_texts};
use crate::app::Shared;
use crate::auth::Supervisor;
use crate::problem::Problem;
use crate::settings::Published;

/// Sends the folder of the caller's own authority; that of all of them to administrators, as the API does.
pub(super) async fn download(State(app): State<Shared>, Supervisor(session): Supervisor) -> Result<Response, Problem> {
    session.agent_id()?;
    let mut directories = Published::read(&app).await?.directories;
    directories.retain(|directory| session.is_administrator() || directory.authority.code == session.account.authority);
    let mut bundles = Vec::new();
    for directory in directories {
        let code = directory.authority.code.clone();
        let (texts, sheets) = tokio::try_join!(read_texts(&app, &code), read_sheets(&app, &code))?;
        let texts = texts.into_iter().map(Into::into).collect();
        let sheets = sheets.into_iter().map(Into::into).collect();
        bundles.push(Bundle { directory, texts, sheets });
    }
    let archive = zipped(&export(&bundles)).map_err(|error| {
        tracing::error!(%error, "could not write the folder's archive");
        Problem::of_status(StatusCode::INTERNAL_SERVER_ERROR)
    })?;
    let headers = [
        (header::CONTENT_TYPE, "application/zip"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"annuaire.zip\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, archive).into_response())
}

fn zipped(files: &[(String, String)]) -> zip::result::ZipResult<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, text) in files {
        archive.start_file(path.as_str(), SimpleFileOptions::default())?;
        archive.write_all(text.as_bytes())?;
    }
    Ok(archive.finish()?.into_inner())
}
