//! What the operator sees: logs on standard error, traces over OTLP when an address is given, metrics for `/metrics`.
//!
//! A leaf: every crate may call it and it calls none of ours. [`start`] once in `main`; [`meter`] for instruments, [`Timing`] for
//! durations; [`trace_context`] to carry a trace through HTTP, gRPC, the outbox and the stream.

mod metrics;
mod openmetrics;
mod people;
mod start;
mod timing;
pub mod trace_context;

pub use metrics::{meter, openmetrics_text, prometheus_text};
pub use start::{Guard, LogFormat, Options, StartError, start};
pub use timing::Timing;
pub use trace_context::{TraceId, current_trace};
