//! The four services, faked on the wire: real calls, deadlines and statuses, answers written in the test.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::post;
use guichet_core::work::{Outcome, WorkState};
use guichet_core::{Coded, ErrorKind, ManualClock, SystemRng, Timestamp};
use guichet_gateway::{Config, GatewayDeps};
use guichet_proto::{common, intake, knowledge, notification, routing};
use guichet_rpc::convert::ToProto;
use guichet_rpc::{InProcess, Peers};
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::{Status, Streaming};
use tonic_prost::ProstCodec;
use tower::ServiceExt;

/// A Monday in November, 9:30 in Paris.
pub(crate) const NOW: i64 = 1_795_422_600_000;
pub(crate) const ADMIN: &str = "an-operator-token";
pub(crate) const ALINE: &str = "agt_01kb0000000000000000000001";
pub(crate) const REQUEST: &str = "req_01kb0000000000000000000001";
/// Of a request that nobody has taken yet.
pub(crate) const WAITING: &str = "W8NP-5U3S";
pub(crate) const SECRET: &str = "req_01kb0000000000000000000002";

/// A town with one department and three procedures.
pub(crate) const VALORME: &str = r#"{
  "authority": {"id": "aut_1", "code": "valorme", "name": "Ville de Valorme", "kind": "commune", "time_zone": "Europe/Paris",
    "phone": "03 53 01 00 10", "hours": "lun-sam", "email": "guichet@valorme.example", "postal_address": "1 place de la Mairie, 00400 Valorme",
    "triage_procedure": "question", "dismissal_reasons": {"doublon": "Vous avez déjà fait cette demande."}},
  "departments": {"EC": {"name": "État civil", "site": "hdv", "calendar": "G", "phone": "03 53 01 00 11", "email": ""}},
  "procedures": {
    "acte": {"name": "Copie d'acte d'état civil", "department": "EC", "tier": 1, "announced": {"count": 3, "unit": "business_days"}, "documents": ["Une pièce d'identité"], "public": true, "confidential": false},
    "aide": {"name": "Aide sociale", "department": "EC", "tier": 2, "public": true, "confidential": true},
    "question": {"name": "Question", "department": "EC", "tier": 1, "public": true}},
  "agents": {"aline.encre": {"id": "agt_01kb0000000000000000000001", "name": "Aline Encre", "title": "agente d'accueil"}}
}"#;

/// An error of a service, as the contract carries it.
#[derive(Debug, thiserror::Error)]
#[error("refused by the fake")]
pub(crate) struct Refused(pub(crate) ErrorKind);

impl Coded for Refused {
    fn code(&self) -> &'static str {
        "GU-TST-001"
    }
    fn kind(&self) -> ErrorKind {
        self.0
    }
}

pub(crate) fn refuse(kind: ErrorKind) -> Status {
    guichet_rpc::status::of(Refused(kind))
}

/// What the services were told, in order.
pub(crate) type Calls = Arc<Mutex<Vec<String>>>;

/// The services under construction.
pub(crate) struct Fake {
    routes: Router,
    calls: Calls,
}

impl Fake {
    /// Answers a method; a later answer of the same method is not possible.
    pub(crate) fn on<Q, A>(
        self,
        path: &'static str,
        answer: impl Fn(Q) -> Result<A, Status> + Clone + Send + Sync + 'static,
    ) -> Self
    where
        Q: prost::Message + Default + std::fmt::Debug + 'static,
        A: prost::Message + Default + 'static,
    {
        let calls = Arc::clone(&self.calls);
        let handler = move |request: Request| {
            let (answer, calls) = (answer.clone(), Arc::clone(&calls));
            async move {
                let service = tower::service_fn(move |request: tonic::Request<Q>| {
                    let message = request.into_inner();
                    calls.lock().expect("no panic").push(format!("{path} {message:?}"));
                    std::future::ready(answer(message).map(tonic::Response::new))
                });
                tonic::server::Grpc::new(ProstCodec::<A, Q>::default()).unary(service, request).await.map(Body::new)
            }
        };
        Self { routes: self.routes.route(path, post(handler)), ..self }
    }

    /// Answers a method that takes a stream, once all of it has come.
    pub(crate) fn on_stream<Q, A>(
        self,
        path: &'static str,
        answer: impl Fn(Vec<Q>) -> Result<A, Status> + Clone + Send + Sync + 'static,
    ) -> Self
    where
        Q: prost::Message + Default + 'static,
        A: prost::Message + Default + 'static,
    {
        let handler = move |request: Request| {
            let answer = answer.clone();
            async move {
                let service = tower::service_fn(move |request: tonic::Request<Streaming<Q>>| {
                    let answer = answer.clone();
                    async move {
                        let (mut parts, mut all) = (request.into_inner(), Vec::new());
                        while let Some(part) = parts.message().await? {
                            all.push(part);
                        }
                        answer(all).map(tonic::Response::new)
                    }
                });
                tonic::server::Grpc::new(ProstCodec::<A, Q>::default())
                    .client_streaming(service, request)
                    .await
                    .map(Body::new)
            }
        };
        Self { routes: self.routes.route(path, post(handler)), ..self }
    }

    /// Starts the gateway over these services.
    pub(crate) fn start(self, change: impl FnOnce(&mut Config)) -> Gateway {
        let inside = InProcess::default();
        let peer = inside.peer();
        let cancel = CancellationToken::new();
        let serving = guichet_rpc::server::serve(Routes::from(self.routes), None, inside, cancel.clone());
        #[expect(clippy::disallowed_methods, reason = "a test has no supervisor")]
        tokio::spawn(serving);
        let peers = Peers { intake: peer.clone(), routing: peer.clone(), notification: peer.clone(), knowledge: peer };
        let mut config = Config { cookie_key: vec![7; 64], admin_token: Some(ADMIN.to_owned()), ..Config::default() };
        change(&mut config);
        let clock = ManualClock::at(Timestamp::from_millis(NOW));
        let deps = GatewayDeps {
            peers,
            clock: Arc::new(clock),
            rng: Arc::new(SystemRng),
            readiness: Arc::new(Vec::new),
            answers_probes: true,
            leaving: CancellationToken::new(),
            stop: cancel.clone(),
        };
        let router = guichet_gateway::build(config, deps).expect("a good configuration").router;
        Gateway { router, calls: self.calls, _cancel: cancel.drop_guard() }
    }
}

/// A town with one agent, one ordinary request and one that is kept for others.
pub(crate) fn town() -> Fake {
    let empty = Fake { routes: Router::new(), calls: Calls::default() };
    empty
        .on("/guichet.routing.v1.Directory/Get", |_: routing::v1::GetRequest| {
            Ok(routing::v1::GetResponse {
                directories: vec![VALORME.to_owned()],
                versions: [("valorme".to_owned(), 1)].into(),
            })
        })
        .on("/guichet.routing.v1.Directory/SignIn", |asked: routing::v1::SignInRequest| {
            let account = [aline(), leon()].into_iter().find(|account| account.login == asked.login);
            match account.filter(|_| asked.password == "demo") {
                Some(account) => Ok(routing::v1::SignInResponse { account: Some(account) }),
                None => Err(refuse(ErrorKind::Unauthenticated)),
            }
        })
        .on("/guichet.routing.v1.Directory/CheckSession", |asked: routing::v1::CheckSessionRequest| {
            let account = [aline(), leon()].into_iter().find(|account| account.agent_id == asked.agent_id);
            Ok(routing::v1::CheckSessionResponse { account })
        })
        .on("/guichet.routing.v1.Directory/CheckKey", |_: routing::v1::CheckKeyRequest| {
            Err::<routing::v1::CheckKeyResponse, _>(refuse(ErrorKind::Unauthenticated))
        })
        .on("/guichet.intake.v1.Intake/GetRequest", |asked: intake::v1::GetRequestRequest| match asked {
            asked if asked.id == SECRET => Ok(intake::v1::GetRequestResponse { request: Some(secret()) }),
            asked if asked.id == REQUEST || asked.reference == "V7KM-4T9R" => {
                Ok(intake::v1::GetRequestResponse { request: Some(request()) })
            }
            _ => Err(refuse(ErrorKind::NotFound)),
        })
        .on("/guichet.intake.v1.Intake/OpenThreadLink", |asked: intake::v1::OpenThreadLinkRequest| {
            if asked.token == "good" {
                Ok(intake::v1::OpenThreadLinkResponse { request: Some(request()) })
            } else {
                Err(refuse(ErrorKind::Forbidden))
            }
        })
        .on("/guichet.routing.v1.Work/Get", |asked: routing::v1::GetWorkRequest| {
            let access =
                if asked.request_id == SECRET { routing::v1::Access::Existence } else { routing::v1::Access::Full };
            let allowed = ["resolve", "pause", "escalate"].map(str::to_owned).to_vec();
            Ok(routing::v1::GetWorkResponse {
                work: Some(work(&asked.request_id)),
                access: access.into(),
                allowed,
                writing: Vec::new(),
            })
        })
        .on("/guichet.intake.v1.Intake/Track", |asked: intake::v1::TrackRequest| {
            let state = match asked.reference.as_str() {
                "V7KM-4T9R" => WorkState::Escalated,
                WAITING => WorkState::Queued,
                _ => return Err(refuse(ErrorKind::NotFound)),
            };
            Ok(intake::v1::TrackResponse {
                reference: asked.reference,
                request_id: REQUEST.to_owned(),
                state: state.to_proto(),
                received_at: NOW,
                announced_due: NOW + 3 * 86_400_000,
                authority: "valorme".to_owned(),
                department: "EC".to_owned(),
                ..intake::v1::TrackResponse::default()
            })
        })
}

/// The same town with all that the desk shows.
pub(crate) fn desk() -> Fake {
    town()
        .on("/guichet.routing.v1.Offers/List", |_: routing::v1::ListOffersRequest| {
            let offer = routing::v1::Offer {
                id: "off_1".to_owned(),
                request_id: REQUEST.to_owned(),
                why: "Vous avez État civil niveau 3.".to_owned(),
                ..routing::v1::Offer::default()
            };
            Ok(routing::v1::ListOffersResponse { offers: vec![offer] })
        })
        .on("/guichet.intake.v1.Intake/BatchGetRequests", |asked: intake::v1::BatchGetRequestsRequest| {
            let known = [request(), secret()].into_iter().filter_map(|request| request.summary);
            let requests = known.filter(|summary| asked.ids.contains(&summary.id)).collect();
            Ok(intake::v1::BatchGetRequestsResponse { requests })
        })
        .on("/guichet.intake.v1.Intake/ListRequests", |_: intake::v1::ListRequestsRequest| {
            let requests = [request(), secret()].into_iter().filter_map(|request| request.summary).collect();
            Ok(intake::v1::ListRequestsResponse { requests, next_cursor: String::new() })
        })
        .on("/guichet.routing.v1.Queue/List", |_: routing::v1::ListRequest| {
            let entry = routing::v1::QueueEntry {
                request_id: SECRET.to_owned(),
                authority: "valorme".to_owned(),
                department: "EC".to_owned(),
                procedure: "aide".to_owned(),
                missing: "Il vous manque l'habilitation SOCIAL.".to_owned(),
                confidential: true,
                arrived_at: NOW - 3_600_000,
                ..routing::v1::QueueEntry::default()
            };
            Ok(routing::v1::ListResponse { entries: vec![entry], next_cursor: String::new() })
        })
        .on("/guichet.notification.v1.Notification/ListDeliveries", |_: notification::v1::ListDeliveriesRequest| {
            Ok(notification::v1::ListDeliveriesResponse::default())
        })
        .on("/guichet.intake.v1.Intake/ListMentions", |_: intake::v1::ListMentionsRequest| {
            Ok(intake::v1::ListMentionsResponse { mentions: Vec::new() })
        })
        .on("/guichet.knowledge.v1.Knowledge/Suggest", |_: knowledge::v1::SuggestRequest| {
            Ok(knowledge::v1::SuggestResponse::default())
        })
        .on("/guichet.routing.v1.Decisions/Explain", |_: routing::v1::ExplainRequest| {
            Ok(routing::v1::ExplainResponse { lines: vec!["Proposée à Aline Encre.".to_owned()] })
        })
}

pub(crate) fn aline() -> routing::v1::Account {
    routing::v1::Account {
        agent_id: ALINE.to_owned(),
        login: "aline.encre".to_owned(),
        name: "Aline Encre".to_owned(),
        role: routing::v1::Role::Agent.into(),
        authority: "valorme".to_owned(),
        authorities: vec!["valorme".to_owned()],
        session_version: 1,
        presence: routing::v1::PresenceState::Available.into(),
    }
}

/// The supervisor.
pub(crate) fn leon() -> routing::v1::Account {
    routing::v1::Account {
        agent_id: "agt_01kb0000000000000000000002".to_owned(),
        login: "leon.virgule".to_owned(),
        name: "Léon Virgule".to_owned(),
        role: routing::v1::Role::Supervisor.into(),
        ..aline()
    }
}

fn request() -> intake::v1::ServiceRequest {
    let said = |id: &str, kind: intake::v1::InteractionKind, text: &str| intake::v1::Interaction {
        id: id.to_owned(),
        kind: kind.into(),
        text: text.to_owned(),
        author_name: "Odette Lavande".to_owned(),
        occurred_at: NOW,
        ..intake::v1::Interaction::default()
    };
    intake::v1::ServiceRequest {
        summary: Some(intake::v1::RequestSummary {
            id: REQUEST.to_owned(),
            reference: "V7KM-4T9R".to_owned(),
            authority: "valorme".to_owned(),
            channel: common::v1::Channel::Web.into(),
            procedure: "acte".to_owned(),
            subject: "Acte de naissance <script>alert(1)</script>".to_owned(),
            requester_name: "Odette Lavande".to_owned(),
            received_at: NOW,
            state: WorkState::InProgress.to_proto(),
            department: "EC".to_owned(),
            work_version: 4,
            ..intake::v1::RequestSummary::default()
        }),
        requester: Some(intake::v1::Requester {
            name: "Odette Lavande".to_owned(),
            ..intake::v1::Requester::default()
        }),
        interactions: vec![
            said("int_1", intake::v1::InteractionKind::Message, "Bonjour, il me faut un acte."),
            said("int_2", intake::v1::InteractionKind::Note, "Vérifier son identité."),
        ],
        ..intake::v1::ServiceRequest::default()
    }
}

fn secret() -> intake::v1::ServiceRequest {
    let ordinary = request();
    let summary = ordinary.summary.clone().map(|summary| intake::v1::RequestSummary {
        id: SECRET.to_owned(),
        reference: "W8NP-5UAS".to_owned(),
        subject: "Secours exceptionnel".to_owned(),
        procedure: "aide".to_owned(),
        confidential: true,
        ..summary
    });
    intake::v1::ServiceRequest { summary, ..ordinary }
}

fn work(id: &str) -> routing::v1::WorkItem {
    routing::v1::WorkItem {
        request_id: id.to_owned(),
        authority: "valorme".to_owned(),
        state: WorkState::InProgress.to_proto(),
        version: 4,
        procedure: "acte".to_owned(),
        department: "EC".to_owned(),
        tier: 1,
        assignee_id: ALINE.to_owned(),
        announced_due: NOW + 3 * 86_400_000,
        outcome: None::<Outcome>.to_proto(),
        ..routing::v1::WorkItem::default()
    }
}

/// The gateway under test.
pub(crate) struct Gateway {
    router: Router,
    pub(crate) calls: Calls,
    _cancel: tokio_util::sync::DropGuard,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// Returns the token that the page's forms are sent with.
    pub(crate) fn form_token(&self) -> &str {
        let token = self.text.split("name=\"token\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        token.expect("a form")
    }

    pub(crate) fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Gateway {
    pub(crate) async fn send(&self, request: Request) -> Answer {
        let response: Response = self.router.clone().oneshot(request).await.expect("the router never fails");
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 64 * 1024 * 1024).await.expect("a body");
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&body).into_owned() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).expect("a request")).await
    }

    pub(crate) async fn get_as(&self, cookie: &str, path: &str) -> Answer {
        self.send(Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).expect("a request")).await
    }

    pub(crate) async fn post_json(&self, path: &str, json: &str) -> Answer {
        let request =
            Request::post(path).header(header::CONTENT_TYPE, "application/json").body(Body::from(json.to_owned()));
        self.send(request.expect("a request")).await
    }

    pub(crate) async fn post_json_as(&self, cookie: &str, path: &str, json: &str) -> Answer {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::COOKIE, cookie)
            .body(Body::from(json.to_owned()));
        self.send(request.expect("a request")).await
    }

    pub(crate) async fn post_form_as(&self, cookie: &str, path: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::COOKIE, cookie)
            .body(Body::from(form.to_owned()));
        self.send(request.expect("a request")).await
    }

    /// Signs Aline in and returns her cookie.
    pub(crate) async fn sign_in(&self) -> String {
        self.sign_in_as("aline.encre").await
    }

    /// Signs somebody in and returns their cookie.
    pub(crate) async fn sign_in_as(&self, login: &str) -> String {
        let answer = self.post_json("/api/v1/session", &format!(r#"{{"login": "{login}", "password": "demo"}}"#)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        answer.header(header::SET_COOKIE).split(';').next().unwrap_or_default().to_owned()
    }

    /// Returns how often a method was called.
    pub(crate) fn count(&self, path: &str) -> usize {
        self.calls.lock().expect("no panic").iter().filter(|call| call.starts_with(path)).count()
    }
}
