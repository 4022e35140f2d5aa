//! `guichet.notification.v1`, thin: reads the message, calls the use case, writes the answer.

mod templates;

use std::sync::Arc;

use guichet_core::{EmailAddress, PhoneNumber};
use guichet_proto::notification::v1 as proto;
use guichet_proto::notification::v1::notification_server::Notification;
use guichet_rpc::status;
use tonic::{Request, Response, Status};

use crate::Error;
use crate::app::{App, DeliveryRow, ListDeliveries};
use crate::domain::notice::Medium;
use crate::domain::state::DeliveryState;

/// The gRPC service.
#[derive(Clone, Debug)]
pub(crate) struct Service(pub(crate) Arc<App>);

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Notification for Service {
    async fn list_templates(
        &self,
        request: Request<proto::ListTemplatesRequest>,
    ) -> Answer<proto::ListTemplatesResponse> {
        templates::list(&self.0, request.into_inner()).await
    }

    async fn put_templates(&self, request: Request<proto::PutTemplatesRequest>) -> Answer<proto::PutTemplatesResponse> {
        templates::put_all(&self.0, request.into_inner()).await
    }

    async fn put_template(&self, request: Request<proto::PutTemplateRequest>) -> Answer<proto::PutTemplateResponse> {
        templates::put(&self.0, request.into_inner()).await
    }

    async fn list_template_versions(
        &self,
        request: Request<proto::ListTemplateVersionsRequest>,
    ) -> Answer<proto::ListTemplateVersionsResponse> {
        templates::list_versions(&self.0, request.into_inner()).await
    }

    async fn preview_template(
        &self,
        request: Request<proto::PreviewTemplateRequest>,
    ) -> Answer<proto::PreviewTemplateResponse> {
        templates::preview(&self.0, request.into_inner()).await
    }

    async fn list_deliveries(
        &self,
        request: Request<proto::ListDeliveriesRequest>,
    ) -> Answer<proto::ListDeliveriesResponse> {
        let asked = request.into_inner();
        let page = asked.page.unwrap_or_default();
        let request_id = match asked.request_id.as_str() {
            "" => None,
            text => Some(parse(text, "/request_id")?),
        };
        let list = ListDeliveries { request_id, state: state_of(asked.state), limit: page.limit, cursor: page.cursor };
        let page = self.0.list_deliveries(&list).await.map_err(status::of)?;
        let deliveries = page.deliveries.into_iter().map(|row| delivery(masked(row))).collect();
        Ok(Response::new(proto::ListDeliveriesResponse { deliveries, next_cursor: page.next_cursor }))
    }

    async fn get_delivery(&self, request: Request<proto::GetDeliveryRequest>) -> Answer<proto::GetDeliveryResponse> {
        let id = parse(&request.into_inner().id, "/id")?;
        let mut row = self.0.read_delivery(id).await.map_err(status::of)?;
        let (subject, text, html) =
            (std::mem::take(&mut row.subject), std::mem::take(&mut row.text), std::mem::take(&mut row.html));
        Ok(Response::new(proto::GetDeliveryResponse { delivery: Some(delivery(row)), subject, text, html }))
    }

    async fn record_receipt(
        &self,
        request: Request<proto::RecordReceiptRequest>,
    ) -> Answer<proto::RecordReceiptResponse> {
        let asked = request.into_inner();
        let state =
            state_of(asked.state).ok_or_else(|| status::of(Error::invalid("/state", "Indiquez l'état constaté.")))?;
        let known = self.0.record_receipt(&asked.message_id, state, &asked.detail).await.map_err(status::of)?;
        Ok(Response::new(proto::RecordReceiptResponse { known }))
    }

    async fn retry_delivery(
        &self,
        request: Request<proto::RetryDeliveryRequest>,
    ) -> Answer<proto::RetryDeliveryResponse> {
        let id = parse(&request.into_inner().id, "/id")?;
        self.0.retry_delivery(id).await.map_err(status::of)?;
        Ok(Response::new(proto::RetryDeliveryResponse {}))
    }

    async fn set_preferences(
        &self,
        request: Request<proto::SetPreferencesRequest>,
    ) -> Answer<proto::SetPreferencesResponse> {
        let asked = request.into_inner();
        let party = parse(&asked.party_id, "/party_id")?;
        self.0.set_preference(party, medium_of(asked.medium)).await.map_err(status::of)?;
        Ok(Response::new(proto::SetPreferencesResponse {}))
    }

    async fn get_stats(&self, _request: Request<proto::GetStatsRequest>) -> Answer<proto::GetStatsResponse> {
        let stats = self.0.stats().await.map_err(status::of)?;
        Ok(Response::new(proto::GetStatsResponse {
            queued: stats.counts.queued,
            accepted: stats.counts.accepted,
            failed: stats.counts.failed,
            unknown: stats.counts.unknown,
            to_print: stats.counts.to_print,
            outbox_lag: stats.outbox_lag,
        }))
    }
}

fn parse<T: std::str::FromStr>(text: &str, pointer: &str) -> Result<T, Status> {
    text.parse().map_err(|_| status::of(Error::invalid(pointer, "Cet identifiant n'est pas valable.")))
}

fn medium_of(number: i32) -> Option<Medium> {
    match proto::Medium::try_from(number).ok()? {
        proto::Medium::Email => Some(Medium::Email),
        proto::Medium::Sms => Some(Medium::Sms),
        proto::Medium::Letter => Some(Medium::Letter),
        proto::Medium::Unspecified => None,
    }
}

fn medium_number(medium: Option<Medium>) -> i32 {
    let medium = match medium {
        None => proto::Medium::Unspecified,
        Some(Medium::Email) => proto::Medium::Email,
        Some(Medium::Sms) => proto::Medium::Sms,
        Some(Medium::Letter) => proto::Medium::Letter,
    };
    medium.into()
}

const STATES: [(DeliveryState, proto::DeliveryState); 7] = [
    (DeliveryState::Queued, proto::DeliveryState::Queued),
    (DeliveryState::Sending, proto::DeliveryState::Sending),
    (DeliveryState::Accepted, proto::DeliveryState::Accepted),
    (DeliveryState::Deferred, proto::DeliveryState::Deferred),
    (DeliveryState::Failed, proto::DeliveryState::Failed),
    (DeliveryState::Unknown, proto::DeliveryState::Unknown),
    (DeliveryState::ToPrint, proto::DeliveryState::ToPrint),
];

fn state_of(number: i32) -> Option<DeliveryState> {
    STATES.iter().find(|(_, theirs)| i32::from(*theirs) == number).map(|(ours, _)| *ours)
}

fn state_number(state: DeliveryState) -> i32 {
    STATES.iter().find(|(ours, _)| *ours == state).map_or(0, |(_, theirs)| i32::from(*theirs))
}

/// Lists show enough to recognise a recipient, not to write to them.
fn masked(mut row: DeliveryRow) -> DeliveryRow {
    row.recipient = row.recipient.map(|recipient| match row.medium {
        Some(Medium::Email) => EmailAddress::parse(&recipient).map_or_else(|_| "…".to_owned(), |email| email.masked()),
        Some(Medium::Sms) => PhoneNumber::parse(&recipient).map_or_else(|_| "…".to_owned(), |phone| phone.masked()),
        _ => recipient.chars().next().map(|first| format!("{first}…")).unwrap_or_default(),
    });
    row
}

fn delivery(row: DeliveryRow) -> proto::Delivery {
    proto::Delivery {
        id: row.id.to_string(),
        request_id: row.request_id.to_string(),
        template: row.notice.as_str().to_owned(),
        medium: medium_number(row.medium),
        state: state_number(row.state),
        message_id: row.message_id.unwrap_or_default(),
        recipient: row.recipient.unwrap_or_default(),
        created_at: row.created_at.as_millis(),
        updated_at: row.updated_at.as_millis(),
        attempts: row.attempts,
        last_error: row.last_error.unwrap_or_default(),
        next_attempt_at: row.next_attempt_at.map_or(0, |at| at.as_millis()),
    }
}

#[cfg(test)]
mod tests {
    use guichet_core::Timestamp;

    use super::*;
    use crate::domain::notice::Notice;

    fn arbitrary_row(medium: Medium, recipient: &str) -> DeliveryRow {
        DeliveryRow {
            id: uuid::Uuid::nil().into(),
            authority_id: uuid::Uuid::nil().into(),
            request_id: uuid::Uuid::nil().into(),
            notice: Notice::Answer,
            state: DeliveryState::Accepted,
            medium: Some(medium),
            message_id: None,
            recipient: Some(recipient.to_owned()),
            subject: String::new(),
            text: String::new(),
            html: String::new(),
            attempts: 1,
            last_error: None,
            next_attempt_at: None,
            created_at: Timestamp::default(),
            updated_at: Timestamp::default(),
        }
    }

    #[test]
    fn lists_never_show_a_whole_address_number_or_name() {
        for (medium, recipient, shown) in [
            (Medium::Email, "odette@example.fr", "o…@example.fr"),
            (Medium::Sms, "+33639980012", "…12"),
            (Medium::Letter, "Odette Lavande", "O…"),
        ] {
            assert_eq!(masked(arbitrary_row(medium, recipient)).recipient.as_deref(), Some(shown));
        }
    }

    #[test]
    fn states_and_media_are_read_back_from_their_numbers() {
        for &state in DeliveryState::ALL {
            assert_eq!(state_of(state_number(state)), Some(state));
        }
        for &medium in Medium::ALL {
            assert_eq!(medium_of(medium_number(Some(medium))), Some(medium));
        }
        assert_eq!((state_of(0), medium_of(0)), (None, None));
    }
}
