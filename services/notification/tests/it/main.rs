//! The whole service over real storage, on both back-ends, with a fake intake and real transports.

mod deliveries;
mod desk;
mod recovery;
mod sms_provider;
mod smtp_peer;
mod smtp_relay;
#[path = "../../src/testing.rs"]
mod testing;
mod texts;
mod upgrade;

/// Lists scenarios, each run on SQLite and on PostgreSQL.
macro_rules! scenarios {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test] async fn $name() { super::$name(crate::desk::Desk::on_sqlite().await).await; })+
        }
        mod postgres {
            $(#[tokio::test] async fn $name() { super::$name(crate::desk::Desk::on_postgres().await).await; })+
        }
    };
}
pub(crate) use scenarios;
