//! E-mail addresses and phone numbers, parsed once at the edge.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType, Region};

/// Octets of an address (RFC 5321 §4.5.3.1.3: a path is 256 with its brackets).
const EMAIL_OCTETS_MAX: usize = 254;
/// Octets of the part before the @ (RFC 5321 §4.5.3.1.1).
const LOCAL_PART_OCTETS_MAX: usize = 64;
/// Characters of a number as typed; past it nobody typed a number.
const PHONE_CHARACTERS_MAX: usize = 40;

/// What a person typed is not an address or a number that could be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidContact {
    /// Not an e-mail address.
    #[error("not an e-mail address of the form name@domain")]
    Email,
    /// Not a phone number of the country, nor an international one.
    #[error("not a phone number that can be dialled")]
    Phone,
}

/// An e-mail address (RFC 5321 mailbox, without quoted local parts), its domain in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Parses an address; surrounding spaces are forgiven.
    pub fn parse(raw: &str) -> Result<Self, InvalidContact> {
        let raw = raw.trim();
        let (local, domain) = raw.rsplit_once('@').ok_or(InvalidContact::Email)?;
        let local_fits = !local.is_empty()
            && local.len() <= LOCAL_PART_OCTETS_MAX
            && local.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c))
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..");
        let label_fits = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let domain_fits = domain.contains('.') && domain.split('.').all(label_fits);
        if raw.len() > EMAIL_OCTETS_MAX || !local_fits || !domain_fits {
            return Err(InvalidContact::Email);
        }
        Ok(Self(format!("{local}@{}", domain.to_lowercase())))
    }

    /// Returns the address as it is written to.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the address as it is compared: providers treat the local part without case.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }

    /// Returns the address with most of its local part hidden, for lists and logs of deliveries.
    pub fn masked(&self) -> String {
        let (local, domain) = self.0.split_once('@').unwrap_or((&self.0, ""));
        let first: String = local.chars().take(1).collect();
        format!("{first}…@{domain}")
    }
}

impl std::fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a number can receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneKind {
    /// Takes SMS.
    Mobile,
    /// Rings, and never gets an SMS.
    Landline,
}

/// A phone number in E.164 (`+33639980000`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Parses a number as people of France type it (`06 39 98 00 00`, `+33 (0)6…`, `00 33…`); overseas numbers are
    /// recognised by their own prefixes.
    pub fn parse(raw: &str) -> Result<Self, InvalidContact> {
        let raw = raw.trim();
        if raw.is_empty() || raw.chars().count() > PHONE_CHARACTERS_MAX {
            return Err(InvalidContact::Phone);
        }
        let number = PHONE_NUMBER_UTIL.parse(raw, Some(Region::FR)).map_err(|_| InvalidContact::Phone)?;
        if !PHONE_NUMBER_UTIL.is_possible_number(&number) {
            return Err(InvalidContact::Phone);
        }
        Ok(Self(PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164).into_owned()))
    }

    /// Returns the number in E.164.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns what the number can receive, after the numbering plan (ARCEP: 06 and 07 are mobile).
    pub fn kind(&self) -> PhoneKind {
        // The numbers of fiction (06 39 98 …) are in no operator's range: the plan's prefix decides for France.
        if let Some(national) = self.0.strip_prefix("+33") {
            return if national.starts_with(['6', '7']) { PhoneKind::Mobile } else { PhoneKind::Landline };
        }
        let kind = PHONE_NUMBER_UTIL.parse(&self.0, None).map(|number| PHONE_NUMBER_UTIL.get_number_type(&number));
        match kind {
            Ok(PhoneNumberType::Mobile | PhoneNumberType::FixedLineOrMobile) => PhoneKind::Mobile,
            _ => PhoneKind::Landline,
        }
    }

    /// Returns the number as it is written in France (`06 39 98 00 00`), abroad in international form.
    pub fn national(&self) -> String {
        let Some(national) = self.0.strip_prefix("+33").filter(|digits| digits.len() == 9) else {
            return self.0.clone();
        };
        let digits = format!("0{national}");
        let pairs: Vec<&str> = (0..5).map(|pair| &digits[pair * 2..pair * 2 + 2]).collect();
        pairs.join(" ")
    }

    /// Returns the number with only its last two digits shown.
    pub fn masked(&self) -> String {
        format!("…{}", &self.0[self.0.len().saturating_sub(2)..])
    }
}

impl std::fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_stored_the_same_however_they_are_typed() {
        for typed in [
            "06 39 98 00 12",
            "0639980012",
            "+33 6 39 98 00 12",
            "0033639980012",
            "+33 (0)6 39 98 00 12",
            "06.39.98.00.12",
        ] {
            let number = PhoneNumber::parse(typed).expect(typed);
            assert_eq!((number.as_str(), number.kind()), ("+33639980012", PhoneKind::Mobile), "{typed}");
        }
    }

    #[test]
    fn a_landline_is_told_from_a_mobile() {
        let number = PhoneNumber::parse("03 53 01 00 10").expect("a fiction number");
        assert_eq!((number.kind(), number.national()), (PhoneKind::Landline, "03 53 01 00 10".to_owned()));
    }

    #[test]
    fn what_cannot_be_dialled_is_refused() {
        for typed in ["", "12", "bonjour", "06 39 98", "06 39 98 00 12 99 99 99 99"] {
            assert_eq!(PhoneNumber::parse(typed), Err(InvalidContact::Phone), "{typed}");
        }
    }

    #[test]
    fn addresses_keep_their_case_before_the_at_and_compare_without_it() {
        let address = EmailAddress::parse(" Awa.Diop+desk@Example.FR ").expect("an address");
        assert_eq!(
            (address.as_str(), address.key().as_str()),
            ("Awa.Diop+desk@example.fr", "awa.diop+desk@example.fr")
        );
    }

    #[test]
    fn what_cannot_be_written_to_is_refused() {
        for typed in
            ["", "awa", "awa@", "@x.fr", "a b@x.fr", "a@x", "a@-x.fr", "a..b@x.fr", "a@x.fr\r\nBcc: b@x.fr", "<a@x.fr>"]
        {
            assert_eq!(EmailAddress::parse(typed), Err(InvalidContact::Email), "{typed}");
        }
    }
}
