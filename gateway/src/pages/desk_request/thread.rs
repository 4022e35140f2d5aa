//! What was said on a request, as an agent reads it.

use guichet_core::work::Channel;
use guichet_proto::intake::v1::{Interaction, InteractionKind};
use guichet_rpc::convert::FromProto;

use super::agent_name;
use crate::access::Opened;
use crate::pages::in_query;
use crate::pages::thread::FileLink;
use crate::text::{t, t1};
use crate::towns::Towns;
use crate::view::bytes;
use crate::view::date::Dates;

/// One message, reply, note or call.
pub(super) struct DeskMessage {
    pub(super) kind: &'static str,
    pub(super) kind_name: String,
    pub(super) author: String,
    pub(super) at: String,
    pub(super) text: String,
    pub(super) files: Vec<FileLink>,
    pub(super) unverified: bool,
    pub(super) truncated: bool,
    /// « à Gaëlle Registre », of a note that addresses colleagues.
    pub(super) to: String,
}

/// Returns one line of the thread.
pub(super) fn message(towns: &Towns, at: &Dates, opened: &Opened, interaction: &Interaction) -> DeskMessage {
    let kind = interaction.kind();
    let by_usager = matches!(kind, InteractionKind::Message | InteractionKind::Unspecified);
    let channel = Channel::from_proto(interaction.channel).map(|channel| t(&format!("channel-{channel}")));
    let code = crate::api::request_views::kind(kind);
    let name = t(&format!("kind-{code}"));
    DeskMessage {
        kind: code,
        kind_name: channel
            .filter(|_| matches!(code, "message" | "call"))
            .map_or_else(|| name.clone(), |channel| format!("{name} – {channel}")),
        author: if interaction.agent_id.is_empty() {
            interaction.author_name.clone()
        } else {
            agent_name(towns, &interaction.agent_id)
        },
        at: at.moment(interaction.occurred_at),
        text: interaction.text.clone(),
        files: interaction
            .attachments
            .iter()
            .map(|file| FileLink {
                name: file.file_name.clone(),
                size: bytes::size(file.size),
                address: format!("/agent/demandes/{}/fichiers/{}", opened.id(), in_query(&file.id)),
            })
            .collect(),
        unverified: by_usager && !interaction.sender_verified,
        truncated: interaction.truncated,
        to: addressed(towns, interaction),
    }
}

/// Returns whom a note addresses: « avis demandé à Gaëlle Registre », « à Aline Encre, Basile Tampon ».
fn addressed(towns: &Towns, interaction: &Interaction) -> String {
    if interaction.mentions.is_empty() {
        return String::new();
    }
    let names: Vec<String> = interaction.mentions.iter().map(|id| agent_name(towns, id)).collect();
    let key = if interaction.asks_opinion { "note-asks" } else { "note-to" };
    t1(key, "names", names.join(", "))
}
