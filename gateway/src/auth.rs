//! Who is calling: the signed cookie of an agent, an API key, or the operator's token.

use std::collections::HashMap;
use std::sync::Mutex;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header;
use axum::http::request::Parts;
use axum_extra::extract::cookie::{Cookie, SameSite, SignedCookieJar};
use guichet_core::Timestamp;
use guichet_proto::routing::v1::{Account, CheckKeyRequest, CheckSessionRequest, Role};

use crate::app::{App, Shared};
use crate::clients::ask;
use crate::csrf;
use crate::problem::Problem;

/// Seconds a session is believed before routing is asked again: a dismissed agent is out within this.
const RECHECK_SECONDS: i64 = 30;
/// Seconds a session lasts whatever happens: a working day and its overtime.
const SESSION_SECONDS_MAX: i64 = 12 * 3_600;
/// Sessions remembered; past it all are asked about again.
const SESSIONS_MAX: usize = 10_000;
/// Octets of a session's nonce.
const NONCE_OCTETS: usize = 16;
/// Characters of a bearer key; past it nobody made one.
const KEY_CHARACTERS_MAX: usize = 200;

/// What routing last said about sessions and keys, by what was shown.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<HashMap<String, (Account, Timestamp)>>);

impl Sessions {
    fn find(&self, shown: &str, now: Timestamp) -> Option<Account> {
        let known = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (account, checked_at) = known.get(shown)?;
        let age = now.millis_since(*checked_at);
        (0..RECHECK_SECONDS * 1_000).contains(&age).then(|| account.clone())
    }

    fn keep(&self, shown: String, account: Account, now: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if known.len() >= SESSIONS_MAX {
            known.clear();
        }
        known.insert(shown, (account, now));
    }

    /// Forgets what was said about an agent: it has just changed.
    pub(crate) fn forget(&self, agent_id: &str) {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .retain(|_, (account, _)| account.agent_id != agent_id);
    }
}

/// Somebody who signed in, or a program that showed a key.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) account: Account,
    /// The nonce of the cookie, absent with a key.
    nonce: Option<String>,
}

impl Session {
    fn role(&self) -> Role {
        self.account.role()
    }

    /// Returns whether this is the operator or an administrator.
    pub(crate) fn is_administrator(&self) -> bool {
        self.role() == Role::Administrator
    }

    /// Returns whether figures and sent messages of everybody may be shown.
    pub(crate) fn supervises(&self) -> bool {
        matches!(self.role(), Role::Supervisor | Role::Administrator | Role::Machine)
    }

    /// Returns whether no person stands behind it.
    pub(crate) fn is_machine(&self) -> bool {
        self.account.agent_id.is_empty() || self.role() == Role::Machine
    }

    /// Returns the agent's id, refusing machine accounts.
    pub(crate) fn agent_id(&self) -> Result<&str, Problem> {
        if self.account.agent_id.is_empty() { Err(Problem::needs_agent()) } else { Ok(&self.account.agent_id) }
    }

    /// Returns whether files of an authority may be reached at all.
    pub(crate) fn works_for(&self, authority: &str) -> bool {
        self.account.authorities.is_empty() && self.is_administrator()
            || self.account.authorities.iter().any(|code| code == authority)
            || self.account.authority == authority
    }

    /// Returns the codes of the authorities the agent works for, the employer's first; none = all of them.
    pub(crate) fn authorities(&self) -> Vec<String> {
        let mut codes: Vec<String> = Vec::new();
        for code in std::iter::once(&self.account.authority).chain(&self.account.authorities) {
            if !code.is_empty() && !codes.contains(code) {
                codes.push(code.clone());
            }
        }
        codes
    }

    /// Returns the token that forms of this session carry.
    pub(crate) fn form_token(&self, app: &App) -> String {
        self.nonce.as_deref().map(|nonce| app.form_tokens.sign(nonce)).unwrap_or_default()
    }

    /// Refuses a form without this session's token.
    pub(crate) fn check_form_token(&self, app: &App, token: &str) -> Result<(), Problem> {
        match self.nonce.as_deref() {
            Some(nonce) if !app.form_tokens.accepts(nonce, token) => Err(Problem::cross_site()),
            _ => Ok(()),
        }
    }
}

/// The caller, who must be known.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn(pub(crate) Session);

/// The caller, known or not.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub(crate) Option<Session>);

/// The caller, who must be an administrator.
#[derive(Clone, Debug)]
pub(crate) struct Administrator(pub(crate) Session);

/// The caller, who must supervise.
#[derive(Clone, Debug)]
pub(crate) struct Supervisor(pub(crate) Session);

impl FromRequestParts<Shared> for Supervisor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        let SignedIn(session) = SignedIn::from_request_parts(parts, app).await?;
        if session.supervises() { Ok(Self(session)) } else { Err(Problem::forbidden()) }
    }
}

impl FromRequestParts<Shared> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        identify(parts, app).await?.map(Self).ok_or_else(Problem::unauthenticated)
    }
}

impl FromRequestParts<Shared> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        match identify(parts, app).await {
            // A session that has ended makes nobody of the caller; a key that is wrong is told.
            Err(problem) if problem.status == 401 && !parts.headers.contains_key(header::AUTHORIZATION) => {
                Ok(Self(None))
            }
            known => known.map(Self),
        }
    }
}

impl FromRequestParts<Shared> for Administrator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        let SignedIn(session) = SignedIn::from_request_parts(parts, app).await?;
        if session.is_administrator() { Ok(Self(session)) } else { Err(Problem::forbidden()) }
    }
}

async fn identify(parts: &Parts, app: &App) -> Result<Option<Session>, Problem> {
    if let Some(value) = parts.headers.get(header::AUTHORIZATION) {
        let key = value.to_str().ok().and_then(|text| text.strip_prefix("Bearer ")).map(str::trim);
        let account = by_key(app, key.ok_or_else(Problem::unauthenticated)?).await?;
        return Ok(Some(Session { account, nonce: None }));
    }
    let Some(shown) = read_cookie(app, &parts.headers) else {
        return Ok(None);
    };
    if csrf::is_unsafe(&parts.method) {
        csrf::check_origin(&parts.headers, app.config.origin())?;
    }
    let account = by_session(app, &shown).await?;
    Ok(Some(Session { account, nonce: Some(shown.nonce) }))
}

async fn by_key(app: &App, key: &str) -> Result<Account, Problem> {
    if key.is_empty() || key.len() > KEY_CHARACTERS_MAX {
        return Err(Problem::unauthenticated());
    }
    // Comparing two signatures takes the same time wherever they differ.
    let admin = app.config.admin_token.as_deref().filter(|token| !token.is_empty());
    if admin.is_some_and(|token| app.form_tokens.accepts(token, &app.form_tokens.sign(key))) {
        return Ok(Account { login: "admin".to_owned(), role: Role::Administrator.into(), ..Account::default() });
    }
    let now = app.clock.now();
    let shown = format!("key {}", app.form_tokens.sign(key));
    if let Some(account) = app.sessions.find(&shown, now) {
        return Ok(account);
    }
    let answer = ask!(app.directory(), check_key, CheckKeyRequest { key: key.to_owned() });
    let account = answer.map_err(hide_not_found)?.account.ok_or_else(Problem::unauthenticated)?;
    app.sessions.keep(shown, account.clone(), now);
    Ok(account)
}

async fn by_session(app: &App, shown: &ShownSession) -> Result<Account, Problem> {
    let now = app.clock.now();
    let cache_key = format!("session {} {}", shown.agent_id, shown.version);
    if let Some(account) = app.sessions.find(&cache_key, now) {
        return Ok(account);
    }
    let message = CheckSessionRequest { agent_id: shown.agent_id.clone(), session_version: shown.version };
    let answer = ask!(app.directory(), check_session, message);
    let account = answer.map_err(hide_not_found)?.account.ok_or_else(Problem::unauthenticated)?;
    app.sessions.keep(cache_key, account.clone(), now);
    Ok(account)
}

/// An account that is gone and one that never was get the same answer.
fn hide_not_found(problem: Problem) -> Problem {
    if matches!(problem.status, 401 | 404 | 422) { Problem::unauthenticated() } else { problem }
}

/// What the cookie holds.
struct ShownSession {
    agent_id: String,
    version: i64,
    nonce: String,
}

/// Returns the cookie's name: browsers hold `__Host-` to TLS, the whole host and nothing but it.
pub(crate) const fn cookie_name(https: bool) -> &'static str {
    if https { "__Host-guichet" } else { "guichet_session" }
}

fn read_cookie(app: &App, headers: &HeaderMap) -> Option<ShownSession> {
    let jar = SignedCookieJar::from_headers(headers, app.cookie_key.clone());
    let cookie = jar.get(cookie_name(app.config.is_https()))?;
    let mut parts = cookie.value().split(' ');
    let shown = ShownSession {
        agent_id: parts.next()?.to_owned(),
        version: parts.next()?.parse().ok()?,
        nonce: parts.next()?.to_owned(),
    };
    let opened_at = Timestamp::from_millis(parts.next()?.parse().ok()?);
    let age = app.clock.now().millis_since(opened_at);
    (age < SESSION_SECONDS_MAX * 1_000).then_some(shown)
}

/// Returns the cookie jar of somebody who has just signed in: always a new session.
pub(crate) fn open_session(app: &App, account: &Account) -> SignedCookieJar {
    let nonce = app.random_hex(NONCE_OCTETS);
    let opened_at = app.clock.now().as_millis();
    let value = format!("{} {} {nonce} {opened_at}", account.agent_id, account.session_version);
    SignedCookieJar::new(app.cookie_key.clone()).add(cookie(app, value))
}

/// Returns the jar that takes the cookie away.
pub(crate) fn close_session(app: &App) -> SignedCookieJar {
    let mut ended = cookie(app, String::new());
    ended.make_removal();
    SignedCookieJar::new(app.cookie_key.clone()).add(ended)
}

fn cookie(app: &App, value: String) -> Cookie<'static> {
    let https = app.config.is_https();
    Cookie::build((cookie_name(https), value)).path("/").http_only(true).secure(https).same_site(SameSite::Lax).build()
}
