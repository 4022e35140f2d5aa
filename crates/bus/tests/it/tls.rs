//! Redis behind TLS and a password, signed by an authority of the town's own.

use std::time::Duration;

use guichet_bus::{Bus, BusOptions};
use guichet_testkit::{RedisServer, free_port, redis_with, wait_until};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

use crate::fixture::Fixture;

const PASSWORD: &str = "arbitrary";
/// How long a change of password may take to be felt.
const PATIENCE: Duration = Duration::from_secs(20);

/// A Redis that speaks TLS, and the authority of its certificate.
struct Private {
    redis: RedisServer,
    port: u16,
    authority: Vec<u8>,
    _files: TempDir,
}

impl Private {
    async fn start() -> Self {
        let _installed_before = rustls::crypto::ring::default_provider().install_default();
        let files = guichet_testkit::temp_dir();
        let authority = write_certificates(files.path());
        let port = free_port();
        let file = |name: &str| files.path().join(name).display().to_string();
        let redis = redis_with(&[
            ("tls-port", &port.to_string()),
            ("tls-cert-file", &file("tls.crt")),
            ("tls-key-file", &file("tls.key")),
            ("tls-ca-cert-file", &file("ca.crt")),
            ("tls-auth-clients", "no"),
        ])
        .await;
        assert_eq!(redis.tell(&format!("CONFIG SET requirepass {PASSWORD}")).await, "+OK");
        Self { redis, port, authority, _files: files }
    }

    fn options(&self, password: &str, authority: Option<Vec<u8>>) -> BusOptions {
        BusOptions { url: format!("rediss://:{password}@localhost:{}/", self.port), authority }
    }
}

fn write_certificates(folder: &std::path::Path) -> Vec<u8> {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(Vec::new()).expect("no name is a wrong one");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&key).expect("signs itself").pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    let certificate = params.signed_by(&key, &issuer).expect("signs").pem();
    for (name, text) in [("tls.crt", &certificate), ("tls.key", &key.serialize_pem()), ("ca.crt", &authority)] {
        std::fs::write(folder.join(name), text).expect("writes");
    }
    authority.into_bytes()
}

#[tokio::test]
async fn events_travel_over_tls_with_a_password_and_an_authority_of_ones_own() {
    let private = Private::start().await;
    let options = private.options(PASSWORD, Some(private.authority.clone()));
    let f = Fixture::on(Bus::open_with(&options).expect("an address")).await;
    f.bus.ping().await.expect("Redis answers");
    f.run();
    f.tell(1..=50).await;
    assert_eq!(f.wait_for_kept(50).await, (1..=50).collect::<Vec<_>>());
    let length = private.redis.tell(&format!("AUTH {PASSWORD}\r\nXLEN guichet:routing")).await;
    assert_eq!(length, "+OK", "the password is asked for");
    assert!(f.bus.last_id("routing").await.expect("reads").is_some(), "the stream holds them");
}

#[tokio::test]
async fn a_certificate_of_a_stranger_and_a_wrong_password_are_refused() {
    let private = Private::start().await;
    let of_a_stranger = Bus::open_with(&private.options(PASSWORD, None)).expect("an address");
    of_a_stranger.ping().await.expect_err("the machine's authorities have not signed it");
    let wrong = Bus::open_with(&private.options("wrong", Some(private.authority.clone()))).expect("an address");
    wrong.ping().await.expect_err("the password is wrong");
    // The same bus, once it is told the right one.
    wrong.reopen(&private.options(PASSWORD, Some(private.authority.clone()))).expect("an address");
    wait_until(PATIENCE, async || wrong.ping().await.is_ok()).await;
}
