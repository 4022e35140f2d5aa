//! What is known of a request, beside its thread.

use guichet_core::work::{Channel, SilenceRule};
use guichet_proto::routing::v1::WorkItem;
use guichet_rpc::convert::FromProto;

use super::{agent_name, clocks};
use crate::access::Opened;
use crate::pages::chrome::{dialled, national};
use crate::pages::desk::procedure_name;
use crate::text::{find, t};
use crate::towns::Towns;
use crate::view::date::Dates;
use crate::view::state::{agent_label, department_name};

/// The facts beside the thread.
#[derive(Default)]
pub(super) struct Facts {
    pub(super) procedure: String,
    pub(super) state: String,
    pub(super) department: String,
    pub(super) assignee: String,
    pub(super) level2: String,
    pub(super) channel: String,
    pub(super) received: String,
    pub(super) announced: String,
    /// What holds it up, or moved it.
    pub(super) announced_clock: String,
    pub(super) legal: String,
    /// What holds it up, or moved it, by which article.
    pub(super) legal_clock: String,
    /// What silence means at the legal date.
    pub(super) silence: String,
    pub(super) internal: String,
    pub(super) internal_clock: String,
    pub(super) wait_until: String,
    /// When whoever was confided it was reminded.
    pub(super) reminded: String,
    /// When it comes back by itself.
    pub(super) comes_back: String,
    pub(super) requester: String,
    pub(super) email: String,
    pub(super) phone: String,
    /// The same number as a link dials it.
    pub(super) dial: String,
    pub(super) postal_address: String,
    pub(super) identity_verified: bool,
    pub(super) shared_contact: bool,
    pub(super) hint: String,
    pub(super) classified_by: String,
    pub(super) reasons: Vec<String>,
    pub(super) forwarded_to: String,
    pub(super) confidential: bool,
    /// Danger was reported.
    pub(super) danger: bool,
}

/// Returns the facts of a request.
pub(super) fn facts(towns: &Towns, at: &Dates, opened: &Opened) -> Facts {
    let summary = opened.summary();
    let request = &opened.request;
    let work = opened.work.clone().unwrap_or_else(|| WorkItem {
        state: summary.state,
        department: summary.department.clone(),
        announced_due: summary.due_at,
        assignee_id: summary.assignee_id.clone(),
        ..WorkItem::default()
    });
    let requester = request.requester.clone().unwrap_or_default();
    let procedure = if work.procedure.is_empty() { &summary.procedure } else { &work.procedure };
    Facts {
        procedure: if opened.full { procedure_name(towns, &summary.authority, procedure) } else { String::new() },
        state: agent_label(work.state),
        department: department_name(towns, &summary.authority, &work.department),
        assignee: agent_name(towns, &work.assignee_id),
        level2: agent_name(towns, &work.level2_assignee_id),
        channel: Channel::from_proto(summary.channel)
            .map(|channel| t(&format!("channel-{channel}")))
            .unwrap_or_default(),
        received: at.moment(summary.received_at),
        announced: at.day(work.announced_due),
        announced_clock: clocks::promised(work.announced_clock.as_ref(), at),
        legal: at.day(work.legal_due),
        legal_clock: clocks::legal(work.legal_clock.as_ref(), at),
        silence: SilenceRule::from_proto(work.silence)
            .and_then(|rule| find(&format!("silence-{}", rule.as_str())))
            .unwrap_or_default(),
        internal: at.day(work.internal_due),
        internal_clock: clocks::promised(work.internal_clock.as_ref(), at),
        wait_until: at.day(work.wait_until),
        reminded: at.day(work.reminded_at),
        comes_back: at.day(work.return_at),
        requester: requester.name,
        email: requester.email,
        phone: national(&requester.phone),
        dial: dialled(&requester.phone),
        postal_address: requester.postal_address,
        identity_verified: request.identity_verified,
        shared_contact: request.shared_contact,
        hint: request.hint.clone(),
        classified_by: if request.classified_by.is_empty() || procedure.is_empty() {
            String::new()
        } else {
            t(&format!("classified-{}", request.classified_by))
        },
        reasons: request.reasons.clone(),
        forwarded_to: work.forwarded_to,
        confidential: summary.confidential,
        danger: work.danger,
    }
}
