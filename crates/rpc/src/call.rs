//! Deadlines of calls between services (DESIGN §3).

use std::cell::Cell;
use std::net::SocketAddr;
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

tokio::task_local! {
    /// Where this call was sent last.
    static SENT_TO: Cell<Option<SocketAddr>>;
}

/// Returns the process that the first try of this call was sent to, on the second.
pub(crate) fn sent_to() -> Option<SocketAddr> {
    SENT_TO.try_with(Cell::get).ok().flatten()
}

/// Keeps in mind where this call is sent.
pub(crate) fn note_sent_to(place: SocketAddr) {
    // Without a second try there is nothing to keep.
    let _is_kept = SENT_TO.try_with(|sent_to| sent_to.set(Some(place)));
}

/// Runs a query or a keyed command, once more if the peer was unavailable the first time: at another of its processes when there is
/// one. Nothing else is retried.
pub async fn retry_once<T, F>(mut call: impl FnMut() -> F) -> Result<T, Status>
where
    F: Future<Output = Result<T, Status>>,
{
    let both = async {
        match call().await {
            Err(status) if status.code() == tonic::Code::Unavailable => call().await,
            answer => answer,
        }
    };
    SENT_TO.scope(Cell::default(), both).await
}
