//! The routing service as its callers see it: gRPC in, events in and out, on both back-ends.

mod accounts;
mod clocks;
mod commands;
mod desk;
mod flow;
mod forecasts;
mod hours;
mod known;
mod learning;
mod levels;
mod load;
mod overview;
mod races;
mod reminders;
mod replay;
mod settings;
mod shards;
mod substitutes;
mod town;
mod widening;

/// Runs each scenario on both back-ends, under its own name.
#[macro_export]
macro_rules! on_both_back_ends {
    ($($scenario:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $scenario() {
                super::$scenario($crate::desk::Desk::on_sqlite().await).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $scenario() {
                super::$scenario($crate::desk::Desk::on_postgres().await).await;
            })+
        }
    };
}
