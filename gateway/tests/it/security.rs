//! Sessions, forms and headers.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, StatusCode, header};
use guichet_core::{Coded, SystemClock, SystemRng};
use guichet_gateway::{COOKIE_KEY_BYTES_MIN, Config, GatewayDeps};
use guichet_proto::routing;
use guichet_rpc::Peers;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

use crate::fake::{ALINE, desk, town};

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_of_other_sites() {
    let gateway = town().start(|_| {});
    let answer = gateway.post_json("/api/v1/session", r#"{"login": "aline.encre", "password": "demo"}"#).await;
    let cookie = answer.header(header::SET_COOKIE);
    assert!(
        cookie.starts_with("guichet_session=") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    assert!(!cookie.contains("Secure"), "plain loopback HTTP");
    let secure = town().start(|config| config.public_url = "https://guichet.valorme.example".to_owned());
    let answer = secure.post_json("/api/v1/session", r#"{"login": "aline.encre", "password": "demo"}"#).await;
    let cookie = answer.header(header::SET_COOKIE);
    assert!(
        cookie.starts_with("__Host-guichet=") && cookie.contains("Secure") && cookie.contains("Path=/"),
        "{cookie}"
    );
    assert!(!answer.header(header::STRICT_TRANSPORT_SECURITY).is_empty());
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_login_get_the_same_answer() {
    let gateway = town().start(|_| {});
    let wrong = gateway.post_json("/api/v1/session", r#"{"login": "aline.encre", "password": "oups"}"#).await;
    let unknown = gateway.post_json("/api/v1/session", r#"{"login": "nobody", "password": "demo"}"#).await;
    assert_eq!((wrong.status, &wrong.text), (StatusCode::UNAUTHORIZED, &unknown.text));
}

#[tokio::test]
async fn a_changed_cookie_is_nobodys() {
    let gateway = town().start(|_| {});
    let cookie = gateway.sign_in().await;
    assert_eq!(gateway.get_as(&cookie, "/api/v1/session").await.status, StatusCode::OK);
    let forged = cookie.replace(ALINE, "agt_01kb0000000000000000000009");
    assert_ne!(cookie, forged);
    assert_eq!(gateway.get_as(&forged, "/api/v1/session").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(gateway.get_as("guichet_session=x", "/api/v1/session").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_session_is_asked_about_once_for_many_pages() {
    let gateway = town().start(|_| {});
    let cookie = gateway.sign_in().await;
    for _ in 0..5 {
        gateway.get_as(&cookie, "/api/v1/session").await;
    }
    assert_eq!(gateway.count("/guichet.routing.v1.Directory/CheckSession"), 1);
}

#[tokio::test]
async fn another_site_cannot_act_for_an_agent() {
    let gateway = desk()
        .on("/guichet.routing.v1.Presence/Set", |_: routing::v1::SetPresenceRequest| {
            Ok(routing::v1::SetPresenceResponse {})
        })
        .start(|_| {});
    let cookie = gateway.sign_in().await;
    let put = |name: HeaderName, value: &'static str| {
        let request = Request::put("/api/v1/agents/me/presence")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::COOKIE, cookie.clone())
            .header(header::HOST, "127.0.0.1:8080")
            .header(name, value)
            .body(Body::from(r#"{"state": "break"}"#));
        gateway.send(request.expect("a request"))
    };
    assert_eq!(put(header::ORIGIN, "https://evil.example").await.status, StatusCode::FORBIDDEN);
    assert_eq!(put(HeaderName::from_static("sec-fetch-site"), "cross-site").await.status, StatusCode::FORBIDDEN);
    assert_eq!(put(header::ORIGIN, "http://127.0.0.1:8080").await.status, StatusCode::OK);
    let without_token = gateway.post_form_as(&cookie, "/agent/presence", "state=break").await;
    assert_eq!(without_token.status, StatusCode::FORBIDDEN, "{}", without_token.text);
    let page = gateway.get_as(&cookie, "/agent").await;
    let token = page.form_token();
    let with_token = gateway.post_form_as(&cookie, "/agent/presence", &format!("state=break&token={token}")).await;
    assert_eq!(with_token.status, StatusCode::SEE_OTHER, "{}", with_token.text);
}

#[tokio::test]
async fn every_answer_carries_the_security_headers_and_a_request_id() {
    let gateway = town().start(|_| {});
    for path in
        ["/", "/suivi", "/connexion", "/nothing", "/api/v1/nothing", "/api/openapi.json", "/healthz", "/demande/acte"]
    {
        let answer = gateway.get(path).await;
        let policy = answer.header(header::CONTENT_SECURITY_POLICY);
        assert!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{path}");
        assert!(!answer.header(header::REFERRER_POLICY).is_empty(), "{path}");
        assert!(!answer.header(HeaderName::from_static("x-request-id")).is_empty(), "{path}");
        assert_nothing_inline(path, &answer.text);
    }
    let gateway = desk().start(|_| {});
    let cookie = gateway.sign_in().await;
    for path in ["/agent", "/agent/demandes/V7KM-4T9R"] {
        assert_nothing_inline(path, &gateway.get_as(&cookie, path).await.text);
    }
}

/// Scripts are files of ours; no style and no handler stands in an element.
fn assert_nothing_inline(path: &str, page: &str) {
    for script in page.split("<script").skip(1) {
        assert!(script.starts_with(" type=\"module\" src=\"/assets/"), "{path}: {}", &script[..script.len().min(80)]);
        assert!(script.contains("></script>"), "{path}: a script has no text");
    }
    assert!(!page.contains(" style=") && !page.contains("<style") && !page.contains(" onclick="), "{path}");
}

#[tokio::test]
async fn a_page_for_agents_leads_to_the_sign_in_page_and_back() {
    let gateway = town().start(|_| {});
    let answer = gateway.get("/agent/demandes/V7KM-4T9R").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header(header::LOCATION), "/connexion?retour=%2Fagent%2Fdemandes%2FV7KM-4T9R");
}

#[tokio::test]
async fn probes_and_metrics_answer() {
    let gateway = town().start(|_| {});
    assert_eq!(gateway.get("/healthz").await.status, StatusCode::OK);
    assert_eq!(gateway.get("/readyz").await.json()["ready"], true);
    assert_eq!(gateway.get("/metrics").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_configuration_that_cannot_work_is_refused_at_start() {
    let peer = guichet_rpc::InProcess::default().peer();
    let peers = Peers { intake: peer.clone(), routing: peer.clone(), notification: peer.clone(), knowledge: peer };
    let deps = GatewayDeps {
        peers,
        clock: Arc::new(SystemClock),
        rng: Arc::new(SystemRng),
        readiness: Arc::new(Vec::new),
        answers_probes: true,
        leaving: CancellationToken::new(),
        stop: CancellationToken::new(),
    };
    let short = Config { cookie_key: vec![1; COOKIE_KEY_BYTES_MIN - 1], ..Config::default() };
    let refusal = guichet_gateway::build(short, deps.clone()).expect_err("a short key");
    assert_eq!(refusal.code(), "GU-GTW-002");
    let nowhere = Config { cookie_key: vec![1; 64], public_url: "guichet.example".to_owned(), ..Config::default() };
    assert_eq!(guichet_gateway::build(nowhere, deps).expect_err("no scheme").code(), "GU-GTW-001");
}
