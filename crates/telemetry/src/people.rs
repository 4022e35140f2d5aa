//! The fields of a line as people read them: without what only a collector of traces understands.

use std::error::Error;
use std::fmt::{self, Debug};

use tracing::field::{Field, Visit};
use tracing_subscriber::field::{RecordFields, VisitOutput};
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{DefaultVisitor, Writer};

/// What the names of fields for a collector begin with.
const FOR_COLLECTORS: &str = "otel.";

/// Writes fields as usual, less those for a collector.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ForPeople;

impl<'w> FormatFields<'w> for ForPeople {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut chosen = Chosen(DefaultVisitor::new(writer, true));
        fields.record(&mut chosen);
        chosen.0.finish()
    }
}

struct Chosen<'w>(DefaultVisitor<'w>);

fn is_for_people(field: &Field) -> bool {
    !field.name().starts_with(FOR_COLLECTORS)
}

impl Visit for Chosen<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if is_for_people(field) {
            self.0.record_debug(field, value);
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if is_for_people(field) {
            self.0.record_str(field, value);
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        if is_for_people(field) {
            self.0.record_error(field, value);
        }
    }
}
