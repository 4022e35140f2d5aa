//! Calls out: knowledge proposes a procedure, or does not; intake never waits for it.

use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use guichet_proto::knowledge::v1::ClassifyRequest;
use guichet_proto::knowledge::v1::knowledge_client::KnowledgeClient;
use guichet_rpc::{Peer, call};

use crate::app::Classifier;
use crate::domain::request::Proposal;

/// What a classification may cost a submission; past it a person classifies (DESIGN §3).
const CLASSIFY_DEADLINE: Duration = Duration::from_millis(300);

/// The classifier of the knowledge service.
#[derive(Clone, Debug)]
pub(crate) struct Knowledge(Peer);

impl Knowledge {
    /// Returns the classifier behind a peer.
    pub(crate) const fn new(peer: Peer) -> Self {
        Self(peer)
    }
}

impl Classifier for Knowledge {
    fn classify<'a>(
        &'a self,
        authority: &'a str,
        subject: &'a str,
        body: &'a str,
    ) -> BoxFuture<'a, Option<(Option<Proposal>, f64)>> {
        async move {
            let request =
                ClassifyRequest { authority: authority.to_owned(), subject: subject.to_owned(), body: body.to_owned() };
            let mut client = KnowledgeClient::new(self.0.clone());
            let asked = client.classify(call::with_deadline(request, CLASSIFY_DEADLINE));
            // The deadline travels with the call; the clock here covers a peer that does not even answer.
            let answer = match tokio::time::timeout(CLASSIFY_DEADLINE, asked).await {
                Ok(Ok(answer)) => answer.into_inner(),
                Ok(Err(status)) => {
                    tracing::info!(code = ?status.code(), "nobody classified, a person will");
                    return None;
                }
                Err(_) => {
                    tracing::info!(
                        deadline_ms = CLASSIFY_DEADLINE.as_millis(),
                        "nobody classified in time, a person will"
                    );
                    return None;
                }
            };
            let best = answer.proposals.into_iter().next().map(|best| Proposal {
                procedure: best.procedure,
                confidence: best.confidence,
                reasons: best.reasons,
            });
            Some((best, answer.threshold))
        }
        .boxed()
    }
}
