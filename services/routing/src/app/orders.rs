//! People's commands as they arrive, made into what the domain decides on: departments, procedures and reasons are
//! looked up and checked here.

use crate::store::Tx;
use guichet_core::work::{Outcome, PresenceState};
use guichet_core::{Timestamp, Violation};
use guichet_events::Directory;

use super::Result;
use super::changes::rules;
use crate::domain::command::Command;
use crate::domain::filing::{self, Ask};
use crate::domain::town::Town;
use crate::domain::work::Work;
use crate::error::Error;
use crate::store::{accounts, loads};

/// Characters of an outside body's name.
const ORGANISATION_CHARS_MAX: usize = 200;
/// Characters of its telephone number, as printed.
const PHONE_CHARS_MAX: usize = 40;
/// A usager may be waited for a year at most.
const WAIT_SECONDS_MAX: i64 = 366 * 86_400;

/// A command as it was asked.
#[derive(Clone, Debug)]
pub(crate) enum Order {
    Take,
    Start,
    /// Codes; empty = unchanged.
    Transfer {
        department: String,
        procedure: String,
    },
    /// Code; empty = the procedure's department.
    Escalate {
        department: String,
    },
    Return,
    Forward {
        organisation: String,
        phone: String,
    },
    Pause {
        until: Option<Timestamp>,
    },
    Resume,
    Resolve {
        outcome: Option<Outcome>,
    },
    Withdraw,
    /// Code or text of one of the authority's reasons.
    Dismiss {
        reason: String,
    },
    Reopen,
}

/// Returns the command an order asks for.
pub(crate) async fn prepare(tx: &mut Tx, town: &Town, work: &Work, order: Order, now: Timestamp) -> Result<Command> {
    let directory = town.by_id(work.authority_id).ok_or(Error::UnknownAuthority)?;
    Ok(match order {
        Order::Take => Command::Take,
        Order::Start => Command::Start,
        Order::Resume => Command::Resume,
        Order::Withdraw => Command::Withdraw,
        Order::Transfer { department, procedure } => transfer(town, directory, work, &department, &procedure)?,
        Order::Escalate { department } => escalate(town, directory, work, &department)?,
        Order::Return => {
            let holder_present = is_present(tx, work).await?;
            Command::Return { holder_present, need: filing::for_level1(directory, &work.need) }
        }
        Order::Forward { organisation, phone } => forward(&organisation, &phone)?,
        Order::Pause { until } => {
            let in_bounds = until.is_none_or(|until| until > now && until <= now.plus_seconds(WAIT_SECONDS_MAX));
            if !in_bounds {
                return Err(Error::field("/until", "Choisissez une date à venir, dans moins d'un an."));
            }
            Command::Pause { until }
        }
        Order::Resolve { outcome } => {
            let outcome = outcome.ok_or_else(|| Error::field("/outcome", "Choisissez un résultat."))?;
            Command::Resolve { outcome }
        }
        Order::Dismiss { reason } => Command::Dismiss { reason: dismissal(directory, &reason)? },
        Order::Reopen => {
            let need = filing::file(town, directory, &ask(work, work.filing.procedure.as_deref())).1;
            let known_until = filing::known_until(town, directory, &need.department, now);
            Command::Reopen { need, known_until }
        }
    })
}

/// Returns what filing has to know of a request already known.
pub(crate) fn ask<'a>(work: &'a Work, procedure: Option<&'a str>) -> Ask<'a> {
    Ask {
        procedure,
        channel: work.channel,
        language: &work.language,
        danger: work.danger,
        received_at: work.received_at,
    }
}

fn transfer(town: &Town, directory: &Directory, work: &Work, department: &str, procedure: &str) -> Result<Command> {
    let authority = &directory.authority.code;
    let mut violations = Vec::new();
    if department.is_empty() && procedure.is_empty() {
        violations.push(Violation::new("/department", "Choisissez un service ou une démarche."));
    }
    if !procedure.is_empty() && !directory.procedures.contains_key(procedure) {
        violations.push(Violation::new("/procedure", "Cette démarche n'existe pas dans l'annuaire."));
    }
    if !department.is_empty() && town.department(authority, department).is_none() {
        violations.push(Violation::new("/department", "Ce service n'existe pas dans l'annuaire."));
    }
    if !violations.is_empty() {
        return Err(Error::Invalid(violations));
    }
    let code = if procedure.is_empty() { work.filing.procedure.as_deref() } else { Some(procedure) };
    let (mut filing, mut need) = filing::file(town, directory, &ask(work, code));
    if !department.is_empty() && department != filing.department {
        need = filing::for_department(town, &need, department);
        department.clone_into(&mut filing.department);
    }
    let rules = rules(town, work, filing.procedure.as_deref())?;
    let Work { filing, clock, .. } = work.refiled(filing, &rules);
    Ok(Command::Transfer { filing: Box::new(filing), clock, need })
}

fn escalate(town: &Town, directory: &Directory, work: &Work, department: &str) -> Result<Command> {
    let own = work.filing.department.as_str();
    let department = if department.is_empty() { own } else { department };
    if town.department(&directory.authority.code, department).is_none() {
        return Err(Error::field("/department", "Ce service n'existe pas dans l'annuaire."));
    }
    let (_, need) = filing::file(town, directory, &ask(work, work.filing.procedure.as_deref()));
    Ok(Command::Escalate { need: filing::for_level2(town, &need, own, department) })
}

fn forward(organisation: &str, phone: &str) -> Result<Command> {
    let (organisation, phone) = (organisation.trim(), phone.trim());
    if organisation.is_empty() || organisation.chars().count() > ORGANISATION_CHARS_MAX {
        return Err(Error::field("/organisation", "Écrivez le nom de l'organisme, en 200 caractères au plus."));
    }
    if phone.chars().count() > PHONE_CHARS_MAX {
        return Err(Error::field("/phone", "Écrivez un seul numéro de téléphone."));
    }
    Ok(Command::Forward { organisation: organisation.to_owned(), phone: phone.to_owned() })
}

/// Returns the reason as the usager reads it.
fn dismissal(directory: &Directory, reason: &str) -> Result<String> {
    let reasons = &directory.authority.dismissal_reasons;
    let told = reasons.get(reason).or_else(|| reasons.values().find(|text| *text == reason));
    told.cloned().ok_or_else(|| Error::field("/reason", "Choisissez une des raisons de la liste."))
}

/// Returns whether the level-1 holder is at work: not away, and still in the directory.
pub(super) async fn is_present(tx: &mut Tx, work: &Work) -> Result<bool> {
    let Some(holder) = work.assignee else { return Ok(false) };
    let active = accounts::find(tx, holder).await?.is_some_and(|account| account.active);
    let load = loads::find(tx, holder).await?;
    Ok(active && load.is_some_and(|load| load.presence != PresenceState::Away))
}
