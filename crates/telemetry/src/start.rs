//! Starting logs and traces, and flushing them at the end.

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::WithExportConfig;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Level, Metadata};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{Targets, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::people::ForPeople;

/// What is logged when nothing else is asked.
const DEFAULT_FILTER: &str = "info,sqlx=warn,h2=warn,hyper=warn,tower=warn";

/// What the targets of our spans begin with.
const OUR_CRATES: &str = "guichet";

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

/// What to start.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `service.name` of traces and metrics.
    pub service: String,
    /// `service.version` of both.
    pub version: String,
    /// Address of an OTLP/gRPC collector.
    pub otlp: Option<String>,
    /// How log lines are written.
    pub format: LogFormat,
    /// Directives such as `info,guichet_intake=debug`; empty = the default.
    pub filter: String,
}

/// Why telemetry did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The filter's directives cannot be read.
    #[error("log filter cannot be read")]
    Filter(#[source] tracing_subscriber::filter::ParseError),
    /// The collector's address cannot be used.
    #[error("otlp exporter cannot be built")]
    Otlp(#[source] opentelemetry_otlp::ExporterBuildError),
    /// It was started before in this process.
    #[error("telemetry was already started")]
    Twice,
}

/// Flushes what is buffered when dropped.
#[derive(Debug)]
pub struct Guard(Option<SdkTracerProvider>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(provider) = self.0.take()
            && let Err(error) = provider.shutdown()
        {
            tracing::warn!(%error, "last traces were not sent");
        }
    }
}

/// Starts logs and, with a collector's address, traces. Call it inside the runtime.
pub fn start(options: &Options) -> Result<Guard, StartError> {
    let directives = if options.filter.is_empty() { DEFAULT_FILTER } else { &options.filter };
    let logged: Targets = directives.parse().map_err(StartError::Filter)?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match options.format {
        LogFormat::Text => lines.with_target(false).fmt_fields(ForPeople).boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    let resource = resource(options);
    crate::metrics::set_resource(resource.clone());
    let provider = options.otlp.as_deref().map(|address| exporter(address, resource)).transpose()?;
    let traces =
        provider.as_ref().map(|provider| tracing_opentelemetry::layer().with_tracer(provider.tracer("guichet")));
    tracing_subscriber::registry()
        .with(filter_fn(move |metadata| is_kept(&logged, metadata)))
        .with(traces)
        .with(lines)
        .try_init()
        .map_err(|_| StartError::Twice)?;
    Ok(Guard(provider))
}

/// Returns whether something is logged or followed. One filter for both layers: with one each, a span of one was at times lost to
/// the other.
///
/// Spans are ours alone, whatever is logged: the exporter's own calls have spans too, and each export would tell of the one before.
fn is_kept(logged: &Targets, metadata: &Metadata<'_>) -> bool {
    if metadata.is_span() {
        metadata.target().starts_with(OUR_CRATES) && *metadata.level() <= Level::INFO
    } else {
        logged.would_enable(metadata.target(), metadata.level())
    }
}

/// Returns who tells: what we know, and what `OTEL_RESOURCE_ATTRIBUTES` says of the place (`k8s.pod.name=…`).
fn resource(options: &Options) -> Resource {
    Resource::builder()
        .with_service_name(options.service.clone())
        .with_attribute(KeyValue::new("service.version", options.version.clone()))
        .build()
}

fn exporter(address: &str, resource: Resource) -> Result<SdkTracerProvider, StartError> {
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_tonic()
        .with_endpoint(address)
        .build()
        .map_err(StartError::Otlp)?;
    Ok(SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build())
}
