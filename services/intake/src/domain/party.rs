//! Who wrote: a usager is recognised by an address or a number. One mailbox or telephone may serve a whole family:
//! another name there is another party, never silently the same one.

use guichet_core::id::PartyId;
use guichet_core::{EmailAddress, PhoneNumber};

use super::text::fold;

/// What a message says about its author.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requester {
    /// As given; empty when unknown.
    pub name: String,
    /// Parsed.
    pub email: Option<EmailAddress>,
    /// Parsed.
    pub phone: Option<PhoneNumber>,
    /// As given; empty when unknown.
    pub postal_address: String,
}

/// A party that shares one of the requester's addresses or numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Which.
    pub party_id: PartyId,
    /// As first given; empty when unknown.
    pub name: String,
    /// The e-mail address is the one in common.
    pub by_email: bool,
}

/// Who the requester is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// A party already known.
    Known(PartyId),
    /// A new party.
    New {
        /// Another party has the same address or number: « Qui écrit ? À confirmer ».
        shared_contact: bool,
    },
}

/// Returns who the requester is among the parties that share an address or a number.
pub fn identify(requester: &Requester, known: &[Known]) -> Identity {
    let mut same: Vec<&Known> = known.iter().filter(|known| names_agree(&requester.name, &known.name)).collect();
    // An address says more than a telephone, and an equal name more than one that only does not disagree.
    same.sort_by_key(|known| (fold(&known.name) != fold(&requester.name), !known.by_email));
    let unnamed_among_several = requester.name.trim().is_empty() && distinct(known) > 1;
    match same.first() {
        Some(first) if !unnamed_among_several => Identity::Known(first.party_id),
        _ => Identity::New { shared_contact: !known.is_empty() },
    }
}

fn distinct(known: &[Known]) -> usize {
    let mut ids: Vec<PartyId> = known.iter().map(|known| known.party_id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.len()
}

/// Returns whether two names may be one person's: either is unknown, or the words of one are all in the other
/// (« R. Potager » and « Rémi Potager », « DUPONT Awa » and « Awa Dupont »).
fn names_agree(one: &str, other: &str) -> bool {
    let (one, other) = (fold(one), fold(other));
    if one.is_empty() || other.is_empty() {
        return true;
    }
    let words = |name: &str| name.split(' ').filter(|word| !is_title(word)).map(str::to_owned).collect::<Vec<_>>();
    let (one, other) = (words(&one), words(&other));
    let (fewer, more) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let is_in = |word: &String| {
        more.iter().any(|candidate| candidate == word || (word.len() == 1 && candidate.starts_with(word.as_str())))
    };
    // One word alone in common is a family's name as often as a person's.
    let enough = fewer.len() > 1 || more.len() == 1;
    enough && fewer.iter().all(is_in)
}

fn is_title(word: &str) -> bool {
    matches!(word, "m" | "mr" | "mme" | "mlle" | "monsieur" | "madame" | "mademoiselle")
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn known(id: u128, name: &str) -> Known {
        Known { party_id: PartyId::from(Uuid::from_u128(id)), name: name.to_owned(), by_email: true }
    }

    fn named(name: &str) -> Requester {
        Requester { name: name.to_owned(), ..Requester::default() }
    }

    #[test]
    fn nobody_in_common_is_a_new_party() {
        assert_eq!(identify(&named("Rémi Potager"), &[]), Identity::New { shared_contact: false });
    }

    #[test]
    fn the_same_name_however_written_is_the_same_party() {
        let remi = known(1, "Rémi Potager");
        for name in ["Rémi Potager", "POTAGER Remi", "M. Rémi POTAGER", "R. Potager", ""] {
            assert_eq!(identify(&named(name), std::slice::from_ref(&remi)), Identity::Known(remi.party_id), "{name}");
        }
    }

    #[test]
    fn another_name_in_the_same_mailbox_is_another_party() {
        let remi = known(1, "Rémi Potager");
        for name in ["Solène Potager", "Potager"] {
            assert_eq!(
                identify(&named(name), std::slice::from_ref(&remi)),
                Identity::New { shared_contact: true },
                "{name}"
            );
        }
    }

    #[test]
    fn a_shared_mailbox_knows_its_people_by_name_and_never_guesses() {
        let family = [known(1, "Rémi Potager"), known(2, "Solène Potager")];
        assert_eq!(identify(&named("Solène Potager"), &family), Identity::Known(family[1].party_id));
        assert_eq!(identify(&named(""), &family), Identity::New { shared_contact: true });
    }

    #[test]
    fn an_address_says_more_than_a_telephone() {
        let by_phone = Known { by_email: false, ..known(1, "Awa Diop") };
        let by_email = known(2, "Awa Diop");
        assert_eq!(identify(&named("Awa Diop"), &[by_phone, by_email.clone()]), Identity::Known(by_email.party_id));
    }
}
