//! `pooling.toml`: what authorities share, one agreement at each end.

use std::collections::BTreeMap;

use guichet_events::Pooling;

use super::fields::Fields;
use super::findings::{Findings, Kind};
use super::source::Source;
use crate::words::EVERY_DEPARTMENT;

/// Returns the agreements of a file, by the authority that grants them.
pub(super) fn read(source: &Source<'_>, findings: &Findings) -> BTreeMap<String, Vec<Pooling>> {
    let table = source.table(findings);
    let file = Fields::of_file(&table, source, findings);
    let mut agreements: BTreeMap<String, Vec<Pooling>> = BTreeMap::new();
    for fields in file.tables("agreement") {
        for key in ["authority", "with", "departments"] {
            fields.require(key);
        }
        let authority = fields.mention("authority", Kind::Authority, &[]);
        let with = fields.mention("with", Kind::Authority, &[]);
        let shared_departments = fields.mentions("shared_departments", Kind::Department, &[with.as_str()]);
        let departments = read_departments(&fields, [&authority, &with], &shared_departments, findings);
        let place = fields.place.clone();
        fields.finish();
        if authority.is_empty() || with.is_empty() {
            continue;
        }
        if authority == with {
            findings.error(&place, format!("« {authority} » ne peut pas mutualiser avec elle-même."));
            continue;
        }
        let granted = agreements.entry(authority.clone()).or_default();
        if granted.iter().any(|seen| seen.with == with) {
            findings.error(&place, format!("l'accord de « {authority} » avec « {with} » est écrit deux fois."));
            continue;
        }
        findings.agree(&authority, &with, &shared_departments, &place);
        granted.push(Pooling { with, departments, shared_departments });
    }
    file.finish();
    for granted in agreements.values_mut() {
        granted.sort_by(|a, b| a.with.cmp(&b.with));
    }
    agreements
}

/// Returns the departments opened to the other authority's agents; those it runs itself are open to them by nature.
fn read_departments(
    fields: &Fields<'_>,
    [authority, with]: [&str; 2],
    shared: &[String],
    findings: &Findings,
) -> Vec<String> {
    let mut departments = fields.texts_at("departments");
    if matches!(departments.as_slice(), [(word, _)] if word == EVERY_DEPARTMENT) {
        return Vec::new();
    }
    departments.retain(|(code, _)| !shared.contains(code));
    for (code, place) in &departments {
        findings.mention(Kind::Department, &[authority], code, place);
    }
    if departments.is_empty() && shared.is_empty() {
        findings.error(
            &fields.place,
            format!(
                "cet accord n'ouvre rien aux agents de « {with} ». Nommez des services, ou écrivez departments = \
                 \"{EVERY_DEPARTMENT}\" pour tous, dossiers confidentiels exceptés."
            ),
        );
    }
    departments.into_iter().map(|(code, _)| code).chain(shared.iter().cloned()).collect()
}
