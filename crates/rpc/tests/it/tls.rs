//! Certificates of both ends.

use std::path::Path;
use std::sync::Arc;

use guichet_core::{ErrorKind, SystemRng};
use guichet_events::producer;
use guichet_proto::common::v1::events_client::EventsClient;
use guichet_proto::common::v1::{ReadEventsRequest, WatchEventsRequest};
use guichet_rpc::events::Logs;
use guichet_rpc::server::{Door, serve};
use guichet_rpc::status::Problem;
use guichet_rpc::{InProcess, InvalidAddress, Peer, Tls, TlsFiles, call, remote};
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use tonic::{Code, Status};

use crate::ToyLog;

/// An authority that signs what it is asked to.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("no name is a wrong one");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).expect("signs itself").pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    /// Writes a certificate with these names, its key and this authority into a folder.
    fn write(&self, folder: &Path, names: &[&str]) {
        let key = KeyPair::generate().expect("a key");
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("good names");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let cert = params.signed_by(&key, &self.issuer).expect("signs");
        let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("it can be written");
        write("tls.crt", &cert.pem());
        write("tls.key", &key.serialize_pem());
        write("ca.crt", &self.pem);
    }

    /// Returns a process whose certificate has these names.
    fn process(&self, names: &[&str]) -> Process {
        let folder = guichet_testkit::temp_dir();
        self.write(folder.path(), names);
        let file = |name: &str| folder.path().join(name);
        let tls = Tls::open(TlsFiles { cert: file("tls.crt"), key: file("tls.key"), ca: file("ca.crt") });
        Process { tls: tls.expect("good certificates"), folder }
    }
}

/// A process's certificate, in its folder.
struct Process {
    tls: Tls,
    folder: TempDir,
}

/// A server that asks for certificates.
struct Server {
    address: String,
    process: Process,
    _stop: DropGuard,
}

impl Server {
    async fn start(authority: &Authority) -> Self {
        // What a test's process is called is what the product's binary installs at start.
        let _installed_before = rustls::crypto::ring::default_provider().install_default();
        let process = authority.process(&["intake", "localhost"]);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("localhost:{}", listener.local_addr().expect("an address").port());
        let cancel = CancellationToken::new();
        let mut logs = Logs::new(cancel.clone());
        logs.insert(producer::INTAKE, Arc::new(ToyLog));
        let routes = tonic::service::Routes::new(logs.into_server());
        let door = Door::new(listener, &SystemRng).with_tls(Some(process.tls.clone()));
        let tasks = TaskTracker::new();
        tasks.spawn(serve(routes, Some(door), InProcess::default(), cancel.clone()));
        Self { address, process, _stop: cancel.drop_guard() }
    }

    /// Returns the way here of a process.
    fn called_by(&self, process: &Process) -> Peer {
        remote(&format!("https://{}", self.address), Some(&process.tls)).expect("an address")
    }
}

async fn read(peer: &Peer) -> Result<(), Status> {
    let message = ReadEventsRequest { producer: producer::INTAKE.to_owned(), limit: 1, ..Default::default() };
    EventsClient::new(peer.clone()).read(call::read(message)).await.map(drop)
}

#[tokio::test]
async fn who_is_named_and_listed_may_call() {
    let authority = Authority::new();
    let server = Server::start(&authority).await;
    read(&server.called_by(&authority.process(&["routing"]))).await.expect("routing reads intake's log");
}

#[tokio::test]
async fn who_is_not_listed_for_a_method_is_refused_with_a_code() {
    let authority = Authority::new();
    let server = Server::start(&authority).await;
    let gateway = server.called_by(&authority.process(&["gateway"]));
    let watch = WatchEventsRequest { producer: producer::INTAKE.to_owned() };
    EventsClient::new(gateway.clone()).watch(call::read(watch)).await.expect("the gateway may watch");
    for stranger in [gateway, server.called_by(&authority.process(&["registry"]))] {
        let refused = read(&stranger).await.expect_err("and not read");
        assert_eq!(refused.code(), Code::PermissionDenied);
        let problem = Problem::from(&refused);
        assert_eq!((problem.kind, problem.code.as_str()), (ErrorKind::Forbidden, "GU-RPC-005"));
    }
}

#[tokio::test]
async fn who_has_no_certificate_of_our_authority_is_not_let_in() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let server = Server::start(&ours).await;
    let in_clear = remote(&format!("http://{}", server.address), None).expect("an address");
    let stranger = server.called_by(&theirs.process(&["routing"]));
    for peer in [in_clear, stranger] {
        assert_eq!(read(&peer).await.expect_err("not let in").code(), Code::Unavailable);
    }
    let without = remote("https://localhost:8090", None).expect_err("no certificate");
    assert!(matches!(without, InvalidAddress::NoCertificates(_)), "{without}");
}

#[tokio::test]
async fn who_answers_under_another_name_is_not_believed() {
    let authority = Authority::new();
    let server = Server::start(&authority).await;
    let elsewhere = server.address.replace("localhost", "127.0.0.1");
    let peer = remote(&format!("https://{elsewhere}"), Some(&authority.process(&["routing"]).tls)).expect("an address");
    assert_eq!(read(&peer).await.expect_err("the certificate says localhost").code(), Code::Unavailable);
}

#[tokio::test]
async fn a_certificate_that_is_replaced_is_taken_up_without_a_restart() {
    let (old, new) = (Authority::new(), Authority::new());
    let server = Server::start(&old).await;
    let caller = old.process(&["routing"]);
    read(&server.called_by(&caller)).await.expect("the old ones fit");
    assert!(!server.process.tls.reload().expect("readable"), "nothing has changed");

    new.write(server.process.folder.path(), &["intake", "localhost"]);
    assert!(server.process.tls.reload().expect("readable"));
    read(&server.called_by(&caller)).await.expect_err("the caller still has the old ones");
    new.write(caller.folder.path(), &["routing"]);
    assert!(caller.tls.reload().expect("readable"));
    read(&server.called_by(&caller)).await.expect("the new ones fit");

    std::fs::write(server.process.folder.path().join("tls.key"), "half a file").expect("written");
    server.process.tls.reload().expect_err("no key");
    read(&server.called_by(&caller)).await.expect("what cannot be used changes nothing");
}
