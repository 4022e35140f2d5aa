//! `guichet.knowledge.v1`: messages in, use case, messages out.

use guichet_proto::knowledge::v1 as proto;
use guichet_proto::knowledge::v1::knowledge_server::Knowledge;
use guichet_rpc::status;
use tonic::{Request, Response, Status};

use crate::app::{App, Found, Remark};
use crate::domain::sheet::{Sheet, Source};

/// Bytes of a message in: all the national sheets in one publication are 20 MB.
pub(crate) const MESSAGE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The service.
#[derive(Clone, Debug)]
pub(crate) struct Server(pub(crate) App);

#[tonic::async_trait]
impl Knowledge for Server {
    async fn search(&self, request: Request<proto::SearchRequest>) -> Result<Response<proto::SearchResponse>, Status> {
        let proto::SearchRequest { authority, q, limit, agents } = request.into_inner();
        let found = self.0.search(&authority, &q, limit, agents).await.map_err(status::of)?;
        Ok(Response::new(proto::SearchResponse { sheets: found.into_iter().map(found_summary).collect() }))
    }

    async fn suggest(
        &self,
        request: Request<proto::SuggestRequest>,
    ) -> Result<Response<proto::SuggestResponse>, Status> {
        let proto::SuggestRequest { authority, text, procedure, limit } = request.into_inner();
        let found = self.0.suggest(&authority, &text, &procedure, limit).await.map_err(status::of)?;
        Ok(Response::new(proto::SuggestResponse { sheets: found.into_iter().map(found_summary).collect() }))
    }

    async fn classify(
        &self,
        request: Request<proto::ClassifyRequest>,
    ) -> Result<Response<proto::ClassifyResponse>, Status> {
        let proto::ClassifyRequest { authority, subject, body } = request.into_inner();
        let classified = self.0.classify(&authority, &subject, &body);
        let proposals = classified.proposals.into_iter().map(|proposal| proto::Proposal {
            procedure: proposal.procedure,
            confidence: proposal.confidence,
            reasons: proposal.reasons,
        });
        Ok(Response::new(proto::ClassifyResponse { proposals: proposals.collect(), threshold: classified.threshold }))
    }

    async fn get_sheet(
        &self,
        request: Request<proto::GetSheetRequest>,
    ) -> Result<Response<proto::GetSheetResponse>, Status> {
        let proto::GetSheetRequest { id, external_id, authority, agents } = request.into_inner();
        let (sheet, authority) = self.0.read_sheet(&id, &authority, &external_id).await.map_err(status::of)?;
        let markdown = sheet.markdown_for(agents);
        let published_at = sheet.published_at.as_millis();
        let summary = Some(summary(sheet, 0.0, String::new()));
        let sheet = Some(proto::Sheet { summary, markdown, published_at, authority });
        Ok(Response::new(proto::GetSheetResponse { sheet }))
    }

    async fn list_sheets(
        &self,
        request: Request<proto::ListSheetsRequest>,
    ) -> Result<Response<proto::ListSheetsResponse>, Status> {
        let sources = self.0.list_sources(&request.into_inner().authority).await.map_err(status::of)?;
        Ok(Response::new(proto::ListSheetsResponse { sheets: sources.into_iter().map(written).collect() }))
    }

    async fn publish_sheets(
        &self,
        request: Request<proto::PublishSheetsRequest>,
    ) -> Result<Response<proto::PublishSheetsResponse>, Status> {
        let proto::PublishSheetsRequest { authority, sheets } = request.into_inner();
        let sources: Vec<Source> = sheets.into_iter().map(source).collect();
        let published = self.0.publish(&authority, &sources).await.map_err(status::of)?;
        Ok(Response::new(proto::PublishSheetsResponse {
            created: count(published.created),
            changed: count(published.changed),
            unchanged: count(published.unchanged),
            archived: count(published.archived),
        }))
    }

    async fn record_feedback(
        &self,
        request: Request<proto::RecordFeedbackRequest>,
    ) -> Result<Response<proto::RecordFeedbackResponse>, Status> {
        let message = request.into_inner();
        let remark = Remark {
            authority: &message.authority,
            text: &message.text,
            procedure: &message.procedure,
            sheet_id: &message.sheet_id,
            useful: message.useful,
        };
        self.0.record_feedback(&remark).await.map_err(status::of)?;
        Ok(Response::new(proto::RecordFeedbackResponse {}))
    }

    async fn get_stats(&self, _: Request<proto::GetStatsRequest>) -> Result<Response<proto::GetStatsResponse>, Status> {
        let (sheets, outbox_lag) = self.0.stats().await.map_err(status::of)?;
        Ok(Response::new(proto::GetStatsResponse { sheets, outbox_lag }))
    }
}

fn found_summary(found: Found) -> proto::SheetSummary {
    summary(found.sheet, found.score, found.snippet)
}

fn summary(sheet: Sheet, score: f64, snippet: String) -> proto::SheetSummary {
    let Source { external_id, title, procedure, .. } = sheet.source;
    proto::SheetSummary {
        id: sheet.id.to_string(),
        external_id,
        title,
        snippet,
        score,
        version: sheet.version,
        procedure,
    }
}

fn written(source: Source) -> proto::SheetSource {
    let Source { external_id, title, markdown, agents_markdown, procedure, keywords } = source;
    proto::SheetSource { external_id, title, markdown, agents_markdown, procedure, keywords }
}

fn source(sheet: proto::SheetSource) -> Source {
    Source {
        external_id: sheet.external_id,
        title: sheet.title,
        markdown: sheet.markdown,
        agents_markdown: sheet.agents_markdown,
        procedure: sheet.procedure,
        keywords: sheet.keywords,
    }
}

fn count(sheets: usize) -> u32 {
    u32::try_from(sheets).unwrap_or(u32::MAX)
}
