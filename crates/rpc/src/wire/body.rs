//! The bodies of a call, wrapped: a question that can be taken back while no octet of it has left, and an answer whose
//! connection may be lost in the middle.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use hyper::body::{Body as HttpBody, Bytes, Frame, Incoming, SizeHint};
use tonic::Status;
use tonic::body::Body;

/// A body lent to a connection. A server whose connection closes has done nothing with a call whose body never left.
pub(super) struct Lent(Arc<Mutex<Loan>>);

struct Loan {
    body: Body,
    is_touched: bool,
}

/// Takes a lent body back.
pub(super) struct Claim(Arc<Mutex<Loan>>);

impl Lent {
    /// Lends a body; the claim gives it back as long as it was not touched.
    pub(super) fn of(body: Body) -> (Body, Claim) {
        let loan = Arc::new(Mutex::new(Loan { body, is_touched: false }));
        (Body::new(Self(Arc::clone(&loan))), Claim(loan))
    }
}

impl Claim {
    /// Returns the body if none of it has left.
    pub(super) fn take(self) -> Option<Body> {
        let mut loan = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (!loan.is_touched).then(|| std::mem::take(&mut loan.body))
    }
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let mut loan = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        loan.is_touched = true;
        Pin::new(&mut loan.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).body.size_hint()
    }
}

/// An answer that says « unavailable », and not « a mistake », when its connection is lost.
pub(super) struct Answer(pub(super) Incoming);

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.0).poll_frame(cx).map_err(|error| super::lost(&error))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}
