//! The whole service through its contract and over real TCP, on both back-ends, with a log of routing's and a knowledge
//! service that answers what the test says.

mod blobs;
mod calls;
mod desk;
mod forms;
mod lists;
mod mails;
mod parties;
mod smtp;
#[path = "../../src/testing.rs"]
mod testing;
mod threads;

/// Lists scenarios, each run on SQLite and on PostgreSQL.
macro_rules! scenarios {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() { super::$name(crate::desk::Desk::on_sqlite().await).await; })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() { super::$name(crate::desk::Desk::on_postgres().await).await; })+
        }
    };
}
pub(crate) use scenarios;
