//! The W3C trace context (`traceparent`) as text, out of the current span and into a new one.

use std::collections::HashMap;

use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator;
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

/// Makes a span a child of a remote one; does nothing without a context or with one that cannot be read.
pub fn set_parent(span: &Span, traceparent: Option<&str>) {
    let Some(traceparent) = traceparent else { return };
    let carrier = HashMap::from([(TRACEPARENT.to_owned(), traceparent.to_owned())]);
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier);
    // A span that no exporter follows has no parent to set: nothing is lost.
    let _unfollowed = span.set_parent(context);
}
