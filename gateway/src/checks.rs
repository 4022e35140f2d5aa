//! Checking fields one by one, so that all that is wrong is told at once.

use guichet_core::{EmailAddress, PhoneNumber};

use crate::problem::{FieldError, Problem};
use crate::text::{t, t1};

/// Characters of a subject.
pub(crate) const SUBJECT_CHARACTERS_MAX: usize = 200;
/// Characters of a text.
pub(crate) const BODY_CHARACTERS_MAX: usize = 20_000;
/// Characters of a name.
pub(crate) const NAME_CHARACTERS_MAX: usize = 200;
/// Characters of a postal address.
pub(crate) const ADDRESS_CHARACTERS_MAX: usize = 500;
/// Characters of a code or an id.
pub(crate) const CODE_CHARACTERS_MAX: usize = 100;

/// Collects what is wrong.
#[derive(Debug, Default)]
pub(crate) struct Checks(Vec<FieldError>);

impl Checks {
    /// Notes that a field is wrong, for the reason of a key of the catalogue.
    pub(crate) fn fail(&mut self, pointer: &str, key: &str) {
        self.0.push(FieldError { pointer: pointer.to_owned(), detail: t(key) });
    }

    /// Notes that a field is wrong, unless something else is already known to be wrong with it.
    pub(crate) fn fail_once(&mut self, pointer: &str, key: &str) {
        if !self.0.iter().any(|error| error.pointer == pointer) {
            self.fail(pointer, key);
        }
    }

    /// Returns a text without the space around it, which must be there and fit.
    pub(crate) fn required(&mut self, pointer: &str, value: Option<&str>, characters_max: usize) -> String {
        let text = self.optional(pointer, value, characters_max);
        if text.is_empty() {
            self.fail_once(pointer, "field-required");
        }
        text
    }

    /// Returns a text without the space around it, which must fit; empty when absent.
    pub(crate) fn optional(&mut self, pointer: &str, value: Option<&str>, characters_max: usize) -> String {
        let text = value.unwrap_or_default().trim();
        if text.chars().count() > characters_max {
            self.0
                .push(FieldError { pointer: pointer.to_owned(), detail: t1("field-too-long", "max", characters_max) });
        } else if text.contains('\0') {
            self.fail(pointer, "field-not-accepted");
        }
        text.to_owned()
    }

    /// Returns a text on one line.
    pub(crate) fn line(&mut self, pointer: &str, value: Option<&str>, characters_max: usize) -> String {
        let text = self.optional(pointer, value, characters_max);
        // A line end in a name or a subject would start a header of the message it is printed in.
        if text.contains(['\r', '\n']) {
            self.fail(pointer, "field-one-line");
        }
        text
    }

    /// Returns an e-mail address, empty when absent.
    pub(crate) fn email(&mut self, pointer: &str, value: Option<&str>) -> String {
        let typed = value.unwrap_or_default().trim();
        if !typed.is_empty() && EmailAddress::parse(typed).is_err() {
            self.fail(pointer, "field-email");
        }
        typed.to_owned()
    }

    /// Returns a phone number as typed, empty when absent.
    pub(crate) fn phone(&mut self, pointer: &str, value: Option<&str>) -> String {
        let typed = value.unwrap_or_default().trim();
        if !typed.is_empty() && PhoneNumber::parse(typed).is_err() {
            self.fail(pointer, "field-phone");
        }
        typed.to_owned()
    }

    /// Returns the value of a code of a closed list, `None` when absent or unknown.
    pub(crate) fn code<T>(&mut self, pointer: &str, value: Option<&str>, parse: fn(&str) -> Option<T>) -> Option<T> {
        let code = value.map(str::trim).filter(|code| !code.is_empty())?;
        let found = parse(code);
        if found.is_none() {
            self.fail(pointer, "field-unknown-value");
        }
        found
    }

    /// Returns an instant in UTC milliseconds, 0 when absent.
    pub(crate) fn instant(&mut self, pointer: &str, value: Option<&str>) -> i64 {
        let Some(text) = value.map(str::trim).filter(|text| !text.is_empty()) else {
            return 0;
        };
        text.parse::<jiff::Timestamp>().map_or_else(
            |_| {
                self.fail(pointer, "field-instant");
                0
            },
            jiff::Timestamp::as_millisecond,
        )
    }

    /// Refuses when anything was wrong.
    pub(crate) fn done(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::invalid(self.0)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let mut checks = Checks::default();
        checks.required("/subject", Some("  "), 10);
        checks.line("/requester/name", Some("Awa\r\nBcc: x"), 50);
        checks.email("/requester/email", Some("awa@"));
        checks.phone("/requester/phone", Some("12"));
        checks.instant("/started_at", Some("hier"));
        checks.required("/body", Some("éééééé"), 5);
        let problem = checks.done().expect_err("six mistakes");
        assert_eq!((problem.status, problem.errors.len()), (422, 6));
    }
}
