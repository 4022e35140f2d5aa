//! Waiting for something that another task or process does: always a condition and a deadline, never a fixed sleep.

use std::panic::Location;
use std::time::{Duration, Instant};

/// Time between two looks: short enough not to be felt in a test, long enough to leave the cores to the product.
const STEP: Duration = Duration::from_millis(10);

/// Waits until the condition holds.
///
/// # Panics
/// When it still does not hold at the deadline; the message names the caller's line.
#[track_caller]
pub fn wait_until<C>(deadline: Duration, mut condition: C) -> impl Future<Output = ()>
where
    C: AsyncFnMut() -> bool,
{
    let caller = Location::caller();
    async move {
        poll(deadline, caller, async || condition().await.then_some(())).await;
    }
}

/// Waits until the condition gives a value, and returns it.
///
/// # Panics
/// When there is still none at the deadline; the message names the caller's line.
#[track_caller]
pub fn wait_for<C, T>(deadline: Duration, condition: C) -> impl Future<Output = T>
where
    C: AsyncFnMut() -> Option<T>,
{
    poll(deadline, Location::caller(), condition)
}

/// Does something a moment later than the rest: for races, whose outcome may be any.
pub async fn later<T>(moment: Duration, what: impl Future<Output = T>) -> T {
    tokio::time::sleep(moment).await;
    what.await
}

async fn poll<C, T>(deadline: Duration, caller: &Location<'_>, mut condition: C) -> T
where
    C: AsyncFnMut() -> Option<T>,
{
    let start = Instant::now();
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(start.elapsed() < deadline, "the condition at {caller} did not hold within {deadline:?}");
        tokio::time::sleep(STEP).await;
    }
}
