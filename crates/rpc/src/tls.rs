//! Certificates of both ends (mTLS): read from files, and read again when the files change.
//!
//! A new certificate holds for connections that are made after it; old ones end with their age.

use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tonic::transport::server::Connected;

use crate::callers::{Caller, Identity};
use crate::wire::dial::Stream;
use crate::{Worker, follow};

/// How long a caller may take to show its certificate.
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(5);
/// The only protocol spoken.
const HTTP2: &[u8] = b"h2";

/// Where the certificate of this process is.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// Its certificate and those between it and the authority, PEM.
    pub cert: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
    /// The authority that signs all certificates of the product, PEM; two of them while it is replaced.
    pub ca: PathBuf,
}

/// Why certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{file} cannot be read")]
    File {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file holds something else.
    #[error("{file} is not PEM")]
    Pem {
        /// The file.
        file: PathBuf,
        /// Why.
        source: rustls::pki_types::pem::Error,
    },
    /// They do not fit together.
    #[error("certificate, key and authority do not fit together")]
    Fit(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What the files held when they were last read.
#[derive(Debug, PartialEq, Eq)]
struct Texts {
    cert: Vec<u8>,
    key: Vec<u8>,
    ca: Vec<u8>,
}

#[derive(Debug)]
struct Current {
    texts: Texts,
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
}

/// The certificate of this process, always the current one. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Tls {
    files: Arc<TlsFiles>,
    current: Arc<RwLock<Current>>,
}

impl Tls {
    /// Reads the files.
    pub fn open(files: TlsFiles) -> Result<Self, TlsError> {
        let current = Current::of(&files, Texts::read(&files)?)?;
        Ok(Self { files: Arc::new(files), current: Arc::new(RwLock::new(current)) })
    }

    /// Reads the files again and returns whether they had changed. What cannot be used changes nothing.
    pub fn reload(&self) -> Result<bool, TlsError> {
        let texts = Texts::read(&self.files)?;
        if self.current.read().unwrap_or_else(PoisonError::into_inner).texts == texts {
            return Ok(false);
        }
        let read = Current::of(&self.files, texts)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = read;
        Ok(true)
    }

    /// Returns the work that follows the files.
    #[must_use]
    pub fn worker(&self) -> Worker {
        let tls = self.clone();
        follow::files("certificates", move || Ok(tls.reload()?))
    }

    /// Greets a peer that must prove to be `name`.
    pub(crate) async fn connect(&self, name: &str, stream: TcpStream) -> io::Result<Box<dyn Stream>> {
        let client = Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner).client);
        let name = ServerName::try_from(name.to_owned()).map_err(io::Error::other)?;
        Ok(Box::new(TlsConnector::from(client).connect(name, stream).await?))
    }

    /// Greets a caller, who must show a certificate of our authority.
    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<Accepted> {
        let server = Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner).server);
        let greeted = tokio::time::timeout(HANDSHAKE_PATIENCE, TlsAcceptor::from(server).accept(stream)).await;
        let stream = greeted.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
        let callers = chain.first().map(callers_of).unwrap_or_default();
        Ok(Accepted { stream, callers })
    }
}

/// Returns the callers that a certificate names among its alternative names.
fn callers_of(certificate: &CertificateDer<'_>) -> Arc<[Caller]> {
    let Ok(parsed) = ParsedCertificate::try_from(certificate) else { return Arc::default() };
    let is_named = |caller: &Caller| {
        let name = ServerName::try_from(caller.name());
        name.is_ok_and(|name| rustls::client::verify_server_name(&parsed, &name).is_ok())
    };
    Caller::ALL.into_iter().filter(is_named).collect()
}

impl Texts {
    fn read(files: &TlsFiles) -> Result<Self, TlsError> {
        let text = |file: &PathBuf| std::fs::read(file).map_err(|source| TlsError::File { file: file.clone(), source });
        Ok(Self { cert: text(&files.cert)?, key: text(&files.key)?, ca: text(&files.ca)? })
    }
}

impl Current {
    fn of(files: &TlsFiles, texts: Texts) -> Result<Self, TlsError> {
        let pem = |file: &PathBuf| {
            let file = file.clone();
            move |source| TlsError::Pem { file, source }
        };
        let certificates = |text: &[u8]| CertificateDer::pem_slice_iter(text).collect::<Result<Vec<_>, _>>();
        let chain = certificates(&texts.cert).map_err(pem(&files.cert))?;
        let key = PrivateKeyDer::from_pem_slice(&texts.key).map_err(pem(&files.key))?;
        let mut roots = RootCertStore::empty();
        for authority in certificates(&texts.ca).map_err(pem(&files.ca))? {
            roots.add(authority).map_err(fit)?;
        }
        let roots = Arc::new(roots);
        let verifier = WebPkiClientVerifier::builder(Arc::clone(&roots)).build().map_err(fit)?;
        let server = ServerConfig::builder().with_client_cert_verifier(verifier);
        let mut server = server.with_single_cert(chain.clone(), key.clone_key()).map_err(fit)?;
        let client = ClientConfig::builder().with_root_certificates(roots);
        let mut client = client.with_client_auth_cert(chain, key).map_err(fit)?;
        server.alpn_protocols = vec![HTTP2.to_vec()];
        client.alpn_protocols = vec![HTTP2.to_vec()];
        Ok(Self { texts, server: Arc::new(server), client: Arc::new(client) })
    }
}

fn fit(error: impl std::error::Error + Send + Sync + 'static) -> TlsError {
    TlsError::Fit(Box::new(error))
}

/// A connection whose caller has shown a certificate.
#[derive(Debug)]
pub(crate) struct Accepted {
    stream: TlsStream<TcpStream>,
    callers: Arc<[Caller]>,
}

impl Connected for Accepted {
    type ConnectInfo = Identity;

    fn connect_info(&self) -> Identity {
        Identity(Arc::clone(&self.callers))
    }
}

impl AsyncRead for Accepted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Accepted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
