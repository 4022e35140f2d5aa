//! By which medium a usager is reached: the channel they chose, as far as an address is known. A landline never gets
//! an SMS: it gets a letter.

use guichet_core::work::Channel;
use guichet_core::{EmailAddress, PhoneKind, PhoneNumber};

use super::notice::Medium;
use super::request::{Contacts, Requester};

/// Where a notice goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// An address.
    Email(EmailAddress),
    /// A mobile.
    Sms(PhoneNumber),
    /// Paper; the postal address may have to be completed by hand.
    Letter,
}

impl Destination {
    /// Returns the medium that reaches it.
    pub const fn medium(&self) -> Medium {
        match self {
            Self::Email(_) => Medium::Email,
            Self::Sms(_) => Medium::Sms,
            Self::Letter => Medium::Letter,
        }
    }
}

/// Returns where a notice goes, `None` when the usager left no way at all to reach them. Without text messages (`has_sms`), a mobile
/// alone gets a letter, as a landline does.
pub fn choose(
    channel: Channel,
    requester: &Requester,
    preference: Option<Medium>,
    has_sms: bool,
) -> Option<Destination> {
    let order = match channel {
        Channel::Email | Channel::Web | Channel::Api | Channel::Counter => [Medium::Email, Medium::Sms, Medium::Letter],
        Channel::Phone | Channel::Sms => [Medium::Sms, Medium::Email, Medium::Letter],
        // Paper is answered on paper, unless only something quicker is known.
        Channel::Post if !requester.postal_address.trim().is_empty() => [Medium::Letter, Medium::Email, Medium::Sms],
        Channel::Post => [Medium::Email, Medium::Sms, Medium::Letter],
    };
    let mut media = preference.into_iter().chain(order).filter(|medium| has_sms || *medium != Medium::Sms);
    media.find_map(|medium| reach(medium, requester))
}

/// Returns whether a request says how to reach its requester by a medium.
pub fn reaches(medium: Medium, requester: &Requester) -> bool {
    reach(medium, requester).is_some()
}

/// Returns a requester with what their party is known by and this request did not say. Of several numbers or addresses none
/// is taken: nobody said which.
pub fn completed(requester: &Requester, contacts: &Contacts) -> Requester {
    let mobiles = contacts.phones.iter().filter(|phone| phone.kind() == PhoneKind::Mobile);
    Requester {
        email: requester.email.clone().or_else(|| only(contacts.emails.iter()).cloned()),
        phone: requester.phone.clone().or_else(|| only(mobiles).cloned()),
        ..requester.clone()
    }
}

fn only<T>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.next().is_none().then_some(first)
}

fn reach(medium: Medium, requester: &Requester) -> Option<Destination> {
    match medium {
        Medium::Email => requester.email.clone().map(Destination::Email),
        Medium::Sms => requester.phone.clone().filter(|phone| phone.kind() == PhoneKind::Mobile).map(Destination::Sms),
        Medium::Letter => {
            let reachable = requester.phone.is_some() || !requester.postal_address.trim().is_empty();
            reachable.then_some(Destination::Letter)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EMAIL: &str = "odette@example.fr";
    const MOBILE: &str = "06 39 98 00 12";
    const LANDLINE: &str = "03 53 01 00 99";

    fn requester(email: &str, phone: &str, postal_address: &str) -> Requester {
        Requester {
            email: EmailAddress::parse(email).ok(),
            phone: PhoneNumber::parse(phone).ok(),
            postal_address: postal_address.to_owned(),
            ..Requester::default()
        }
    }

    fn medium(channel: Channel, requester: &Requester) -> Option<Medium> {
        choose(channel, requester, None, true).map(|destination| destination.medium())
    }

    #[test]
    fn the_usagers_own_channel_comes_first() {
        let all = requester(EMAIL, MOBILE, "1 rue Hoche, 00400 Valorme");
        assert_eq!(medium(Channel::Email, &all), Some(Medium::Email));
        assert_eq!(medium(Channel::Web, &all), Some(Medium::Email));
        assert_eq!(medium(Channel::Phone, &all), Some(Medium::Sms));
        assert_eq!(medium(Channel::Post, &all), Some(Medium::Letter));
    }

    #[test]
    fn a_web_form_with_only_a_mobile_is_answered_by_sms() {
        assert_eq!(medium(Channel::Web, &requester("", MOBILE, "")), Some(Medium::Sms));
    }

    #[test]
    fn a_landline_gets_a_letter_even_before_its_postal_address_is_known() {
        assert_eq!(medium(Channel::Phone, &requester("", LANDLINE, "")), Some(Medium::Letter));
        assert_eq!(medium(Channel::Phone, &requester(EMAIL, LANDLINE, "")), Some(Medium::Email));
    }

    #[test]
    fn a_desk_without_text_messages_writes_to_a_mobiles_owner_by_mail_or_letter() {
        let without = |requester: &Requester, preference| {
            choose(Channel::Phone, requester, preference, false).map(|destination| destination.medium())
        };
        assert_eq!(without(&requester(EMAIL, MOBILE, ""), Some(Medium::Sms)), Some(Medium::Email));
        assert_eq!(without(&requester("", MOBILE, ""), None), Some(Medium::Letter));
    }

    #[test]
    fn nobody_can_be_reached_without_any_contact() {
        assert_eq!(medium(Channel::Counter, &requester("", "", "  ")), None);
    }

    #[test]
    fn a_preference_wins_when_it_can_be_followed() {
        let all = requester(EMAIL, MOBILE, "1 rue Hoche");
        assert_eq!(choose(Channel::Email, &all, Some(Medium::Letter), true), Some(Destination::Letter));
        let no_mobile = requester(EMAIL, LANDLINE, "");
        assert_eq!(
            choose(Channel::Phone, &no_mobile, Some(Medium::Sms), true).map(|d| d.medium()),
            Some(Medium::Email)
        );
    }

    #[test]
    fn a_preference_is_followed_with_the_one_mobile_that_the_party_is_known_by() {
        let phones = |numbers: &[&str]| numbers.iter().map(|number| PhoneNumber::parse(number).unwrap()).collect();
        let known = |numbers: &[&str]| Contacts { phones: phones(numbers), ..Contacts::default() };
        let wrote = requester(EMAIL, "", "");
        assert!(!reaches(Medium::Sms, &wrote));
        let by = |contacts: &Contacts| {
            let chosen = choose(Channel::Email, &completed(&wrote, contacts), Some(Medium::Sms), true);
            chosen.map(|destination| destination.medium())
        };
        assert_eq!(by(&known(&[LANDLINE, MOBILE])), Some(Medium::Sms));
        assert_eq!(by(&known(&[MOBILE, "06 39 98 00 13"])), Some(Medium::Email), "nobody said which of the two");
        assert_eq!(by(&known(&[])), Some(Medium::Email));
    }

    proptest! {
        #[test]
        fn a_landline_never_gets_an_sms(
            channel in proptest::sample::select(Channel::ALL.to_vec()),
            preference in proptest::option::of(proptest::sample::select(Medium::ALL.to_vec())),
            email in proptest::bool::ANY,
            address in proptest::bool::ANY,
        ) {
            let requester = requester(if email { EMAIL } else { "" }, LANDLINE, if address { "1 rue Hoche" } else { "" });
            let chosen = choose(channel, &requester, preference, true);
            prop_assert!(chosen.is_some_and(|destination| destination.medium() != Medium::Sms));
        }
    }
}
