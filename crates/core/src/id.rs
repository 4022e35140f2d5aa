//! Ids: UUIDv7 (RFC 9562) inside, a short prefix and 26 lower-case Crockford characters outside (`req_01j…`).

use uuid::Uuid;

use crate::{Clock, Rng};

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Characters of an id after its prefix: 26 × 5 bits hold 128.
const TEXT_LENGTH: usize = 26;

/// A text that is not an id of the expected kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an id of the form {prefix}_ followed by 26 characters")]
pub struct InvalidId {
    text: String,
    prefix: &'static str,
}

/// Returns a new UUIDv7: 48 bits of the clock's milliseconds, the rest random.
pub fn new_uuid(clock: &dyn Clock, rng: &dyn Rng) -> Uuid {
    let mut random = [0; 10];
    rng.fill(&mut random);
    let millis = u64::try_from(clock.now().as_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

fn encode(value: u128) -> String {
    (0..TEXT_LENGTH).rev().map(|position| char::from(ALPHABET[(value >> (position * 5) & 31) as usize])).collect()
}

fn decode(text: &str) -> Option<u128> {
    if text.len() != TEXT_LENGTH || text.as_bytes()[0] > b'7' {
        return None;
    }
    text.bytes().try_fold(0_u128, |value, byte| {
        let digit = ALPHABET.iter().position(|&candidate| candidate == byte)?;
        Some(value << 5 | digit as u128)
    })
}

macro_rules! id {
    ($name:ident, $prefix:literal, $doc:literal) => {
        #[doc = $doc]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Comes before every other in the order of ids.
            pub const MIN: Self = Self(Uuid::nil());

            /// The letters before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// Returns a new id.
            pub fn new(clock: &dyn Clock, rng: &dyn Rng) -> Self {
                Self(new_uuid(clock, rng))
            }

            /// Returns the UUID, as databases keep it.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(value: Uuid) -> Self {
                Self(value)
            }
        }

        impl From<$name> for Uuid {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($prefix, "_{}"), encode(self.0.as_u128()))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(decode)
                    .map(|value| Self(Uuid::from_u128(value)))
                    .ok_or_else(|| InvalidId { text: text.chars().take(64).collect(), prefix: $prefix })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

id!(AuthorityId, "aut", "A local authority, the tenant.");
id!(ServiceRequestId, "req", "A service request.");
id!(InteractionId, "int", "One message, call, visit or note of a request's thread.");
id!(PartyId, "pty", "A usager: a person, an association or a company.");
id!(AttachmentId, "att", "A file of an interaction.");
id!(AgentId, "agt", "An agent of an authority.");
id!(DepartmentId, "dep", "A department of an authority.");
id!(ProcedureId, "prc", "A procedure of an authority.");
id!(OfferId, "off", "A request proposed to one agent.");
id!(AssignmentId, "asg", "A request held by one agent.");
id!(DecisionId, "dec", "One decision of the routing engine.");
id!(DeliveryId, "dlv", "One message out to one recipient.");
id!(SheetId, "sht", "A knowledge sheet.");
id!(EventId, "evt", "One fact of a log.");

impl AuthorityId {
    /// Returns the id of the authority known by `code`: the same on every machine, so that files need no ids.
    pub fn of_code(code: &str) -> Self {
        Self(stable_uuid(&["authority", code]))
    }
}

impl AgentId {
    /// Returns the id of the agent known by `login` (unique over all authorities).
    pub fn of_login(login: &str) -> Self {
        Self(stable_uuid(&["agent", login]))
    }
}

impl SheetId {
    /// Returns the id of an authority's sheet known by `external_id`.
    pub fn of_external_id(authority: &str, external_id: &str) -> Self {
        Self(stable_uuid(&["sheet", authority, external_id]))
    }
}

/// Returns a UUIDv8 (RFC 9562 §5.8) that follows from `parts` alone: two rounds of FNV-1a, for names, never for secrets.
fn stable_uuid(parts: &[&str]) -> Uuid {
    let hash = |basis: u64| {
        parts
            .iter()
            .flat_map(|part| part.bytes().chain([0]))
            .fold(basis, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3))
    };
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&hash(0xCBF2_9CE4_8422_2325).to_be_bytes());
    bytes[8..].copy_from_slice(&hash(0x6C62_272E_07BB_0142).to_be_bytes());
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ManualClock, SeededRng, Timestamp};

    #[test]
    fn ids_survive_the_round_trip_through_text() {
        let clock = ManualClock::at(Timestamp::from_millis(1_795_000_000_000));
        let rng = SeededRng::new(7);
        for _ in 0..1_000 {
            let id = ServiceRequestId::new(&clock, &rng);
            let text = id.to_string();
            assert_eq!((text.len(), text.parse()), (30, Ok(id)));
        }
    }

    #[test]
    fn later_ids_sort_after_earlier_ones() {
        let clock = ManualClock::at(Timestamp::from_millis(1_795_000_000_000));
        let rng = SeededRng::new(7);
        let first = ServiceRequestId::new(&clock, &rng);
        clock.advance_millis(1);
        assert!(first.to_string() < ServiceRequestId::new(&clock, &rng).to_string());
    }

    #[test]
    fn an_id_of_another_kind_or_another_length_is_refused() {
        let id = AgentId::of_login("aline.encre").to_string();
        for text in [id.clone(), format!("req_{id}"), "req_".to_owned(), String::new(), "req_é".to_owned()] {
            assert!(text.parse::<ServiceRequestId>().is_err(), "{text}");
        }
        assert!("req_8zzzzzzzzzzzzzzzzzzzzzzzzz".parse::<ServiceRequestId>().is_err(), "129 bits");
    }
}
