//! Contents in pieces: files up and down, raw mail in.

use std::pin::Pin;
use std::sync::Arc;

use futures::Stream;
use guichet_proto::intake::v1 as proto;
use guichet_rpc::status;
use tonic::{Status, Streaming};

use super::convert::{self, id};
use crate::Error;
use crate::app::App;
use crate::app::mail::{Envelope, MailOutcome};
use crate::app::room::Place;
use crate::domain::mail::{file_name, media_type_of};

/// Octets of one piece down; gRPC messages are at most 4 MiB.
const PIECE_OCTETS: usize = 64 * 1_024;

/// A file in pieces.
pub(super) type Download = Pin<Box<dyn Stream<Item = Result<proto::DownloadAttachmentResponse, Status>> + Send>>;

/// Adds a piece, unless there are too many octets, of this content or of all that are on their way in.
fn collect(content: &mut Vec<u8>, place: &mut Place, piece: &[u8], max: u64) -> Result<(), Status> {
    let octets = content.len() + piece.len();
    if octets as u64 > max {
        return Err(status::of(Error::TooLarge { max }));
    }
    if !place.holds(octets) {
        return Err(status::of(Error::Crowded));
    }
    content.extend_from_slice(piece);
    Ok(())
}

pub(super) async fn upload(
    app: &Arc<App>,
    mut pieces: Streaming<proto::UploadAttachmentRequest>,
) -> Result<proto::UploadAttachmentResponse, Status> {
    let (mut content, mut place) = (Vec::new(), app.room.enter());
    let mut named = proto::UploadAttachmentRequest::default();
    let mut first = true;
    while let Some(mut piece) = pieces.message().await? {
        collect(&mut content, &mut place, &std::mem::take(&mut piece.chunk), app.attachment_octets_max())?;
        if std::mem::take(&mut first) {
            named = piece;
        }
    }
    let size = content.len() as u64;
    let sha256 = app.upload(&named.authority, content).await.map_err(status::of)?;
    let attachment = proto::AttachmentRef {
        sha256,
        file_name: file_name(&named.file_name),
        media_type: media_type_of(&named.media_type),
        size,
    };
    Ok(proto::UploadAttachmentResponse { attachment: Some(attachment) })
}

pub(super) async fn download(app: &Arc<App>, asked: proto::DownloadAttachmentRequest) -> Result<Download, Status> {
    let ids = id(&asked.attachment_id).zip(id(&asked.request_id));
    let (file, request) = ids.ok_or_else(|| status::of(Error::AttachmentNotFound))?;
    let (file, content) = app.download(file, request).await.map_err(status::of)?;
    let head = proto::DownloadAttachmentResponse { attachment: Some(convert::attachment(&file)), chunk: Vec::new() };
    let content = Arc::new(content);
    let pieces = (0..content.len().div_ceil(PIECE_OCTETS)).map(move |piece| {
        let start = piece * PIECE_OCTETS;
        let chunk = content[start..content.len().min(start + PIECE_OCTETS)].to_vec();
        Ok(proto::DownloadAttachmentResponse { attachment: None, chunk })
    });
    Ok(Box::pin(futures::stream::iter(std::iter::once(Ok(head)).chain(pieces))))
}

pub(super) async fn import_mail(
    app: &Arc<App>,
    mut pieces: Streaming<proto::ImportMailRequest>,
) -> Result<proto::ImportMailResponse, Status> {
    let (mut raw, mut place) = (Vec::new(), app.room.enter());
    let mut envelope = Envelope::default();
    let mut first = true;
    while let Some(piece) = pieces.message().await? {
        collect(&mut raw, &mut place, &piece.chunk, app.mail_octets_max())?;
        if std::mem::take(&mut first) {
            // An empty sender beside recipients is the null sender; alone, nobody told the envelope.
            let told = !piece.envelope_from.is_empty() || !piece.envelope_to.is_empty();
            envelope = Envelope { from: told.then_some(piece.envelope_from), to: piece.envelope_to };
        }
    }
    let receipt = app.receive_mail(&envelope, raw).await.map_err(status::of)?;
    let outcome = match receipt.outcome {
        MailOutcome::Created => proto::MailOutcome::Created,
        MailOutcome::Appended => proto::MailOutcome::Appended,
        MailOutcome::Duplicate => proto::MailOutcome::Duplicate,
        MailOutcome::Ignored => proto::MailOutcome::Ignored,
    };
    Ok(proto::ImportMailResponse {
        outcome: outcome.into(),
        request_id: receipt.request_id.map(|id| id.to_string()).unwrap_or_default(),
        reference: convert::reference(&receipt.reference),
    })
}
