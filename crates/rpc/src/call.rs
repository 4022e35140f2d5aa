//! Deadlines of calls between services (DESIGN §3).

use std::time::Duration;

use tonic::{Request, Status};

/// A page that reads waits no longer than this for each service.
pub const READ_DEADLINE: Duration = Duration::from_secs(2);
/// A change may wait for a lock and a flush to disk.
pub const WRITE_DEADLINE: Duration = Duration::from_secs(5);

/// Returns a query with its deadline.
pub fn read<T>(message: T) -> Request<T> {
    with_deadline(message, READ_DEADLINE)
}

/// Returns a command with its deadline.
pub fn write<T>(message: T) -> Request<T> {
    with_deadline(message, WRITE_DEADLINE)
}

/// Returns a message with a deadline of its own.
pub fn with_deadline<T>(message: T, deadline: Duration) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(deadline);
    request
}

/// Runs a query or a keyed command, once more if the peer was unavailable the first time. Nothing else is retried.
pub async fn retry_once<T, F>(mut call: impl FnMut() -> F) -> Result<T, Status>
where
    F: Future<Output = Result<T, Status>>,
{
    match call().await {
        Err(status) if status.code() == tonic::Code::Unavailable => call().await,
        answer => answer,
    }
}
