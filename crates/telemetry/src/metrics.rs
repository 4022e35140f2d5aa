//! Metrics: OpenTelemetry instruments, read by Prometheus.

use std::sync::OnceLock;

use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Encoder, Registry, TextEncoder};

use crate::{openmetrics, timing};

/// Who tells the metrics, for `target_info`; set before the first instrument is made.
static RESOURCE: OnceLock<Resource> = OnceLock::new();

/// Sets who tells the metrics.
pub(crate) fn set_resource(resource: Resource) {
    if RESOURCE.set(resource).is_err() {
        tracing::warn!("metrics already have a resource");
    }
}

/// Name of our instrumentation scope.
const SCOPE: &str = "guichet";

struct Metrics {
    registry: Registry,
    meter: Meter,
    /// Dropping the provider would stop its instruments.
    _provider: SdkMeterProvider,
}

static METRICS: OnceLock<Metrics> = OnceLock::new();

fn metrics() -> &'static Metrics {
    METRICS.get_or_init(|| {
        let registry = Registry::new();
        let reader = opentelemetry_prometheus::exporter().with_registry(registry.clone()).build();
        let mut builder = SdkMeterProvider::builder();
        if let Some(resource) = RESOURCE.get() {
            builder = builder.with_resource(resource.clone());
        }
        match reader {
            Ok(reader) => builder = builder.with_reader(reader),
            Err(error) => tracing::error!(%error, "metrics cannot be read"),
        }
        let provider = builder.build();
        let meter = provider.meter(SCOPE);
        Metrics { registry, meter, _provider: provider }
    })
}

/// Returns the meter that makes every instrument; names are `guichet_<service>_<noun>_<unit>`.
pub fn meter() -> &'static Meter {
    &metrics().meter
}

/// Returns every metric in Prometheus's text format.
pub fn prometheus_text() -> String {
    let mut buffer = Vec::new();
    match TextEncoder::new().encode(&metrics().registry.gather(), &mut buffer) {
        Ok(()) => String::from_utf8_lossy(&buffer).into_owned(),
        Err(error) => format!("# metrics cannot be encoded: {error}\n"),
    }
}

/// Returns every metric in the OpenMetrics text format, whose buckets of durations name a trace.
pub fn openmetrics_text() -> String {
    openmetrics::encode(&metrics().registry.gather(), &timing::exemplars())
}
