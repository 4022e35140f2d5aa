//! The whole service through its gRPC contract, on both back-ends: its own database, a routing log that publishes
//! directories, and the workers as the product runs them.

mod feedback;
mod fixture;
mod publication;
mod search;

/// Declares each test once for SQLite and once for PostgreSQL.
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($desk:ident: Desk) $body:block)+) => {
        $(
            mod $name {
                use super::*;

                $(#[$meta])*
                async fn scenario($desk: Desk) $body

                #[tokio::test(flavor = "multi_thread")]
                async fn on_sqlite() {
                    scenario(Desk::embedded().await).await;
                }

                #[tokio::test(flavor = "multi_thread")]
                async fn on_postgres() {
                    scenario(Desk::clustered().await).await;
                }
            }
        )+
    };
}
pub(crate) use on_both;
