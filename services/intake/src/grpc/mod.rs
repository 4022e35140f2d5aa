//! The gRPC API: messages become use cases and back, nothing is decided here.

mod commands;
mod convert;
mod queries;
mod streams;

use std::sync::Arc;

use guichet_proto::intake::v1 as proto;
use guichet_proto::intake::v1::intake_server::{Intake, IntakeServer};
use tonic::{Request, Response, Status, Streaming};

use crate::app::App;

/// Returns the server of this service's API.
pub fn server(app: Arc<App>) -> IntakeServer<Api> {
    IntakeServer::new(Api { app })
}

/// The API.
#[derive(Clone, Debug)]
pub struct Api {
    app: Arc<App>,
}

/// Writes the trait's methods, each handed to the function of its name.
macro_rules! methods {
    ($($method:ident($request:ident) -> $response:ident = $module:ident;)+) => {
        #[tonic::async_trait]
        impl Intake for Api {
            $(
                async fn $method(&self, request: Request<proto::$request>) -> Result<Response<proto::$response>, Status> {
                    Box::pin($module::$method(&self.app, request.into_inner()))
                        .await
                        .map(Response::new)
                        .map_err(guichet_rpc::status::of)
                }
            )+

            async fn upload_attachment(
                &self,
                request: Request<Streaming<proto::UploadAttachmentRequest>>,
            ) -> Result<Response<proto::UploadAttachmentResponse>, Status> {
                streams::upload(&self.app, request.into_inner()).await.map(Response::new)
            }

            type DownloadAttachmentStream = streams::Download;

            async fn download_attachment(
                &self,
                request: Request<proto::DownloadAttachmentRequest>,
            ) -> Result<Response<streams::Download>, Status> {
                streams::download(&self.app, request.into_inner()).await.map(Response::new)
            }

            async fn import_mail(
                &self,
                request: Request<Streaming<proto::ImportMailRequest>>,
            ) -> Result<Response<proto::ImportMailResponse>, Status> {
                streams::import_mail(&self.app, request.into_inner()).await.map(Response::new)
            }
        }
    };
}

methods! {
    submit_request(SubmitRequestRequest) -> SubmitRequestResponse = commands;
    append_interaction(AppendInteractionRequest) -> AppendInteractionResponse = commands;
    post_reply(PostReplyRequest) -> PostReplyResponse = commands;
    record_call(RecordCallRequest) -> RecordCallResponse = commands;
    classify_request(ClassifyRequestRequest) -> ClassifyRequestResponse = commands;
    link_party(LinkPartyRequest) -> LinkPartyResponse = commands;
    create_thread_link(CreateThreadLinkRequest) -> CreateThreadLinkResponse = commands;
    get_request(GetRequestRequest) -> GetRequestResponse = queries;
    open_thread_link(OpenThreadLinkRequest) -> OpenThreadLinkResponse = queries;
    batch_get_requests(BatchGetRequestsRequest) -> BatchGetRequestsResponse = queries;
    list_requests(ListRequestsRequest) -> ListRequestsResponse = queries;
    track(TrackRequest) -> TrackResponse = queries;
    get_party(GetPartyRequest) -> GetPartyResponse = queries;
    search_parties(SearchPartiesRequest) -> SearchPartiesResponse = queries;
    get_stats(GetStatsRequest) -> GetStatsResponse = queries;
    list_mentions(ListMentionsRequest) -> ListMentionsResponse = queries;
    see_mentions(SeeMentionsRequest) -> SeeMentionsResponse = commands;
}
