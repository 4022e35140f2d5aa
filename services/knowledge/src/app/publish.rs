//! Publication of an authority's sheets.

use guichet_bus::outbox;
use guichet_core::id::{AuthorityId, SheetId};
use guichet_events::NewEvent;
use guichet_events::knowledge::SheetPublished;

use super::App;
use crate::Error;
use crate::domain::publication::{Before, check, plan};
use crate::domain::sheet::{Sheet, Source};
use crate::store::{Catalogues, Sheets};

/// Bytes of an authority's code: the name of a folder.
const CODE_BYTES_MAX: usize = 64;

/// What a publication came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Published {
    pub(crate) created: usize,
    pub(crate) changed: usize,
    pub(crate) unchanged: usize,
    pub(crate) archived: usize,
}

impl App {
    /// Makes exactly these sheets the published ones of an authority. It answers once they can be found.
    pub(crate) async fn publish(&self, authority: &str, sources: &[Source]) -> Result<Published, Error> {
        if !is_code(authority) {
            return Err(Error::invalid("/authority", "Indiquez le code de la collectivité."));
        }
        let violations = check(sources);
        if !violations.is_empty() {
            return Err(Error::Invalid(violations));
        }
        let authority_id = AuthorityId::of_code(authority);
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        Catalogues::lock(&mut tx, authority_id, authority).await?;
        let known = Sheets::list_known(&mut tx, authority_id).await?;
        let before: Vec<Before<'_>> = known
            .iter()
            .map(|sheet| Before { source: &sheet.source, version: sheet.version, is_published: sheet.is_published })
            .collect();
        let plan = plan(&before, sources);
        let published = Published {
            created: plan.created,
            changed: plan.changed,
            unchanged: plan.unchanged,
            archived: plan.archive.len(),
        };
        if plan.publish.is_empty() && plan.archive.is_empty() {
            return Ok(published);
        }
        let mut events = Vec::with_capacity(plan.publish.len());
        for (source, version) in plan.publish {
            let id = SheetId::of_external_id(authority, &source.external_id);
            let sheet = Sheet { id, authority_id, source: source.clone(), version, published_at: now };
            Sheets::publish(&mut tx, &sheet).await?;
            let event = SheetPublished { sheet_id: id, version };
            events.push(NewEvent::new(&*self.clock, &*self.rng, authority_id, &event));
        }
        for external_id in plan.archive {
            let id = SheetId::of_external_id(authority, external_id);
            Sheets::archive(&mut tx, authority_id, id, now).await?;
        }
        outbox::append(&mut tx, &events).await?;
        let revision = Catalogues::raise_sheets(&mut tx, authority_id).await?;
        tx.commit().await?;
        self.log.wake();
        tracing::info!(
            authority.id = %authority_id, created = published.created, changed = published.changed,
            unchanged = published.unchanged, archived = published.archived, "sheets were published"
        );
        self.memory.catch_up(authority_id, |reached| reached.sheets >= revision).await;
        Ok(published)
    }
}

/// Returns whether a text may be an authority's code. Whether the authority exists is not asked: its directory may
/// still be under way.
fn is_code(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=CODE_BYTES_MAX).contains(&text.len()) && text.bytes().all(fits)
}
