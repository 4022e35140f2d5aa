//! Background work: started, started again with a pause after a failure or a panic, drained at the end.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use guichet_rpc::Worker;
use tokio::time::Instant;
use tokio_util::future::FutureExt as _;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::http::End;

/// First pause before a failed worker starts again; it doubles up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(100);
/// Longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// A worker that ran this long before it failed starts again at once.
const STEADY: Duration = Duration::from_secs(30);

/// Owns every task of the process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Supervisor {
    leaving: CancellationToken,
    cancel: CancellationToken,
    tasks: TaskTracker,
}

impl Supervisor {
    /// Returns the token that ends everything.
    pub(crate) fn token(&self) -> CancellationToken {
        self.cancel.clone()
    }

    /// Returns the token that says that the process will stop, while it still serves.
    pub(crate) fn leaving(&self) -> CancellationToken {
        self.leaving.clone()
    }

    /// Returns both.
    pub(crate) fn end(&self) -> End {
        End { leaving: self.leaving(), stop: self.token() }
    }

    /// Starts a worker and keeps it running.
    pub(crate) fn start(&self, mut worker: Worker) {
        let cancel = self.cancel.clone();
        self.tasks.spawn(async move {
            let mut pause = PAUSE_MIN;
            while !cancel.is_cancelled() {
                let started = Instant::now();
                let run = AssertUnwindSafe(worker.start(cancel.clone()));
                match futures::FutureExt::catch_unwind(run).await {
                    Ok(Ok(())) if cancel.is_cancelled() => return,
                    Ok(Ok(())) => tracing::warn!(worker = worker.name, "worker ended early, starting again"),
                    Ok(Err(error)) => {
                        tracing::error!(
                            worker = worker.name,
                            error = &*error as &dyn std::error::Error,
                            "worker failed"
                        );
                    }
                    Err(_) => tracing::error!(worker = worker.name, "worker panicked"),
                }
                if started.elapsed() >= STEADY {
                    pause = PAUSE_MIN;
                }
                let _ended = tokio::time::sleep(pause).with_cancellation_token(&cancel).await;
                pause = (pause * 2).min(PAUSE_MAX);
            }
        });
    }

    /// Runs one task that ends with the process.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// Tells everything to stop and waits for it, `patience` at most; returns whether all of it did in time.
    pub(crate) async fn drain(&self, patience: Duration) -> bool {
        self.cancel.cancel();
        self.tasks.close();
        tokio::time::timeout(patience, self.tasks.wait()).await.is_ok()
    }
}
