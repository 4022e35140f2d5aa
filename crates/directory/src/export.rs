//! Writes the folder that [`parse`](crate::parse) reads. Comments are not kept: they belong to the files, not to the
//! values.

mod toml_text;

use std::collections::BTreeMap;

use guichet_core::work::SilenceRule;
use guichet_events::{
    Agent, Authority, Calendar, Department, FormField, LifeEvent, Procedure, ReplyTemplate, Role, Site, SkillLevel,
    Widening,
};

use crate::read::{AGENTS_HEADING, FENCE, LANGUAGE_DEFAULT, LOGO_FILE};
use crate::words::{
    self, AUTHORITY_KINDS, CHANNELS, EVERY_DEPARTMENT, FIELD_KINDS, HOLIDAYS, LEVEL2_ANSWERS, ROLES, WEEKDAYS, word_for,
};
use crate::{Bundle, Sheet, Text};
use toml_text::{Inline, Writer};

/// Returns the files of a folder as (path, text), by path. Reading them gives the same bundles again.
pub fn export(bundles: &[Bundle]) -> Vec<(String, String)> {
    let mut files = vec![("pooling.toml".to_owned(), pooling(bundles)), ("skills.toml".to_owned(), skills(bundles))];
    for bundle in bundles {
        let directory = &bundle.directory;
        let folder = &directory.authority.code;
        let mut add = |name: &str, text: String| files.push((format!("{folder}/{name}"), text));
        add("agents.toml", grouped(&directory.agents, write_agent));
        add("authority.toml", authority(&directory.authority));
        add("calendars.toml", grouped(&directory.calendars, write_calendar));
        add("departments.toml", grouped(&directory.departments, write_department));
        add("procedures.toml", grouped(&directory.procedures, write_procedure));
        add("sites.toml", grouped(&directory.sites, write_site));
        if !directory.life_events.is_empty() {
            add("life_events.toml", grouped(&directory.life_events, write_life_event));
        }
        if !directory.replies.is_empty() {
            add("replies.toml", grouped(&directory.replies, write_reply));
        }
        if !directory.authority.logo.is_empty() {
            add(LOGO_FILE, format!("{}\n", directory.authority.logo));
        }
        for sheet in &bundle.sheets {
            add(&format!("sheets/{}.md", sheet.external_id), sheet_file(sheet));
        }
        for text in &bundle.texts {
            add(&text_path(text), text_file(text));
        }
    }
    files.sort();
    files
}

/// Writes one group per code.
fn grouped<T>(values: &BTreeMap<String, T>, write: impl Fn(&mut Writer, &T)) -> String {
    let mut file = Writer::default();
    for (code, value) in values {
        file.group(code);
        write(&mut file, value);
    }
    file.finish()
}

fn skills(bundles: &[Bundle]) -> String {
    let mut file = Writer::default();
    let directories = || bundles.iter().map(|bundle| &bundle.directory);
    for (group, names) in [
        ("skills", directories().flat_map(|directory| &directory.skills).collect::<BTreeMap<_, _>>()),
        ("clearances", directories().flat_map(|directory| &directory.clearances).collect()),
    ] {
        file.group(group);
        for (code, name) in names {
            file.text(code, name);
        }
    }
    file.finish()
}

fn pooling(bundles: &[Bundle]) -> String {
    let mut file = Writer::default();
    for bundle in bundles {
        for agreement in &bundle.directory.pooling {
            file.item_of("agreement");
            file.text("authority", &bundle.directory.authority.code);
            file.text("with", &agreement.with);
            if agreement.departments.is_empty() {
                file.text("departments", EVERY_DEPARTMENT);
            } else {
                // Departments lent by the other authority are open to its agents without saying so.
                let is_own = |code: &&String| !agreement.shared_departments.contains(code);
                file.list("departments", agreement.departments.iter().filter(is_own));
            }
            file.list_unless_empty("shared_departments", &agreement.shared_departments);
        }
    }
    file.finish()
}

fn authority(authority: &Authority) -> String {
    let mut file = Writer::default();
    file.text("name", &authority.name);
    file.text("kind", word_for(AUTHORITY_KINDS, authority.kind));
    file.text("time_zone", &authority.time_zone);
    file.text("holidays", word_for(HOLIDAYS, authority.holidays));
    file.text("phone", &authority.phone);
    file.text("hours", &authority.hours);
    file.text("email", &authority.email);
    file.list_unless_empty("mailboxes", &authority.mailboxes);
    file.text("postal_address", &authority.postal_address);
    file.text("website", &authority.website);
    file.text("court", &authority.court);
    file.text("decision_maker", &authority.decision_maker);
    file.text("triage_procedure", &authority.triage_procedure);
    file.text_unless_empty("colour", &authority.colour);
    file.group("dismissal_reasons");
    for (code, reason) in &authority.dismissal_reasons {
        file.text(code, reason);
    }
    file.finish()
}

fn write_department(file: &mut Writer, department: &Department) {
    file.text("name", &department.name);
    file.text("site", &department.site);
    file.text("calendar", &department.calendar);
    file.text("phone", &department.phone);
    file.text_unless_empty("email", &department.email);
}

fn write_site(file: &mut Writer, site: &Site) {
    file.text("name", &site.name);
    file.text("postal_address", &site.postal_address);
}

fn write_calendar(file: &mut Writer, calendar: &Calendar) {
    for (day, intervals) in &calendar.week {
        file.list(word_for(WEEKDAYS, *day), intervals.iter().map(|interval| words::interval(*interval)));
    }
    let closures = calendar.closures.iter().map(|closure| {
        [("from", &closure.from), ("to", &closure.to), ("reason", &closure.reason)]
            .map(|(name, value)| (name, Inline::Text(value)))
            .to_vec()
    });
    file.flag_if("bridges", calendar.bridges, true);
    file.inline_groups_unless_empty("closures", closures);
}

fn write_procedure(file: &mut Writer, procedure: &Procedure) {
    file.text("name", &procedure.name);
    file.text("department", &procedure.department);
    file.number("tier", u8::from(procedure.tier).into());
    file.list("skills", levels(&procedure.skills));
    file.list_unless_empty("clearances", &procedure.clearances);
    file.text("announced", &words::delay(procedure.announced));
    if let Some(internal) = procedure.internal {
        file.text("internal", &words::delay(internal));
    }
    if let Some(silence) = words::silence(procedure.silence, procedure.legal) {
        file.text("silence", &silence);
    }
    // Silence that accepts or rejects has said the delay already.
    let is_said = matches!(procedure.silence, Some(SilenceRule::Accept | SilenceRule::Reject));
    if let Some(legal) = procedure.legal.filter(|_| !is_said) {
        file.text("legal", &words::delay(legal));
    }
    if procedure.level2_answer != guichet_events::Level2Answer::Direct {
        file.text("level2_answer", word_for(LEVEL2_ANSWERS, procedure.level2_answer));
    }
    for (key, days) in [("reminder", procedure.reminder_days), ("automatic_return", procedure.automatic_return_days)] {
        if let Some(days) = days {
            file.text(key, &words::business_days(days));
        }
    }
    if let Some(hours) = procedure.danger_hours {
        file.text("danger", &words::hours(hours));
    }
    file.flag_if("confidential", procedure.confidential, true);
    file.flag_if("complaint", procedure.complaint, true);
    file.flag_if("public", procedure.public, false);
    file.number("weight", procedure.weight);
    file.number("cost", procedure.cost);
    file.list_unless_empty("channels", procedure.channels.iter().map(|channel| word_for(CHANNELS, *channel)));
    file.list_unless_empty("documents", &procedure.documents);
    file.list_unless_empty("keywords", &procedure.keywords);
    file.inline_groups_unless_empty("fields", procedure.fields.iter().map(inline_field));
    write_widenings(file, &procedure.widen);
}

fn write_widenings(file: &mut Writer, widenings: &[Widening]) {
    let written: Vec<(String, Vec<String>, &[String])> = widenings
        .iter()
        .map(|step| (words::wait(step.after_minutes), levels(&step.skills).collect(), step.drop.as_slice()))
        .collect();
    let inline = written.iter().map(|(after, skills, drop)| {
        let lists = [("skills", skills.as_slice()), ("drop", *drop)];
        let said = lists.into_iter().filter(|(_, list)| !list.is_empty());
        let after = std::iter::once(("after", Inline::Text(after)));
        after.chain(said.map(|(name, list)| (name, Inline::List(list)))).collect()
    });
    file.inline_groups_unless_empty("widen", inline);
}

fn inline_field(field: &FormField) -> Vec<(&'static str, Inline<'_>)> {
    let mut inline = vec![
        ("code", Inline::Text(&field.code)),
        ("label", Inline::Text(&field.label)),
        ("kind", Inline::Text(word_for(FIELD_KINDS, field.kind))),
    ];
    if !field.hint.is_empty() {
        inline.push(("hint", Inline::Text(&field.hint)));
    }
    if field.required {
        inline.push(("required", Inline::Flag(true)));
    }
    if !field.options.is_empty() {
        inline.push(("options", Inline::List(&field.options)));
    }
    inline
}

fn write_life_event(file: &mut Writer, event: &LifeEvent) {
    file.text("name", &event.name);
    file.text("lead", &event.lead);
    file.list_unless_empty("procedures", &event.procedures);
    file.list_unless_empty("sheets", &event.sheets);
}

fn write_reply(file: &mut Writer, reply: &ReplyTemplate) {
    file.text("name", &reply.name);
    file.list_unless_empty("procedures", &reply.procedures);
    file.paragraphs("body", &reply.body);
}

fn write_agent(file: &mut Writer, agent: &Agent) {
    file.text("name", &agent.name);
    file.text("title", &agent.title);
    if agent.role != Role::Agent {
        file.text("role", word_for(ROLES, agent.role));
    }
    file.number("tier", u8::from(agent.tier).into());
    file.list_unless_empty("departments", &agent.departments);
    file.text_unless_empty("site", &agent.site);
    file.list("skills", levels(&agent.skills));
    file.list_unless_empty("clearances", &agent.clearances);
    file.list_unless_empty("languages", &agent.languages);
    file.number("capacity", agent.capacity);
    file.list_unless_empty("pooled_for", &agent.pooled_for);
    file.flag_if("deferred_only", agent.deferred_only, true);
    file.text_unless_empty("shift", &agent.shift);
    if let Some(tutor) = &agent.tutor {
        file.text("tutor", tutor);
    }
    let learnt: Vec<(String, &str)> =
        agent.learning.iter().map(|learning| (words::skill(&learning.skill), learning.tutor.as_str())).collect();
    let inline =
        learnt.iter().map(|(skill, tutor)| vec![("skill", Inline::Text(skill)), ("tutor", Inline::Text(tutor))]);
    file.inline_groups_unless_empty("learning", inline);
    if let Some(a_day) = agent.learning_a_day {
        file.number("learning_a_day", a_day);
    }
    let absences = agent.absences.iter().map(|absence| {
        let days = [("from", &absence.from), ("to", &absence.to)].into_iter();
        let said = days.chain(absence.substitute.iter().map(|login| ("substitute", login)));
        said.map(|(name, value)| (name, Inline::Text(value))).collect()
    });
    file.inline_groups_unless_empty("absences", absences);
}

fn levels(skills: &[SkillLevel]) -> impl Iterator<Item = String> {
    skills.iter().map(words::skill)
}

fn sheet_file(sheet: &Sheet) -> String {
    let mut keys = Writer::default();
    keys.text("title", &sheet.title);
    keys.text_unless_empty("procedure", &sheet.procedure);
    keys.list_unless_empty("keywords", &sheet.keywords);
    let mut text = format!("{FENCE}\n{}{FENCE}\n\n{}\n", keys.finish(), sheet.markdown);
    if !sheet.agents_markdown.is_empty() {
        text.push_str(&format!("\n{AGENTS_HEADING}\n\n{}\n", sheet.agents_markdown));
    }
    text
}

fn text_path(text: &Text) -> String {
    if text.language == LANGUAGE_DEFAULT {
        return format!("texts/{}.{}.md", text.name, text.medium);
    }
    format!("texts/{}.{}.{}.md", text.name, text.medium, text.language)
}

fn text_file(text: &Text) -> String {
    let mut keys = Writer::default();
    keys.text_unless_empty("subject", &text.subject);
    format!("{FENCE}\n{}{FENCE}\n\n{}\n", keys.finish(), text.body)
}
