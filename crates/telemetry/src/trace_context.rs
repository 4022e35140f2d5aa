//! The W3C trace context (`traceparent`) as text, out of the current span and into a new one.

use std::collections::HashMap;

use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TraceContextExt;
pub use opentelemetry::trace::TraceId;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// Name of the header, of the gRPC metadata key and of the outbox column.
pub const TRACEPARENT: &str = "traceparent";

/// Returns the trace context of the current span; `None` when no trace is on.
pub fn current() -> Option<String> {
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&Span::current().context(), &mut carrier);
    carrier.remove(TRACEPARENT)
}

/// Returns the trace of the current span; `None` when no trace is on or this one is not followed.
pub fn current_trace() -> Option<TraceId> {
    let context = Span::current().context();
    let span = context.span().span_context().clone();
    (span.is_valid() && span.is_sampled()).then(|| span.trace_id())
}

/// Makes a span a child of a remote one; does nothing without a context or with one that cannot be read.
pub fn set_parent(span: &Span, traceparent: Option<&str>) {
    let Some(traceparent) = traceparent else { return };
    let carrier = HashMap::from([(TRACEPARENT.to_owned(), traceparent.to_owned())]);
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier);
    // A span that no exporter follows has no parent to set: nothing is lost.
    let _unfollowed = span.set_parent(context);
}
