//! The OpenMetrics text format, 1.0: what Prometheus asks for when it can, because only this one carries exemplars.

use std::fmt::Write;

use prometheus::proto::{Metric, MetricFamily, MetricType};

use crate::timing::{Exemplar, Exemplars, Labels};

/// Labels that say which library measures, the same on every series.
const SCOPE_LABELS: &str = "otel_scope_";

/// Returns the families in the format, exemplars included.
pub(crate) fn encode(families: &[MetricFamily], exemplars: &Exemplars) -> String {
    let mut text = String::new();
    families.iter().for_each(|family| encode_family(&mut text, family, exemplars));
    text.push_str("# EOF\n");
    text
}

fn encode_family(text: &mut String, family: &MetricFamily, exemplars: &Exemplars) {
    let kind = family.get_field_type();
    // A counter's family is named without the suffix that its samples have.
    let (name, word) = match kind {
        MetricType::COUNTER => (family.name().trim_end_matches("_total"), "counter"),
        MetricType::GAUGE => (family.name(), "gauge"),
        MetricType::HISTOGRAM => (family.name(), "histogram"),
        MetricType::SUMMARY | MetricType::UNTYPED => return,
    };
    line(text, format_args!("# TYPE {name} {word}"));
    if !family.help().is_empty() {
        line(text, format_args!("# HELP {name} {}", escaped(family.help())));
    }
    for metric in family.get_metric() {
        let labels = written(metric, None);
        match kind {
            MetricType::COUNTER => {
                line(text, format_args!("{name}_total{labels} {}", metric.get_counter().get_value()));
            }
            MetricType::HISTOGRAM => {
                let series = (name.to_owned(), labels_of(metric));
                let known = exemplars.get(&series);
                encode_histogram(text, name, metric, |bucket| known.and_then(|known| known.get(&bucket)));
            }
            _ => line(text, format_args!("{name}{labels} {}", metric.get_gauge().get_value())),
        }
    }
}

fn encode_histogram<'a>(
    text: &mut String,
    name: &str,
    metric: &Metric,
    exemplar: impl Fn(usize) -> Option<&'a Exemplar>,
) {
    let histogram = metric.get_histogram();
    let finite = histogram.get_bucket().iter().filter(|bucket| bucket.upper_bound().is_finite());
    let finite = finite.map(|bucket| (bucket.upper_bound().to_string(), bucket.cumulative_count()));
    let all = finite.chain(std::iter::once(("+Inf".to_owned(), histogram.get_sample_count())));
    for (place, (bound, count)) in all.enumerate() {
        let labels = written(metric, Some(&bound));
        let example = exemplar(place).map(trace_of).unwrap_or_default();
        line(text, format_args!("{name}_bucket{labels} {count}{example}"));
    }
    let labels = written(metric, None);
    line(text, format_args!("{name}_count{labels} {}", histogram.get_sample_count()));
    line(text, format_args!("{name}_sum{labels} {}", histogram.get_sample_sum()));
}

fn trace_of(exemplar: &Exemplar) -> String {
    format!(" # {{trace_id=\"{}\"}} {}", exemplar.trace, exemplar.value)
}

/// Returns what tells a series from the others of its family.
fn labels_of(metric: &Metric) -> Labels {
    let own = metric.get_label().iter().filter(|label| !label.name().starts_with(SCOPE_LABELS));
    own.map(|label| (label.name().to_owned(), label.value().to_owned())).collect()
}

/// Returns the labels of a sample in braces; empty without labels.
fn written(metric: &Metric, bound: Option<&str>) -> String {
    let own = metric.get_label().iter().map(|label| (label.name(), label.value()));
    let all: Vec<String> = own
        .chain(bound.map(|bound| ("le", bound)))
        .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
        .collect();
    if all.is_empty() { String::new() } else { format!("{{{}}}", all.join(",")) }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\\"")
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a text cannot fail.
    let _ok = writeln!(text, "{arguments}");
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use opentelemetry::trace::TraceId;
    use prometheus::{Histogram, HistogramOpts, IntCounter, IntGauge, Opts, Registry};

    use super::*;

    #[test]
    fn counters_gauges_and_histograms_are_written_and_a_bucket_names_a_trace() {
        let registry = Registry::new();
        let counter = IntCounter::with_opts(Opts::new("asked_total", "Said \"so\"")).unwrap();
        let gauge = IntGauge::with_opts(Opts::new("waiting", "Requests").const_label("department", "éc\\ole")).unwrap();
        let opts = HistogramOpts::new("took_seconds", "Time").const_label("route", "/a").buckets(vec![0.5, 1.0]);
        let histogram = Histogram::with_opts(opts).unwrap();
        registry.register(Box::new(counter.clone())).unwrap();
        registry.register(Box::new(gauge.clone())).unwrap();
        registry.register(Box::new(histogram.clone())).unwrap();
        counter.inc_by(3);
        gauge.set(2);
        [0.25, 0.75, 4.0].into_iter().for_each(|seconds| histogram.observe(seconds));
        let slow = Exemplar { trace: TraceId::from_hex("0af7651916cd43dd8448eb211c80319c").unwrap(), value: 4.0 };
        let series = ("took_seconds".to_owned(), Labels::from([("route".to_owned(), "/a".to_owned())]));
        let text = encode(&registry.gather(), &Exemplars::from([(series, BTreeMap::from([(2, slow)]))]));
        let expected = r##"# TYPE asked counter
# HELP asked Said \"so\"
asked_total 3
# TYPE took_seconds histogram
# HELP took_seconds Time
took_seconds_bucket{route="/a",le="0.5"} 1
took_seconds_bucket{route="/a",le="1"} 2
took_seconds_bucket{route="/a",le="+Inf"} 3 # {trace_id="0af7651916cd43dd8448eb211c80319c"} 4
took_seconds_count{route="/a"} 3
took_seconds_sum{route="/a"} 5
# TYPE waiting gauge
# HELP waiting Requests
waiting{department="éc\\ole"} 2
# EOF
"##;
        assert_eq!(text, expected);
    }
}
