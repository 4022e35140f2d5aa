//! Ready answers: those of the request's procedure, their fields filled in with what is known of it.

use super::facts::Facts;
use crate::access::Opened;
use crate::auth::Session;
use crate::pages::chrome::national;
use crate::pages::desk::Choice;
use crate::text::{t, t1};
use crate::towns::Towns;
use crate::view::alphabetical;

/// Returns the ready answers that fit a request, by name.
pub(super) fn choices(towns: &Towns, opened: &Opened) -> Vec<Choice> {
    let summary = opened.summary();
    let Some(town) = towns.find(&summary.authority) else { return Vec::new() };
    let fits = |procedures: &[String]| procedures.is_empty() || procedures.contains(&summary.procedure);
    let fitting = town.replies.iter().filter(|(_, reply)| fits(&reply.procedures));
    let mut choices: Vec<Choice> =
        fitting.map(|(code, reply)| Choice { code: code.clone(), name: reply.name.clone() }).collect();
    choices.sort_by_cached_key(|choice| alphabetical(&choice.name));
    choices
}

/// Returns a ready answer with its fields filled in; `None` when there is none of this code.
pub(super) fn filled(towns: &Towns, session: &Session, opened: &Opened, facts: &Facts, code: &str) -> Option<String> {
    let summary = opened.summary();
    let reply = towns.find(&summary.authority)?.replies.get(code)?;
    let department = opened.work.as_ref().map_or(summary.department.as_str(), |work| work.department.as_str());
    let phone = towns.department(&summary.authority, department).map(|department| national(&department.phone));
    let greeting = match facts.requester.as_str() {
        "" => t("reply-greeting"),
        name => t1("reply-greeting-name", "name", name),
    };
    let values = [
        ("salutation", greeting),
        ("numero", summary.reference.clone()),
        ("demarche", facts.procedure.clone()),
        ("service", facts.department.clone()),
        ("telephone", phone.unwrap_or_default()),
        ("agent", session.account.name.clone()),
        ("date_annoncee", facts.announced.clone()),
    ];
    Some(fill(&reply.body, &values))
}

/// Puts values in the place of `{names}`; a name nobody knows stays, so that the agent sees it.
fn fill(body: &str, values: &[(&str, String)]) -> String {
    let mut filled = String::with_capacity(body.len());
    let mut rest = body;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let value = after.split_once('}').and_then(|(name, next)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((value, next))
        });
        match value {
            Some((value, next)) => {
                filled.push_str(value);
                rest = next;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_filled_in_once_and_unknown_ones_stay() {
        let values = [("numero", "V7KM-4T9R".to_owned()), ("agent", "{numero}".to_owned())];
        assert_eq!(fill("N° {numero}, {agent} {autre} { {numero", &values), "N° V7KM-4T9R, {numero} {autre} { {numero");
    }
}
