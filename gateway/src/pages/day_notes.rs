//! « Consignes du jour », at the head of the desk.

use axum::extract::{Request, State};
use axum::response::Redirect;
use guichet_proto::routing::v1::{DayNotes, GetDayNotesRequest, SetDayNotesRequest};

use super::desk::dates;
use super::desk_actions::read;
use crate::app::{App, Shared};
use crate::auth::{Session, Supervisor};
use crate::clients::{ask, tell};
use crate::problem::Problem;
use crate::towns::Towns;

/// What one desk is told today.
pub(super) struct NotesLine {
    /// Name of the authority, empty when there is only one desk.
    pub(super) authority: String,
    pub(super) text: String,
    /// « Léon Virgule, 25 novembre 2026 à 8 h 10 ».
    pub(super) by: String,
}

/// What the desks of an agent are told today, and what their own supervisors would change.
pub(super) struct Notes {
    pub(super) lines: Vec<NotesLine>,
    /// The agent may change those of their own desk.
    pub(super) editable: bool,
    /// What these say now.
    pub(super) own: String,
}

/// Reads what an agent is told; a desk without its notes still serves.
pub(super) async fn told(app: &App, session: &Session) -> Vec<DayNotes> {
    let message = GetDayNotesRequest { agent_id: session.account.agent_id.clone() };
    ask!(app.directory(), get_day_notes, message).map(|told| told.notes).unwrap_or_default()
}

/// Returns the notes as the desk shows them.
pub(super) fn shown(towns: &Towns, session: &Session, told: &[DayNotes]) -> Notes {
    let own = told.iter().find(|notes| notes.authority == session.account.authority);
    let several = session.authorities().len() > 1;
    let line = |notes: &DayNotes| NotesLine {
        authority: towns
            .find(&notes.authority)
            .filter(|_| several)
            .map(|town| town.authority.name.clone())
            .unwrap_or_default(),
        text: notes.text.clone(),
        by: format!(
            "{}, {}",
            towns.agent(&notes.agent_id).map(|agent| agent.name.clone()).unwrap_or_default(),
            dates(towns, &notes.authority).moment(notes.updated_at)
        ),
    };
    Notes {
        own: own.map(|notes| notes.text.clone()).unwrap_or_default(),
        editable: session.supervises(),
        lines: told.iter().map(line).collect(),
    }
}

/// Replaces the notes of the agent's own desk.
pub(super) async fn set(
    State(app): State<Shared>,
    Supervisor(session): Supervisor,
    request: Request,
) -> Result<Redirect, Problem> {
    let form = read(&app, &session, request, "").await?;
    let message = SetDayNotesRequest {
        agent_id: session.agent_id()?.to_owned(),
        authority: session.account.authority.clone(),
        day: String::new(),
        text: form.text("notes").to_owned(),
    };
    tell!(app.directory(), set_day_notes, message)?;
    Ok(Redirect::to("/agent?fait=day-notes"))
}
