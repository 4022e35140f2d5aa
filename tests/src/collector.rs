//! A collector of traces as operators have one, over OTLP: it keeps what it is sent.

use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::resource::v1::Resource;
use tokio::task::JoinHandle;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

/// A span as it was exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// `service.name` of the process that told it.
    pub service: String,
    /// Of the span.
    pub name: String,
    /// In hexadecimal.
    pub trace: String,
    /// In hexadecimal.
    pub id: String,
    /// Of the span it belongs to; empty at the head of a trace.
    pub parent: String,
    /// Everything that was exported of it and of its events, to look for what must not be there.
    pub text: String,
}

type Spans = Arc<Mutex<Vec<Exported>>>;

/// The collector, running until it is dropped.
#[derive(Debug)]
pub struct Collector {
    /// For `telemetry.otlp`.
    pub url: String,
    spans: Spans,
    server: JoinHandle<()>,
}

impl Collector {
    /// Starts one on a free port of loopback.
    ///
    /// # Panics
    /// When no port is free.
    #[expect(clippy::disallowed_methods, reason = "a test has no supervisor")]
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let spans = Spans::default();
        let service = TraceServiceServer::new(Keeper(Arc::clone(&spans)));
        let server = tokio::spawn(async move {
            let serving = Server::builder().add_service(service).serve_with_incoming(TcpIncoming::from(listener));
            serving.await.expect("the collector serves until its test ends");
        });
        Self { url, spans, server }
    }

    /// Returns what was exported so far.
    pub fn spans(&self) -> Vec<Exported> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.server.abort();
    }
}

struct Keeper(Spans);

#[tonic::async_trait]
impl TraceService for Keeper {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let mut spans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for told in request.into_inner().resource_spans {
            let service = told.resource.as_ref().map(service_name).unwrap_or_default();
            for span in told.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                spans.push(Exported {
                    service: service.clone(),
                    trace: hexadecimal(&span.trace_id),
                    id: hexadecimal(&span.span_id),
                    parent: hexadecimal(&span.parent_span_id),
                    text: format!("{span:?}"),
                    name: span.name,
                });
            }
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

fn service_name(resource: &Resource) -> String {
    let named = resource.attributes.iter().find(|attribute| attribute.key == "service.name");
    match named.and_then(|attribute| attribute.value.clone()).and_then(|value| value.value) {
        Some(Value::StringValue(name)) => name,
        _ => String::new(),
    }
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
