//! One raw message from an MTA's pipe.

use axum::extract::{Request, State};
use guichet_proto::intake::v1::{ImportMailRequest, MailOutcome};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::{IntoParams, ToSchema};

use super::words::some;
use crate::app::Shared;
use crate::auth::SignedIn;
use crate::extract::{Query, media_type};
use crate::problem::Problem;

/// Octets of one message of the stream.
const CHUNK_BYTES: usize = 64 * 1024;
/// Messages on their way to intake.
const CHUNKS_IN_FLIGHT: usize = 8;
/// Seconds a message may take: what an MTA's pipe waits.
const IMPORT_SECONDS_MAX: u64 = 60;
/// Recipients of one message, as Postfix sets its pipe by default.
const RECIPIENTS_MAX: usize = 50;

/// The envelope of a message.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Envelope {
    /// Sender of the envelope; empty for a bounce.
    from: String,
    /// Recipients, separated by commas; those of the header when left out.
    to: String,
}

/// What a message becomes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Imported {
    /// `created`, `appended`, `duplicate` or `ignored`.
    outcome: &'static str,
    /// Of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// The number told to the usager.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
}

/// Takes one raw RFC 5322 message: when this answers 200, it is committed.
#[utoipa::path(
    post, path = "/mail", tag = "mail", params(Envelope), security(("key" = [])),
    request_body(content = String, content_type = "message/rfc822"),
    responses(
        (status = 200, body = Imported),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "Refused: do not send it again"),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "Send it again later"),
        (status = 507, body = Problem, content_type = "application/problem+json", description = "No room: send it again later"),
    )
)]
pub(crate) async fn import(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Query(envelope): Query<Envelope>,
    request: Request,
) -> Result<axum::Json<Imported>, Problem> {
    if !session.is_machine() && !session.is_administrator() {
        return Err(Problem::forbidden());
    }
    if media_type(request.headers()) != "message/rfc822" {
        return Err(Problem::unsupported_media_type("message/rfc822"));
    }
    let limit = app.config.mail_bytes_max;
    let recipients: Vec<String> = envelope
        .to
        .split(',')
        .map(str::trim)
        .filter(|to| !to.is_empty())
        .take(RECIPIENTS_MAX)
        .map(str::to_owned)
        .collect();
    let head = ImportMailRequest { envelope_from: envelope.from, envelope_to: recipients, chunk: Vec::new() };
    let (sender, receiver) = mpsc::channel(CHUNKS_IN_FLIGHT);
    let mut call = tonic::Request::new(ReceiverStream::new(receiver));
    call.set_timeout(Duration::from_secs(IMPORT_SECONDS_MAX));
    let body = crate::extract::read_body(request.into_body(), limit).await?;
    let feed = async move {
        let chunks = body
            .chunks(CHUNK_BYTES)
            .map(|chunk| ImportMailRequest { chunk: chunk.to_vec(), ..ImportMailRequest::default() });
        for message in std::iter::once(head).chain(chunks) {
            if sender.send(message).await.is_err() {
                // Intake has refused: its answer says why.
                return;
            }
        }
    };
    let mut intake = app.intake();
    let (answer, ()) = tokio::join!(intake.import_mail(call), feed);
    let answer = answer.map_err(Problem::from)?.into_inner();
    let outcome = match answer.outcome() {
        MailOutcome::Created => "created",
        MailOutcome::Appended => "appended",
        MailOutcome::Duplicate => "duplicate",
        MailOutcome::Ignored | MailOutcome::Unspecified => "ignored",
    };
    Ok(axum::Json(Imported { outcome, id: some(answer.request_id), reference: some(answer.reference) }))
}
