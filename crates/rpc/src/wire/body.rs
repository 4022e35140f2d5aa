//! The bodies of a call, wrapped: a question that can be taken back while nobody has begun to answer it, and an answer
//! whose connection may be lost in the middle.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use hyper::body::{Body as HttpBody, Bytes, Frame, Incoming, SizeHint};
use tonic::Status;
use tonic::body::Body;

/// Octets of a question kept until its answer begins, so that it can be asked elsewhere: all questions but uploads are
/// shorter, and a connection carries some hundreds of them.
const KEPT_MAX: usize = 64 << 10;

/// How far a call came whose connection gave up on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reached {
    /// The other side has said that it did not begin to answer.
    Nobody,
    /// Nobody knows.
    Unknown,
}

/// A body lent to a connection.
pub(super) struct Lent(Arc<Mutex<Loan>>);

struct Loan {
    body: Body,
    /// What has left of it, unless that is too long to keep.
    left: Option<VecDeque<Bytes>>,
    kept: usize,
    is_touched: bool,
}

/// Takes a lent body back.
pub(super) struct Claim(Arc<Mutex<Loan>>);

impl Lent {
    /// Lends a body; the claim gives it back.
    pub(super) fn of(body: Body) -> (Body, Claim) {
        let loan = Loan { body, left: Some(VecDeque::new()), kept: 0, is_touched: false };
        let loan = Arc::new(Mutex::new(loan));
        (Body::new(Self(Arc::clone(&loan))), Claim(loan))
    }
}

impl Claim {
    /// Returns the body, from its beginning, if the call may be made again: none of it has left, or it reached nobody.
    pub(super) fn take(self, reached: Reached) -> Option<Body> {
        let mut loan = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if loan.is_touched && reached != Reached::Nobody {
            return None;
        }
        let left = loan.left.take()?;
        let rest = std::mem::take(&mut loan.body);
        Some(if left.is_empty() { rest } else { Body::new(Again { left, rest }) })
    }
}

impl Loan {
    fn keep(&mut self, frame: &Frame<Bytes>) {
        let octets = frame.data_ref().cloned();
        self.kept += octets.as_ref().map_or(0, Bytes::len);
        match (&mut self.left, octets) {
            (Some(left), Some(octets)) if self.kept <= KEPT_MAX => left.push_back(octets),
            _ => self.left = None,
        }
    }
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let mut loan = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        loan.is_touched = true;
        let polled = Pin::new(&mut loan.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            loan.keep(frame);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).body.size_hint()
    }
}

/// A body whose beginning has left before.
struct Again {
    left: VecDeque<Bytes>,
    rest: Body,
}

impl HttpBody for Again {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        match self.left.pop_front() {
            Some(octets) => Poll::Ready(Some(Ok(Frame::data(octets)))),
            None => Pin::new(&mut self.rest).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty() && self.rest.is_end_stream()
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

#[cfg(test)]
mod tests {
    use futures::{FutureExt, StreamExt, stream};

    use super::*;

    fn of(parts: &[&'static str]) -> Body {
        let frames = parts.iter().map(|part| Ok::<_, Status>(Frame::data(Bytes::from_static(part.as_bytes()))));
        Body::new(StreamOf(stream::iter(frames.collect::<Vec<_>>()).boxed()))
    }

    struct StreamOf(stream::BoxStream<'static, Result<Frame<Bytes>, Status>>);

    impl HttpBody for StreamOf {
        type Data = Bytes;
        type Error = Status;

        fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
            self.0.poll_next_unpin(cx)
        }
    }

    /// Reads so many frames.
    fn read(body: &mut Body, frames: usize) -> Vec<Bytes> {
        let next = |_| std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).now_or_never().flatten();
        (0..frames).map_while(next).map(|frame| frame.expect("no error").into_data().expect("data")).collect()
    }

    #[test]
    fn what_has_not_left_may_always_be_asked_again() {
        let (_lent, claim) = Lent::of(of(&["ques", "tion"]));
        let mut again = claim.take(Reached::Unknown).expect("untouched");
        assert_eq!(read(&mut again, 9).concat(), b"question");
    }

    #[test]
    fn what_has_left_may_be_asked_again_only_when_it_reached_nobody() {
        for frames in 1..3 {
            let (mut lent, claim) = Lent::of(of(&["ques", "tion"]));
            read(&mut lent, frames);
            assert!(claim.take(Reached::Unknown).is_none());
            let (mut lent, claim) = Lent::of(of(&["ques", "tion"]));
            read(&mut lent, frames);
            let mut again = claim.take(Reached::Nobody).expect("kept");
            assert_eq!(read(&mut again, 9).concat(), b"question");
        }
    }

    #[test]
    fn an_upload_is_not_kept() {
        let part: &'static str = Box::leak("x".repeat(KEPT_MAX / 2 + 1).into_boxed_str());
        let (mut lent, claim) = Lent::of(of(&[part, part]));
        read(&mut lent, 2);
        assert!(claim.take(Reached::Nobody).is_none());
    }
}
