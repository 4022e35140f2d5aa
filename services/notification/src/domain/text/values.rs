//! Filling the fields: what each name in braces stands for, from the facts, the request and the directory.

use std::collections::BTreeMap;

use guichet_core::Timestamp;
use guichet_core::id::AgentId;
use guichet_core::work::{Outcome, ReplyThen, SilenceRule};

use super::defaults::{Language, Part};
use super::field::Field;
use super::page::{Span, phone_href};
use super::town::Town;
use crate::domain::header::one_line;
use crate::domain::notice::{Ending, Facts, Medium};
use crate::domain::request::RequestView;
use guichet_core::french::Dates;

/// Milliseconds during which a usager's message reopens what was answered: 30 days (DESIGN §4).
const REOPEN_MILLIS: i64 = 30 * 24 * 3_600 * 1_000;
/// Characters of a name in a greeting: longer ones are not names.
const NAME_CHARACTERS_MAX: usize = 60;

/// The court of disputes with an authority, as it begins in the directory.
const COURT: &str = "tribunal administratif";
/// Where anyone writes to it online.
const ONLINE_COURT: &str = "www.telerecours.fr";

/// What the fields of one notice stand for.
pub(super) struct Values<'a> {
    fields: BTreeMap<Field, Span>,
    medium: Medium,
    language: Language,
    town: &'a Town,
    request: &'a RequestView,
    dates: Dates,
}

/// Returns what every field stands for; a field that is absent here stands for nothing.
pub(super) fn fill<'a>(
    medium: Medium,
    facts: &Facts,
    request: &'a RequestView,
    town: &'a Town,
    public_url: &str,
) -> BTreeMap<Field, Span> {
    let language = Language::from_tag(&request.language);
    let mut values = Values { fields: BTreeMap::new(), medium, language, town, request, dates: town.dates() };
    values.common(public_url);
    match facts {
        Facts::Registered { department, procedure, received_at, announced_due, legal_due, receipt_due, silence } => {
            values.procedure(procedure.as_deref());
            values.moment(Field::RecueLe, *received_at);
            values.department(department);
            values.date(Field::DateAccuse, *receipt_due);
            values.announced(*announced_due);
            values.silence(*silence, *legal_due);
        }
        Facts::Reply { interaction_id, agent_id, then, outcome, wait_until, posted_at } => {
            let text = request.message(*interaction_id).map_or("", |message| message.text.trim());
            values.set(Field::Reponse, text);
            values.signature(*agent_id);
            values.result(*outcome);
            values.next_step(*then, *posted_at);
            values.papers_due(*wait_until);
        }
        Facts::Forwarded { organisation, phone, forwarded_at } => {
            values.set(Field::Organisme, &one_line(organisation));
            values.date(Field::TransmiseLe, *forwarded_at);
            if !phone.trim().is_empty() {
                values.part(Field::TelephoneOrganisme, Part::TheirPhone, &[("telephone", phone)]);
            }
        }
        Facts::Delayed { due_at } => values.date(Field::NouvelleDate, *due_at),
        Facts::Ended { ending } => values.ending(ending),
        Facts::Waiting { until } => values.answer_due(*until),
    }
    values.fields
}

impl Values<'_> {
    fn common(&mut self, public_url: &str) {
        let authority = self.town.authority();
        let name = greeted_name(&self.request.requester.name);
        let greeting = if name.is_empty() { "Bonjour".to_owned() } else { format!("Bonjour {name}") };
        self.set(Field::Salutation, &greeting);
        self.set(Field::Numero, &self.request.reference);
        self.set(Field::Autorite, &authority.name);
        self.phone(Field::Telephone, &authority.phone);
        self.set(Field::Horaires, &authority.hours);
        self.set(Field::Adresse, &authority.postal_address);
        self.mailbox(Field::Courriel, &authority.email);
        self.set(Field::Objet, &one_line(&self.request.subject));
        self.procedure(Some(&self.request.procedure));
        self.moment(Field::RecueLe, self.request.received_at);
        self.department(&self.request.department);
        let shown = format!("{}/suivi", authority.website);
        let href = self.follow_href(public_url);
        self.fields.insert(Field::Suivi, Span { text: shown, href });
    }

    /// Only a mail carries the link that opens the thread: an SMS is read over a shoulder, paper by anyone.
    fn follow_href(&self, public_url: &str) -> String {
        if self.medium != Medium::Email {
            return String::new();
        }
        let base = match public_url.trim_end_matches('/') {
            "" => format!("https://{}", self.town.authority().website),
            base => base.to_owned(),
        };
        let token = &self.request.thread.link_token;
        let safe =
            !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
        if safe { format!("{base}/suivi?lien={token}") } else { format!("{base}/suivi") }
    }

    fn procedure(&mut self, code: Option<&str>) {
        let name = code.and_then(|code| self.town.procedure(code)).map(|procedure| procedure.name.clone());
        let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| one_line(&self.request.subject));
        self.set(Field::Demarche, &name);
    }

    fn department(&mut self, code: &str) {
        let card = self.town.department(code);
        self.set(Field::Service, &card.name);
        self.set(Field::AdresseService, &card.address);
        self.phone(Field::TelephoneService, &card.phone);
        self.mailbox(Field::CourrielService, &card.email);
    }

    fn announced(&mut self, due: Option<Timestamp>) {
        let sms = self.medium == Medium::Sms;
        let Some(due) = due else {
            let part = if sms { Part::UnannouncedSms } else { Part::UnannouncedWritten };
            self.part(Field::Delai, part, &[]);
            return;
        };
        let date = self.written_date(due);
        self.part(Field::Delai, if sms { Part::AnnouncedSms } else { Part::AnnouncedWritten }, &[("date", &date)]);
        self.set(Field::DatePrevue, &date);
    }

    /// No sentence unless the rule is known and the law gives a date.
    fn silence(&mut self, rule: Option<SilenceRule>, legal_due: Option<Timestamp>) {
        let (Some(rule), Some(due)) = (rule, legal_due) else { return };
        let part = match rule {
            SilenceRule::Accept => Part::SilenceAccept,
            SilenceRule::Reject => Part::SilenceReject,
            SilenceRule::None => return,
        };
        let date = self.written_date(due);
        let (decider, court) = self.appeal_bodies();
        self.part(Field::Silence, part, &[("date", &date), ("decideur", &decider), ("tribunal", &court)]);
    }

    fn appeal_bodies(&self) -> (String, String) {
        let authority = self.town.authority();
        let decider = if authority.decision_maker.is_empty() { &authority.name } else { &authority.decision_maker };
        (decider.clone(), court_words(&authority.court))
    }

    fn signature(&mut self, agent_id: AgentId) {
        let card = self.town.department(&self.request.department);
        let agent = self.town.agent(agent_id);
        let person = agent.map(|agent| match agent.title.trim() {
            "" => agent.name.clone(),
            title => format!("{}, {title}", agent.name),
        });
        let contact = if card.phone.is_empty() { card.name } else { format!("{}, {}", card.name, card.phone) };
        self.set(Field::Signature, &person.into_iter().chain([contact]).collect::<Vec<_>>().join("\n"));
    }

    fn result(&mut self, outcome: Option<Outcome>) {
        let Some(outcome) = outcome else { return };
        self.part(Field::Resultat, Part::Result, &[("resultat", outcome_words(outcome))]);
        if matches!(outcome, Outcome::Refused | Outcome::PartlyGranted) {
            let (decider, court) = self.appeal_bodies();
            self.part(Field::Recours, Part::Appeal, &[("decideur", &decider), ("tribunal", &court)]);
        }
    }

    fn next_step(&mut self, then: ReplyThen, posted_at: Timestamp) {
        match then {
            ReplyThen::Resolve => self.reopen_until(posted_at.plus_millis(REOPEN_MILLIS)),
            ReplyThen::Continue if self.medium == Medium::Email => self.part(Field::Suite, Part::ContinueEmail, &[]),
            ReplyThen::Continue => self.part(Field::Suite, Part::ContinueLetter, &[]),
            ReplyThen::Wait => {}
        }
    }

    fn reopen_until(&mut self, until: Timestamp) {
        let date = self.written_date(until);
        let part = if self.medium == Medium::Email { Part::ReopenEmail } else { Part::ReopenLetter };
        self.part(Field::Suite, part, &[("date", &date)]);
    }

    fn papers_due(&mut self, until: Option<Timestamp>) {
        self.due(until, Part::PapersDueSms, Part::PapersDueWritten);
        self.clock(until);
    }

    /// L.114-5: where silence accepts the clock starts again with the papers, where it rejects it is suspended for the time
    /// given; the announced date moves in any case.
    fn clock(&mut self, until: Option<Timestamp>) {
        // Nothing was announced before somebody knew what it is.
        let Some(procedure) = self.town.procedure(&self.request.procedure) else { return };
        match (procedure.silence, until) {
            (Some(SilenceRule::Accept), _) => self.part(Field::DelaiPieces, Part::ClockRestarts, &[]),
            (Some(SilenceRule::Reject), Some(until)) => {
                let date = self.written_date(until);
                self.part(Field::DelaiPieces, Part::ClockSuspended, &[("date", &date)]);
            }
            _ => self.part(Field::DelaiPieces, Part::ClockShifted, &[]),
        }
    }

    fn answer_due(&mut self, until: Option<Timestamp>) {
        self.due(until, Part::AnswerDueSms, Part::AnswerDueWritten);
        self.clock(until);
    }

    fn due(&mut self, until: Option<Timestamp>, sms: Part, written: Part) {
        let Some(until) = until else { return };
        let date = self.written_date(until);
        self.part(Field::Echeance, if self.medium == Medium::Sms { sms } else { written }, &[("date", &date)]);
        self.set(Field::DateLimite, &date);
    }

    fn ending(&mut self, ending: &Ending) {
        match ending {
            Ending::Withdrawn => self.part(Field::Motif, Part::Withdrawn, &[]),
            Ending::Dismissed { reason } => {
                let published = self.town.authority().dismissal_reasons.get(reason);
                let reason = one_line(published.unwrap_or(reason));
                self.part(Field::Motif, Part::Dismissed, &[("raison", &reason)]);
            }
            Ending::Resolved { outcome, reopen_until } => {
                self.part(Field::Motif, Part::Result, &[("resultat", outcome_words(*outcome))]);
                self.reopen_until(*reopen_until);
            }
        }
    }

    fn part(&mut self, field: Field, part: Part, data: &[(&str, &str)]) {
        let text = part.fill(self.language, data);
        self.set(field, &if self.medium == Medium::Sms { text } else { super::compose::french_spaces(&text) });
    }

    fn set(&mut self, field: Field, text: &str) {
        self.fields.insert(field, Span { text: text.to_owned(), href: String::new() });
    }

    fn phone(&mut self, field: Field, number: &str) {
        self.fields.insert(field, Span { text: number.to_owned(), href: phone_href(number) });
    }

    fn mailbox(&mut self, field: Field, address: &str) {
        let href = if address.is_empty() { String::new() } else { format!("mailto:{address}") };
        self.fields.insert(field, Span { text: address.to_owned(), href });
    }

    fn date(&mut self, field: Field, instant: Timestamp) {
        let text = self.written_date(instant);
        self.set(field, &text);
    }

    fn moment(&mut self, field: Field, instant: Timestamp) {
        let text = self.dates.moment(instant);
        self.set(field, &text);
    }

    fn written_date(&self, instant: Timestamp) -> String {
        if self.medium == Medium::Sms { self.dates.short(instant) } else { self.dates.long(instant) }
    }
}

/// Returns a name as greeted, empty when it is not one: an acknowledgement goes to an address nobody has verified, and
/// must not carry a stranger's advertisement there.
fn greeted_name(name: &str) -> String {
    let line = one_line(name);
    let is_word = |word: &str| {
        let bare = word.strip_suffix('.').unwrap_or(word);
        bare.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’'))
    };
    let fits = line.chars().count() <= NAME_CHARACTERS_MAX && line.split(' ').all(is_word);
    if fits { line } else { String::new() }
}

/// Returns the court after « le »: its name, then in brackets its address and where to write to it online.
fn court_words(court: &str) -> String {
    let (name, address) = court.trim().split_once(',').unwrap_or((court.trim(), ""));
    let town = name.get(..COURT.len()).filter(|start| start.eq_ignore_ascii_case(COURT)).map(|_| &name[COURT.len()..]);
    let (town, address) = town.map_or(("", court.trim()), |town| (town, address.trim()));
    let whereabouts = if address.is_empty() { String::new() } else { format!("{address}, ") };
    format!("{COURT}{town} ({whereabouts}{ONLINE_COURT})")
}

/// Returns the result as told to the usager, about « la demande ».
const fn outcome_words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Granted => "demande accordée",
        Outcome::PartlyGranted => "demande accordée en partie",
        Outcome::Refused => "demande refusée",
        Outcome::Informed => "renseignement donné",
        Outcome::Done => "c'est fait",
        Outcome::Moot => "demande sans objet",
        Outcome::NotCompetent => "cette demande ne relève pas de nos services",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_court_is_named_with_its_address() {
        for (written, read) in [
            (
                "Tribunal administratif d'Orvance, 1 place du Palais",
                "tribunal administratif d'Orvance (1 place du Palais, www.telerecours.fr)",
            ),
            ("tribunal administratif de Dijon", "tribunal administratif de Dijon (www.telerecours.fr)"),
            ("22 rue d'Assas, Dijon", "tribunal administratif (22 rue d'Assas, Dijon, www.telerecours.fr)"),
            ("", "tribunal administratif (www.telerecours.fr)"),
        ] {
            assert_eq!(court_words(written), read);
        }
    }

    #[test]
    fn only_names_are_greeted() {
        for name in ["Awa Diop", "Jean-Éric O’Neill", "M. Potager", ""] {
            assert_eq!(greeted_name(name), name);
        }
        for advertisement in ["Visit http://x.example", "www.x.example now", "gagnez 1000 euros", "a@b.fr"] {
            assert_eq!(greeted_name(advertisement), "", "{advertisement}");
        }
    }
}
