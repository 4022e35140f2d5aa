//! Who contacts the town, when and how: decided beforehand from a seed, so that the same seed plays the same day.

use std::time::Duration;

use guichet_core::Rng;
use guichet_core::SeededRng;

use crate::texts::{Person, Said, TEXTS};

/// Contacts of one plan at most: a day of a big city, and what memory holds without a thought.
const CONTACTS_MAX: usize = 100_000;
/// Minutes between two storms on average: something breaks, and a whole street writes.
const STORM_EVERY_MINUTES: f64 = 20.0;
/// Reports of the smallest storm, and how many more the largest has.
const STORM_REPORTS: (u32, u32) = (6, 10);
/// Seconds a storm lasts.
const STORM_SECONDS: u32 = 45;
/// Seconds after which somebody who wrote adds something, and how many more it may take.
const REPLY_SECONDS: (u32, u32) = (10, 80);
/// In a hundred contacts: those by e-mail, those by the form, those by telephone; the others come to the counter.
const BY_EMAIL: u32 = 40;
const BY_FORM: u32 = 32;
const BY_TELEPHONE: u32 = 18;
/// In a hundred e-mails: those that do not say what is wanted, and those whose sender writes again.
const VAGUE: u32 = 12;
const WRITES_AGAIN: u32 = 25;
/// In a hundred forms: those where another procedure was chosen than the one meant.
const CHOSEN_WRONGLY: u32 = 10;
/// In a hundred messages that could carry a file: those that do.
const WITH_FILE: u32 = 60;
/// In a hundred callers and visitors: those answered on the spot.
const ON_THE_SPOT: u32 = 45;

/// How somebody contacts the town.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By e-mail; the number of the earlier contact it answers, if any.
    Email {
        /// Place of that contact in the plan.
        answers: Option<usize>,
    },
    /// By the form of the portal.
    Web,
    /// By telephone, answered at once or not.
    Phone {
        /// Nothing is left to do.
        answered: bool,
    },
    /// At the counter, answered at once or not.
    Counter {
        /// Nothing is left to do.
        answered: bool,
    },
}

/// One contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// When, from the start.
    pub at: Duration,
    /// How.
    pub way: Way,
    /// Who; the same person as in the contact it answers.
    pub(crate) person: Person,
    /// What.
    pub(crate) said: Said,
    /// Part of a storm.
    pub storm: bool,
    /// Name of the contact, which nothing else has: a `Message-ID`, a key, the number of a call.
    pub(crate) number: usize,
}

/// What will happen, in order of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The contacts.
    pub contacts: Vec<Contact>,
}

impl Plan {
    /// Plans `minutes` at `rate` new contacts a minute (Poisson arrivals), storms and replies on top.
    pub fn new(seed: u64, rate: f64, minutes: f64) -> Self {
        let rng = SeededRng::new(seed);
        let end = minutes * 60.0;
        let mut contacts = Vec::new();
        for at in arrivals(&rng, rate / 60.0, end) {
            let contact = contact(&rng, at, contacts.len());
            push_with_reply(&rng, &mut contacts, contact, end);
        }
        for at in arrivals(&rng, 1.0 / (STORM_EVERY_MINUTES * 60.0), end) {
            push_storm(&rng, &mut contacts, at);
        }
        Self { contacts: in_order(contacts) }
    }

    /// Plans `count` forms at once, to fill a desk.
    pub fn forms(seed: u64, count: usize) -> Self {
        let rng = SeededRng::new(seed);
        let form = |number| by_form(&rng, 0.0, number);
        Self { contacts: (0..count.min(CONTACTS_MAX)).map(form).collect() }
    }
}

/// Returns the instants, in seconds, of arrivals at a rate a second until the end.
fn arrivals(rng: &dyn Rng, per_second: f64, end: f64) -> Vec<f64> {
    let mut instants = Vec::new();
    let mut at = 0.0;
    while instants.len() < CONTACTS_MAX && per_second > 0.0 {
        // From 0 to 1, neither of them: the logarithm stays finite.
        let drawn = (f64::from(rng.below(u32::MAX - 1)) + 1.0) / f64::from(u32::MAX);
        at -= drawn.ln() / per_second;
        if at >= end {
            break;
        }
        instants.push(at);
    }
    instants
}

fn one_in_a_hundred(rng: &dyn Rng, chances: u32) -> bool {
    rng.below(100) < chances
}

fn contact(rng: &dyn Rng, at: f64, number: usize) -> Contact {
    let drawn = rng.below(100);
    if drawn < BY_EMAIL {
        let vague = one_in_a_hundred(rng, VAGUE);
        let said = if vague { TEXTS.something_vague(rng) } else { TEXTS.something(rng) };
        return told(rng, at, number, Way::Email { answers: None }, said);
    }
    if drawn < BY_EMAIL + BY_FORM {
        return by_form(rng, at, number);
    }
    let answered = one_in_a_hundred(rng, ON_THE_SPOT);
    let way =
        if drawn < BY_EMAIL + BY_FORM + BY_TELEPHONE { Way::Phone { answered } } else { Way::Counter { answered } };
    told(rng, at, number, way, TEXTS.something(rng))
}

fn by_form(rng: &dyn Rng, at: f64, number: usize) -> Contact {
    let mut said = TEXTS.something(rng);
    if one_in_a_hundred(rng, CHOSEN_WRONGLY) {
        said.procedure = TEXTS.any_procedure_of(rng, &said.authority);
    }
    told(rng, at, number, Way::Web, said)
}

fn told(rng: &dyn Rng, at: f64, number: usize, way: Way, mut said: Said) -> Contact {
    if !matches!(way, Way::Email { .. }) || !one_in_a_hundred(rng, WITH_FILE) {
        said.file.clear();
    }
    let person = TEXTS.person(rng, number);
    Contact { at: Duration::from_secs_f64(at), way, person, said, storm: false, number }
}

/// Adds a contact and, for some e-mails, what their sender adds later.
fn push_with_reply(rng: &dyn Rng, contacts: &mut Vec<Contact>, contact: Contact, end: f64) {
    let (number, writes) = (contact.number, matches!(contact.way, Way::Email { .. }));
    let later = contact.at.as_secs_f64() + f64::from(REPLY_SECONDS.0 + rng.below(REPLY_SECONDS.1));
    let reply = Contact {
        at: Duration::from_secs_f64(later),
        way: Way::Email { answers: Some(number) },
        said: Said { text: TEXTS.reply(rng), subject: format!("Re: {}", contact.said.subject), ..contact.said.clone() },
        number: number + 1,
        ..contact.clone()
    };
    contacts.push(contact);
    if writes && one_in_a_hundred(rng, WRITES_AGAIN) && later < end {
        contacts.push(reply);
    }
}

/// Adds a street full of people who all see the same dark lamp.
fn push_storm(rng: &dyn Rng, contacts: &mut Vec<Contact>, at: f64) {
    let street = TEXTS.street(rng);
    for _ in 0..STORM_REPORTS.0 + rng.below(STORM_REPORTS.1) {
        let later = at + f64::from(rng.below(STORM_SECONDS));
        let said = Said {
            authority: "valorme".to_owned(),
            procedure: "voirie".to_owned(),
            subject: format!("Plus d'éclairage {street}"),
            text: format!(
                "Bonjour, tous les lampadaires sont éteints {street} depuis ce soir. Merci d'envoyer quelqu'un."
            ),
            file: String::new(),
        };
        let way = Way::Email { answers: None };
        contacts.push(Contact { storm: true, ..told(rng, later, contacts.len(), way, said) });
    }
}

/// Sorts by time; what an answer answers is found again by its number.
fn in_order(mut contacts: Vec<Contact>) -> Vec<Contact> {
    contacts.sort_by_key(|contact| (contact.at, contact.number));
    contacts
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_same_seed_plays_the_same_day_and_another_seed_another() {
        assert_eq!(Plan::new(1, 20.0, 30.0), Plan::new(1, 20.0, 30.0));
        assert_ne!(Plan::new(1, 20.0, 30.0), Plan::new(2, 20.0, 30.0));
    }

    #[test]
    fn contacts_come_at_the_rate_asked_for_and_in_order() {
        let contacts = Plan::new(3, 60.0, 100.0).contacts;
        let new = contacts.iter().filter(|contact| !contact.storm && !is_reply(contact)).count();
        // A Poisson count of mean 6,000 is within 5 standard deviations of it.
        assert!((5_600..6_400).contains(&new), "{new}");
        assert!(contacts.is_sorted_by_key(|contact| contact.at));
        assert!(contacts.last().expect("some").at < Duration::from_secs(100 * 60 + 60), "a storm may outlast the end");
    }

    const fn is_reply(contact: &Contact) -> bool {
        matches!(contact.way, Way::Email { answers: Some(_) })
    }

    #[test]
    fn a_reply_comes_later_from_the_same_person_and_no_two_contacts_have_one_number() {
        let contacts = Plan::new(4, 60.0, 60.0).contacts;
        let mut replies = 0;
        for reply in &contacts {
            let Way::Email { answers: Some(number) } = reply.way else { continue };
            let first = contacts.iter().find(|contact| contact.number == number).expect("what it answers");
            assert!(first.at < reply.at && first.person == reply.person && reply.said.subject.starts_with("Re: "));
            replies += 1;
        }
        assert!(replies > 100, "{replies}");
        let numbers: BTreeSet<usize> = contacts.iter().map(|contact| contact.number).collect();
        assert_eq!(numbers.len(), contacts.len());
    }

    #[test]
    fn an_hour_has_every_way_a_storm_vague_messages_and_files() {
        let contacts = Plan::new(5, 60.0, 60.0).contacts;
        let some = |what: &str, is: &dyn Fn(&Contact) -> bool| {
            assert!(contacts.iter().any(is), "an hour without {what}");
        };
        some("a form", &|contact| contact.way == Way::Web);
        some("a call", &|contact| contact.way == Way::Phone { answered: false });
        some("a question answered at the counter", &|contact| contact.way == Way::Counter { answered: true });
        some("a storm", &|contact| contact.storm);
        some("a vague message", &|contact| contact.said.procedure.is_empty());
        some("a file", &|contact| !contact.said.file.is_empty());
    }

    #[test]
    fn no_rate_and_no_time_plan_nothing() {
        assert!(Plan::new(6, 0.0, 0.0).contacts.is_empty());
        assert_eq!(Plan::forms(6, 40).contacts.len(), 40);
    }
}
