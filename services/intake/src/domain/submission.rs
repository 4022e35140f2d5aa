//! What a form or a call may hold: each wrong field is named, with what to do about it, in French.

use guichet_core::work::Channel;
use guichet_core::{EmailAddress, PhoneNumber, Violation};
use guichet_events::Directory;

use super::limits;
use super::party::Requester;
use super::text;

/// A requester as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypedRequester {
    /// As typed.
    pub name: String,
    /// As typed.
    pub email: String,
    /// As typed.
    pub phone: String,
    /// As typed.
    pub postal_address: String,
}

/// What a form or a call says, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    /// How it came.
    pub channel: Channel,
    /// As typed.
    pub subject: String,
    /// As typed.
    pub body: String,
    /// Who asks.
    pub requester: TypedRequester,
    /// Code of the procedure; empty to let the classifier propose.
    pub procedure: String,
    /// Code of the site; empty when none.
    pub site: String,
    /// It was answered on the spot: nobody has to be reached.
    pub answered: bool,
}

/// What a form or a call says, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// On one line.
    pub subject: String,
    /// Cleaned.
    pub body: String,
    /// Parsed.
    pub requester: Requester,
}

/// Returns what was typed, checked; or every wrong field.
pub fn check(typed: &Typed, directory: &Directory) -> Result<Checked, Vec<Violation>> {
    let mut wrong = Vec::new();
    let subject = text::one_line(&typed.subject, usize::MAX);
    let body = text::clean(&typed.body).trim().to_owned();
    check_texts(typed, &subject, &body, &mut wrong);
    let requester = check_requester(typed, &mut wrong);
    check_procedure(typed, directory, &mut wrong);
    if !typed.site.is_empty() && !directory.sites.contains_key(&typed.site) {
        wrong.push(Violation::new("/site", "Ce site n'existe pas dans l'annuaire de la collectivité."));
    }
    if wrong.is_empty() { Ok(Checked { subject, body, requester }) } else { Err(wrong) }
}

/// Returns a text to be sent or noted, checked.
pub fn check_body(raw: &str) -> Result<String, Vec<Violation>> {
    let body = text::clean(raw).trim().to_owned();
    if body.is_empty() {
        return Err(vec![Violation::new("/body", "Écrivez un texte.")]);
    }
    if body.chars().count() > limits::BODY_CHARACTERS_MAX {
        return Err(vec![too_long("/body", limits::BODY_CHARACTERS_MAX)]);
    }
    Ok(body)
}

fn too_long(pointer: &str, characters_max: usize) -> Violation {
    Violation::new(pointer, format!("Ce texte est trop long\u{a0}: {characters_max} caractères au plus."))
}

fn check_texts(typed: &Typed, subject: &str, body: &str, wrong: &mut Vec<Violation>) {
    let is_typed_by_an_agent = matches!(typed.channel, Channel::Phone | Channel::Counter | Channel::Post);
    if subject.is_empty() && !(is_typed_by_an_agent && (!body.is_empty() || !typed.procedure.is_empty())) {
        wrong.push(Violation::new("/subject", "Indiquez l'objet de la demande en quelques mots."));
    }
    if subject.chars().count() > limits::SUBJECT_CHARACTERS_MAX {
        wrong.push(too_long("/subject", limits::SUBJECT_CHARACTERS_MAX));
    }
    if body.is_empty() && !is_typed_by_an_agent {
        wrong.push(Violation::new("/body", "Décrivez la demande."));
    }
    if body.chars().count() > limits::BODY_CHARACTERS_MAX {
        wrong.push(too_long("/body", limits::BODY_CHARACTERS_MAX));
    }
}

fn check_requester(typed: &Typed, wrong: &mut Vec<Violation>) -> Requester {
    let given = &typed.requester;
    let name = text::one_line(&given.name, usize::MAX);
    if name.is_empty() && matches!(typed.channel, Channel::Web | Channel::Api) {
        wrong.push(Violation::new("/requester/name", "Indiquez le nom de la personne qui fait la demande."));
    }
    if name.chars().count() > limits::NAME_CHARACTERS_MAX {
        wrong.push(too_long("/requester/name", limits::NAME_CHARACTERS_MAX));
    }
    let email = EmailAddress::parse(&given.email);
    if email.is_err() && !given.email.trim().is_empty() {
        let detail = "Cette adresse électronique n'est pas valable. Exemple\u{a0}: prenom.nom@exemple.fr";
        wrong.push(Violation::new("/requester/email", detail));
    }
    let phone = PhoneNumber::parse(&given.phone);
    if phone.is_err() && !given.phone.trim().is_empty() {
        let detail = "Ce numéro de téléphone n'est pas valable. Exemple\u{a0}: 03 53 01 00 10";
        wrong.push(Violation::new("/requester/phone", detail));
    }
    let postal_address = text::clean(&given.postal_address).trim().to_owned();
    if postal_address.chars().count() > limits::POSTAL_ADDRESS_CHARACTERS_MAX {
        wrong.push(too_long("/requester/postal_address", limits::POSTAL_ADDRESS_CHARACTERS_MAX));
    }
    let nothing_given = [&given.email, &given.phone, &given.postal_address].iter().all(|value| value.trim().is_empty());
    // Somebody at the counter may leave nothing but a name: they come back with their number.
    if nothing_given && !typed.answered && typed.channel != Channel::Counter {
        let detail = "Indiquez au moins une façon de répondre\u{a0}: une adresse électronique, un téléphone ou une adresse postale.";
        wrong.push(Violation::new("/requester", detail));
    }
    Requester { name, email: email.ok(), phone: phone.ok(), postal_address }
}

fn check_procedure(typed: &Typed, directory: &Directory, wrong: &mut Vec<Violation>) {
    if typed.procedure.is_empty() {
        return;
    }
    let Some(procedure) = directory.procedures.get(&typed.procedure) else {
        wrong.push(Violation::new("/procedure", "Cette démarche n'existe pas dans l'annuaire de la collectivité."));
        return;
    };
    if !procedure.channels.is_empty() && !procedure.channels.contains(&typed.channel) {
        wrong.push(Violation::new("/procedure", "Cette démarche n'est pas ouverte par ce moyen."));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::arbitrary_directory;

    fn arbitrary_form() -> Typed {
        Typed {
            channel: Channel::Web,
            subject: " Lampadaire \n en panne ".to_owned(),
            body: "Rue Hoche, devant le 12.\r\n".to_owned(),
            requester: TypedRequester {
                name: "Awa Diop".to_owned(),
                email: "awa@example.fr".to_owned(),
                phone: "06 39 98 00 12".to_owned(),
                postal_address: String::new(),
            },
            procedure: "voirie".to_owned(),
            site: String::new(),
            answered: false,
        }
    }

    fn pointers(typed: &Typed) -> Vec<String> {
        let wrong = check(typed, &arbitrary_directory()).err().unwrap_or_default();
        wrong.into_iter().map(|violation| violation.pointer).collect()
    }

    #[test]
    fn a_good_form_is_cleaned_and_parsed() {
        let checked = check(&arbitrary_form(), &arbitrary_directory()).expect("a good form");
        assert_eq!(
            (checked.subject.as_str(), checked.body.as_str()),
            ("Lampadaire en panne", "Rue Hoche, devant le 12.")
        );
        assert_eq!(checked.requester.phone.map(|phone| phone.to_string()), Some("+33639980012".to_owned()));
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let mut form = arbitrary_form();
        form.subject = "x".repeat(201);
        form.body = " ".to_owned();
        form.requester.email = "awa".to_owned();
        form.requester.phone = "12".to_owned();
        form.requester.name = String::new();
        form.procedure = "inconnue".to_owned();
        let expected = ["/subject", "/body", "/requester/name", "/requester/email", "/requester/phone", "/procedure"];
        assert_eq!(pointers(&form), expected);
    }

    #[test]
    fn somebody_must_be_reachable_except_at_the_counter() {
        let mut form = arbitrary_form();
        form.requester = TypedRequester { name: "Odette Lavande".to_owned(), ..TypedRequester::default() };
        assert_eq!(pointers(&form), ["/requester"]);
        form.channel = Channel::Counter;
        assert!(pointers(&form).is_empty());
    }

    #[test]
    fn a_call_answered_on_the_spot_takes_two_clicks() {
        let call = Typed {
            channel: Channel::Phone,
            subject: String::new(),
            body: String::new(),
            requester: TypedRequester::default(),
            procedure: "voirie".to_owned(),
            site: String::new(),
            answered: true,
        };
        assert!(pointers(&call).is_empty());
    }
}
