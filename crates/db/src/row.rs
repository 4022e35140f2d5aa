//! Rows of either back-end, read by column name.

use guichet_core::{Timestamp, id};
use sqlx::Row as _;
use uuid::Uuid;

use crate::{Error, Result};

/// One row of a result.
#[derive(Debug)]
pub struct Row(pub(crate) Inner);

pub(crate) enum Inner {
    Sqlite(sqlx::sqlite::SqliteRow),
    Postgres(sqlx::postgres::PgRow),
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sqlite(_) => "Sqlite(…)",
            Self::Postgres(_) => "Postgres(…)",
        })
    }
}

impl Row {
    /// Returns the value of a column; [`Error::Corrupt`] when it is not a `T`.
    pub fn get<T: FromColumn>(&self, column: &'static str) -> Result<T> {
        T::from_column(self, column)
    }
}

/// A type that a column can hold.
pub trait FromColumn: Sized {
    /// Returns the column's value.
    fn from_column(row: &Row, column: &'static str) -> Result<Self>;
}

fn corrupt(column: &'static str, reason: impl std::fmt::Display) -> Error {
    Error::Corrupt { column, reason: reason.to_string() }
}

macro_rules! stored {
    ($($type:ty),+) => {
        $(
            impl FromColumn for $type {
                fn from_column(row: &Row, column: &'static str) -> Result<Self> {
                    match &row.0 {
                        Inner::Sqlite(row) => row.try_get(column),
                        Inner::Postgres(row) => row.try_get(column),
                    }
                    .map_err(|error| corrupt(column, error))
                }
            }

            impl FromColumn for Option<$type> {
                fn from_column(row: &Row, column: &'static str) -> Result<Self> {
                    match &row.0 {
                        Inner::Sqlite(row) => row.try_get(column),
                        Inner::Postgres(row) => row.try_get(column),
                    }
                    .map_err(|error| corrupt(column, error))
                }
            }
        )+
    };
}
stored!(i64, bool, f64, String, Vec<u8>, Uuid);

macro_rules! converted {
    ($($type:ty: $stored:ty => $convert:expr;)+) => {
        $(
            impl FromColumn for $type {
                fn from_column(row: &Row, column: &'static str) -> Result<Self> {
                    let convert: fn($stored) -> std::result::Result<$type, String> = $convert;
                    convert(row.get(column)?).map_err(|reason| corrupt(column, reason))
                }
            }

            impl FromColumn for Option<$type> {
                fn from_column(row: &Row, column: &'static str) -> Result<Self> {
                    let convert: fn($stored) -> std::result::Result<$type, String> = $convert;
                    let stored: Option<$stored> = row.get(column)?;
                    stored.map(convert).transpose().map_err(|reason| corrupt(column, reason))
                }
            }
        )+
    };
}

converted! {
    i32: i64 => |value| i32::try_from(value).map_err(|error| error.to_string());
    u64: i64 => |value| u64::try_from(value).map_err(|error| error.to_string());
    u32: i64 => |value| u32::try_from(value).map_err(|error| error.to_string());
    u16: i64 => |value| u16::try_from(value).map_err(|error| error.to_string());
    u8: i64 => |value| u8::try_from(value).map_err(|error| error.to_string());
    Timestamp: i64 => |value| Ok(Timestamp::from_millis(value));
    id::AuthorityId: Uuid => |value| Ok(value.into());
    id::ServiceRequestId: Uuid => |value| Ok(value.into());
    id::InteractionId: Uuid => |value| Ok(value.into());
    id::PartyId: Uuid => |value| Ok(value.into());
    id::AttachmentId: Uuid => |value| Ok(value.into());
    id::AgentId: Uuid => |value| Ok(value.into());
    id::DepartmentId: Uuid => |value| Ok(value.into());
    id::ProcedureId: Uuid => |value| Ok(value.into());
    id::OfferId: Uuid => |value| Ok(value.into());
    id::AssignmentId: Uuid => |value| Ok(value.into());
    id::DecisionId: Uuid => |value| Ok(value.into());
    id::DeliveryId: Uuid => |value| Ok(value.into());
    id::SheetId: Uuid => |value| Ok(value.into());
    id::EventId: Uuid => |value| Ok(value.into());
}
