//! Calls to the four services: one line each, with the deadline and the single retry the design allows.

use guichet_proto::intake::v1::intake_client::IntakeClient;
use guichet_proto::knowledge::v1::knowledge_client::KnowledgeClient;
use guichet_proto::notification::v1::notification_client::NotificationClient;
use guichet_proto::routing::v1::decisions_client::DecisionsClient;
use guichet_proto::routing::v1::directory_client::DirectoryClient;
use guichet_proto::routing::v1::offers_client::OffersClient;
use guichet_proto::routing::v1::presence_client::PresenceClient;
use guichet_proto::routing::v1::queue_client::QueueClient;
use guichet_proto::routing::v1::work_client::WorkClient;
use guichet_rpc::Peer;

use crate::app::App;

/// Octets one answer may hold: a long thread, or all the sheets of a town, passes tonic's default of 4 MiB.
const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;

impl App {
    pub(crate) fn intake(&self) -> IntakeClient<Peer> {
        IntakeClient::new(self.peers.intake.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    pub(crate) fn knowledge(&self) -> KnowledgeClient<Peer> {
        KnowledgeClient::new(self.peers.knowledge.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    pub(crate) fn notification(&self) -> NotificationClient<Peer> {
        NotificationClient::new(self.peers.notification.clone())
    }

    pub(crate) fn directory(&self) -> DirectoryClient<Peer> {
        DirectoryClient::new(self.peers.routing.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    pub(crate) fn queue(&self) -> QueueClient<Peer> {
        QueueClient::new(self.peers.routing.clone())
    }

    pub(crate) fn offers(&self) -> OffersClient<Peer> {
        OffersClient::new(self.peers.routing.clone())
    }

    pub(crate) fn presence(&self) -> PresenceClient<Peer> {
        PresenceClient::new(self.peers.routing.clone())
    }

    pub(crate) fn work(&self) -> WorkClient<Peer> {
        WorkClient::new(self.peers.routing.clone())
    }

    pub(crate) fn decisions(&self) -> DecisionsClient<Peer> {
        DecisionsClient::new(self.peers.routing.clone())
    }
}

/// Asks a read: 2 s, tried once more when the service was away.
macro_rules! ask {
    ($client:expr, $method:ident, $message:expr) => {{
        let message = $message;
        guichet_rpc::call::retry_once(|| {
            let (mut client, message) = ($client, message.clone());
            async move { client.$method(guichet_rpc::call::read(message)).await }
        })
        .await
        .map(tonic::Response::into_inner)
        .map_err($crate::problem::Problem::from)
    }};
}

/// Tells a write: 5 s, once.
macro_rules! tell {
    ($client:expr, $method:ident, $message:expr) => {
        $client
            .$method(guichet_rpc::call::write($message))
            .await
            .map(tonic::Response::into_inner)
            .map_err($crate::problem::Problem::from)
    };
}

/// Tells a write that may carry a key; with one a second copy changes nothing, so it is tried once more.
macro_rules! tell_keyed {
    ($client:expr, $method:ident, $message:expr) => {{
        let message = $message;
        if message.dedupe_key.is_empty() {
            $crate::clients::tell!($client, $method, message)
        } else {
            guichet_rpc::call::retry_once(|| {
                let (mut client, message) = ($client, message.clone());
                async move { client.$method(guichet_rpc::call::write(message)).await }
            })
            .await
            .map(tonic::Response::into_inner)
            .map_err($crate::problem::Problem::from)
        }
    }};
}

pub(crate) use {ask, tell, tell_keyed};
