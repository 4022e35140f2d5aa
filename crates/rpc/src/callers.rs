//! Who may call what between processes: the caller is the name in its certificate, and one table says the rest.
//!
//! Health and reflection are open to whoever has a certificate; everything else is not, until it is listed.

use std::sync::Arc;
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::BoxFuture;
use guichet_core::{Coded, ErrorKind};
use http::{Request, Response};
use tonic::body::Body;
use tower::{Layer, Service};

use crate::status;

/// A process of the product, as its certificate names it. It is also the name of its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Pages and REST.
    Gateway,
    /// Requests and threads.
    Intake,
    /// Queue and work.
    Routing,
    /// Deliveries.
    Notification,
    /// Sheets.
    Knowledge,
}

impl Caller {
    /// Every caller there is.
    pub const ALL: [Self; 5] = [Self::Gateway, Self::Intake, Self::Routing, Self::Notification, Self::Knowledge];

    /// Returns the DNS name that stands in its certificate.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Intake => "intake",
            Self::Routing => "routing",
            Self::Notification => "notification",
            Self::Knowledge => "knowledge",
        }
    }
}

/// The one table: what each caller may call, as a method or, ending in `/`, as all methods of a service.
const fn allowed(caller: Caller) -> &'static [&'static str] {
    match caller {
        Caller::Gateway => &[
            "/guichet.common.v1.Events/Watch",
            "/guichet.intake.v1.Intake/",
            "/guichet.knowledge.v1.Knowledge/",
            "/guichet.notification.v1.Notification/",
            "/guichet.routing.v1.Decisions/",
            "/guichet.routing.v1.Directory/",
            "/guichet.routing.v1.Offers/",
            "/guichet.routing.v1.Presence/",
            "/guichet.routing.v1.Queue/",
            "/guichet.routing.v1.Work/",
        ],
        Caller::Intake => &["/guichet.common.v1.Events/Read", "/guichet.knowledge.v1.Knowledge/Classify"],
        Caller::Notification => &[
            "/guichet.common.v1.Events/Read",
            "/guichet.intake.v1.Intake/DownloadAttachment",
            "/guichet.intake.v1.Intake/GetParty",
            "/guichet.intake.v1.Intake/GetRequest",
        ],
        Caller::Routing | Caller::Knowledge => &["/guichet.common.v1.Events/Read"],
    }
}

/// Returns callers as a log names them.
fn names(callers: &[Caller]) -> String {
    let names: Vec<&str> = callers.iter().map(|caller| caller.name()).collect();
    if names.is_empty() { "a stranger".to_owned() } else { names.join(" and ") }
}

/// What anybody with a certificate may call.
const OPEN: [&str; 2] = ["/grpc.health.v1.Health/", "/grpc.reflection.v1.ServerReflection/"];

/// Returns whether a process that is all of these callers may call a method, `/package.Service/Method`.
fn may_call(callers: &[Caller], method: &str) -> bool {
    let listed = callers.iter().flat_map(|caller| allowed(*caller));
    listed.chain(&OPEN).any(|entry| match entry.ends_with('/') {
        true => method.starts_with(entry),
        false => method == *entry,
    })
}

/// A call that the table does not allow.
#[derive(Debug, thiserror::Error)]
#[error("{caller} may not call {method}")]
struct Refused {
    caller: String,
    method: String,
}

impl Coded for Refused {
    fn code(&self) -> &'static str {
        "GU-RPC-005"
    }

    fn kind(&self) -> ErrorKind {
        ErrorKind::Forbidden
    }
}

/// Who is at the other end of a connection, known once its certificate was checked; kept with each of its calls. A process
/// of several targets is several callers.
#[derive(Clone, Debug)]
pub(crate) struct Identity(pub(crate) Arc<[Caller]>);

/// Lets through what the table allows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guarded;

impl<S> Layer<S> for Guarded {
    type Service = Guard<S>;

    fn layer(&self, inner: S) -> Guard<S> {
        Guard { inner }
    }
}

/// A service behind the table.
#[derive(Clone, Debug)]
pub(crate) struct Guard<S> {
    inner: S,
}

impl<S> Service<Request<Body>> for Guard<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response<Body>, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let callers =
            request.extensions().get::<Identity>().map(|identity| Arc::clone(&identity.0)).unwrap_or_default();
        let method = request.uri().path();
        if may_call(&callers, method) {
            return self.inner.call(request).boxed();
        }
        let refused = Refused { caller: names(&callers), method: method.to_owned() };
        tracing::warn!(rpc.caller = refused.caller, rpc.method = refused.method, "call refused");
        let answer = status::of(refused).into_http();
        async move { Ok(answer) }.boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_may_call_what_is_listed_and_nothing_near_it() {
        assert!(may_call(&[Caller::Intake], "/guichet.knowledge.v1.Knowledge/Classify"));
        assert!(!may_call(&[Caller::Intake], "/guichet.knowledge.v1.Knowledge/ClassifyAll"));
        assert!(!may_call(&[Caller::Knowledge], "/guichet.intake.v1.Intake/GetRequest"));
        assert!(may_call(&[Caller::Gateway], "/guichet.intake.v1.Intake/GetRequest"));
        assert!(!may_call(&[Caller::Gateway], "/guichet.intake.v1.IntakeAdmin/GetRequest"));
    }

    #[test]
    fn a_process_of_two_targets_may_call_what_either_may() {
        let both = [Caller::Knowledge, Caller::Notification];
        assert!(may_call(&both, "/guichet.intake.v1.Intake/GetRequest"));
        assert!(!may_call(&both, "/guichet.intake.v1.Intake/ListRequests"));
        assert_eq!((names(&both).as_str(), names(&[]).as_str()), ("knowledge and notification", "a stranger"));
    }

    #[test]
    fn who_has_no_known_name_may_ask_for_health_only() {
        assert!(may_call(&[], "/grpc.health.v1.Health/Check"));
        assert!(!may_call(&[], "/guichet.common.v1.Events/Read"));
    }

    #[test]
    fn every_line_of_the_table_is_a_method_or_a_service_of_the_contract() {
        let pool = prost_names();
        for line in Caller::ALL.into_iter().flat_map(allowed) {
            let name = line.trim_matches('/').replace('/', ".");
            assert!(pool.contains(&name), "{line} is not in the contract");
        }
    }

    /// Returns the full names of the contract's services and methods.
    fn prost_names() -> Vec<String> {
        use prost::Message;
        let set = prost_types::FileDescriptorSet::decode(guichet_proto::FILE_DESCRIPTOR_SET).expect("a descriptor");
        let services = set.file.iter().flat_map(|file| {
            file.service.iter().map(move |service| (format!("{}.{}", file.package(), service.name()), service))
        });
        services
            .flat_map(|(name, service)| {
                let methods =
                    service.method.iter().map(|method| format!("{name}.{}", method.name())).collect::<Vec<_>>();
                methods.into_iter().chain([name])
            })
            .collect()
    }
}
