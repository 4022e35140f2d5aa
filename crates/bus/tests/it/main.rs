//! The bus on both pairs of back-ends (SQLite in process, PostgreSQL with Redis), with a toy service that tells numbers
//! and a toy reader that keeps them: whatever is flushed, trimmed, doubled, restored or paused, every number arrives
//! once and in order.

mod fixture;
mod lease;
mod loss;
mod meters;
mod reading;
mod retention;
mod sentinel;
mod tls;

/// Runs each test on both pairs of back-ends, under its own name.
macro_rules! on_both {
    ($($name:ident,)+) => {
        mod embedded { $(#[tokio::test] async fn $name() { super::$name(crate::fixture::Fixture::embedded().await).await; })+ }
        mod split { $(#[tokio::test] async fn $name() { super::$name(crate::fixture::Fixture::split().await).await; })+ }
    };
}
pub(crate) use on_both;
