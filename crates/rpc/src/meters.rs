//! Rate, errors and duration of each call served, under the names that OpenTelemetry agreed on.

use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::BoxFuture;
use guichet_telemetry::{Timing, TraceId, current_trace};
use http::{HeaderMap, Request, Response};
use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};
use opentelemetry::KeyValue;
use tokio::time::Instant;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{Layer, Service};

/// What a method that does not exist is counted under: anybody may invent names.
const OTHER: &str = "_OTHER";

static DURATION: LazyLock<Timing> =
    LazyLock::new(|| Timing::new("rpc.server.call.duration", "Time from a call's arrival to the end of its answer"));

/// Measures every call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Metered;

impl<S> Layer<S> for Metered {
    type Service = Meter<S>;

    fn layer(&self, inner: S) -> Meter<S> {
        Meter { inner }
    }
}

/// A service whose calls are measured.
#[derive(Clone, Debug)]
pub(crate) struct Meter<S> {
    inner: S,
}

impl<S> Service<Request<Body>> for Meter<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response<Body>, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let method = request.uri().path().trim_start_matches('/').to_owned();
        // Recorded when it is dropped: a caller that goes away is counted too.
        let mut record = Record { method, began: Instant::now(), trace: None, code: Code::Cancelled };
        let answered = self.inner.call(request);
        async move {
            // The span is around what is polled, not around this method.
            record.trace = current_trace();
            let response = answered.await?;
            record.note(response.headers());
            Ok(response.map(|body| Body::new(Measured { body, record })))
        }
        .boxed()
    }
}

/// One call, from its arrival to its end.
struct Record {
    method: String,
    began: Instant,
    trace: Option<TraceId>,
    code: Code,
}

impl Record {
    /// Reads how the call ended, where this says so.
    fn note(&mut self, headers: &HeaderMap) {
        if let Some(code) = headers.get("grpc-status") {
            self.code = Code::from_bytes(code.as_bytes());
        }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let method = if self.code == Code::Unimplemented { OTHER.to_owned() } else { std::mem::take(&mut self.method) };
        let labels = [
            KeyValue::new("rpc.system.name", "grpc"),
            KeyValue::new("rpc.method", method),
            KeyValue::new("rpc.response.status_code", name_of(self.code)),
        ];
        DURATION.record(self.began.elapsed().as_secs_f64(), &labels, self.trace);
    }
}

/// The body of an answer: its trailers say how the call ended.
struct Measured {
    body: Body,
    record: Record,
}

impl HttpBody for Measured {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &frame
            && let Some(trailers) = frame.trailers_ref()
        {
            self.record.note(trailers);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Returns a status as the protocol writes it.
const fn name_of(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
