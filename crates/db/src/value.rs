//! Values bound to statements: the few types both back-ends store alike, NULL included with its type.

use guichet_core::{Timestamp, id};
use uuid::Uuid;

/// The arguments of one statement, in the order of `$1`, `$2`, …
pub type Args = Vec<Value>;

/// One bound value; `None` is a typed NULL.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Integers and instants.
    Int(Option<i64>),
    /// Truth.
    Bool(Option<bool>),
    /// Real numbers.
    Real(Option<f64>),
    /// Text.
    Text(Option<String>),
    /// Bytes.
    Bytes(Option<Vec<u8>>),
    /// Ids.
    Uuid(Option<Uuid>),
}

/// Builds the arguments of a statement from anything that becomes a [`Value`].
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::Value::from($value)),*] };
}

macro_rules! value_from {
    ($($variant:ident: $type:ty => $convert:expr;)+) => {
        $(
            impl From<$type> for Value {
                fn from(value: $type) -> Self {
                    let convert: fn($type) -> _ = $convert;
                    Self::$variant(Some(convert(value)))
                }
            }

            impl From<Option<$type>> for Value {
                fn from(value: Option<$type>) -> Self {
                    let convert: fn($type) -> _ = $convert;
                    Self::$variant(value.map(convert))
                }
            }
        )+
    };
}

value_from! {
    Int: i64 => |value| value;
    Int: i32 => i64::from;
    Int: u32 => i64::from;
    Int: u16 => i64::from;
    Int: u8 => i64::from;
    Int: Timestamp => Timestamp::as_millis;
    Bool: bool => |value| value;
    Real: f64 => |value| value;
    Text: String => |value| value;
    Bytes: Vec<u8> => |value| value;
    Uuid: Uuid => |value| value;
    Uuid: id::AuthorityId => Uuid::from;
    Uuid: id::ServiceRequestId => Uuid::from;
    Uuid: id::InteractionId => Uuid::from;
    Uuid: id::PartyId => Uuid::from;
    Uuid: id::AttachmentId => Uuid::from;
    Uuid: id::AgentId => Uuid::from;
    Uuid: id::DepartmentId => Uuid::from;
    Uuid: id::ProcedureId => Uuid::from;
    Uuid: id::OfferId => Uuid::from;
    Uuid: id::AssignmentId => Uuid::from;
    Uuid: id::DecisionId => Uuid::from;
    Uuid: id::DeliveryId => Uuid::from;
    Uuid: id::SheetId => Uuid::from;
    Uuid: id::EventId => Uuid::from;
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(Some(value.clone()))
    }
}

impl From<Option<&str>> for Value {
    fn from(value: Option<&str>) -> Self {
        Self::Text(value.map(str::to_owned))
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Bytes(Some(value.to_vec()))
    }
}

/// Binds every value to a query of either back-end.
macro_rules! bind {
    ($query:expr, $args:expr) => {{
        let mut query = $query;
        for value in $args {
            query = match value {
                $crate::Value::Int(value) => query.bind(value),
                $crate::Value::Bool(value) => query.bind(value),
                $crate::Value::Real(value) => query.bind(value),
                $crate::Value::Text(value) => query.bind(value),
                $crate::Value::Bytes(value) => query.bind(value),
                $crate::Value::Uuid(value) => query.bind(value),
            };
        }
        query
    }};
}
pub(crate) use bind;
