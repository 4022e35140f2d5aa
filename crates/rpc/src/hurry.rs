//! Whoever calls waits for the answer: what a call asks of a database that is stuck fails at once.

use std::task::{Context, Poll};

use tower::{Layer, Service};

/// Runs every call as one that somebody waits for ([`guichet_db::hurried`]).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hurried;

impl<S> Layer<S> for Hurried {
    type Service = Hurry<S>;

    fn layer(&self, inner: S) -> Hurry<S> {
        Hurry { inner }
    }
}

/// A service whose calls somebody waits for.
#[derive(Clone, Debug)]
pub(crate) struct Hurry<S> {
    inner: S,
}

impl<S: Service<R>, R> Service<R> for Hurry<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = tokio::task::futures::TaskLocalFuture<(), S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        guichet_db::hurried(self.inner.call(request))
    }
}
