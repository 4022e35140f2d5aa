//! Every code that is used exists somewhere, in an authority that may be meant.

use crate::diagnostic::suggestion;
use crate::read::{Findings, Kind, Mention};

/// Names every code that does not exist, with the nearest one that does.
pub(super) fn check(findings: &Findings) {
    for mention in findings.mentions() {
        let scope = scope_of(&mention, findings);
        if mention.code.is_empty() || findings.is_defined(mention.kind, &scope, &mention.code) {
            continue;
        }
        let home = match mention.scope.first() {
            Some(authority) => format!("{authority}/{}", mention.kind.home()),
            None => mention.kind.home().to_owned(),
        };
        // An agreement that does not say with whom is told already.
        let is_nowhere = mention.scope.iter().any(String::is_empty);
        if is_nowhere || findings.is_damaged(&home) {
            continue;
        }
        let known = findings.codes(mention.kind, &scope);
        let noun = mention.kind.noun();
        let choice = suggestion(&mention.code, known.iter().map(String::as_str));
        let message = if mention.kind == Kind::Authority {
            format!("{noun} « {} » n'a pas de dossier.{choice}", mention.code)
        } else {
            format!("{noun} « {} » n'existe pas dans {home}.{choice}", mention.code)
        };
        findings.error(&mention.place, message);
    }
}

/// Returns where the code may be defined: a procedure may be in the charge of a department shared by another authority.
fn scope_of(mention: &Mention, findings: &Findings) -> Vec<String> {
    let mut scope = mention.scope.clone();
    if let (Kind::Department, Some(authority)) = (mention.kind, mention.scope.first()) {
        scope.extend(findings.lenders_of(authority, &mention.code));
    }
    scope
}
