//! Failures shown to people: a page with what to do and the town's phone.

use askama::Template;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::chrome::Chrome;
use super::{in_query, render};
use crate::app::Shared;
use crate::auth::Caller;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    chrome: Chrome,
    problem: Problem,
    back: bool,
    return_to: String,
}

/// Turns the problems of everything but the API and the probes into pages.
pub(crate) async fn show_problems(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let for_programs = path.starts_with("/api/") || matches!(path.as_str(), "/healthz" | "/readyz" | "/metrics");
    if for_programs {
        return next.run(request).await;
    }
    let wanted = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let method = request.method().clone();
    let (mut parts, body) = request.into_parts();
    let Caller(session) = match path.starts_with("/agent") {
        true => Caller::from_request_parts(&mut parts, &app).await.unwrap_or(Caller(None)),
        false => Caller(None),
    };
    let response = next.run(Request::from_parts(parts, body)).await;
    let Some(problem) = response.extensions().get::<Problem>().cloned() else {
        return response;
    };
    if problem.status() == StatusCode::UNAUTHORIZED {
        let back = if method == Method::GET { wanted } else { "/agent".to_owned() };
        return Redirect::to(&format!("/connexion?retour={}", in_query(&back))).into_response();
    }
    let chrome = Chrome::new(&app, session.as_ref(), problem.title.to_string()).await;
    let back = method != Method::GET;
    let return_to = if back { page_of(&wanted).unwrap_or_default() } else { String::new() };
    let mut page = match render(&ErrorPage { chrome, problem: problem.clone(), back, return_to }) {
        Ok(html) => (problem.status(), html).into_response(),
        Err(_) => (problem.status(), problem.detail).into_response(),
    };
    if let Some(after) = response.headers().get(header::RETRY_AFTER) {
        page.headers_mut().insert(header::RETRY_AFTER, after.clone());
    }
    page
}

/// Returns the page an action was tried from: what has changed meanwhile is there to read.
fn page_of(action: &str) -> Option<String> {
    if let Some(rest) = action.strip_prefix("/agent/demandes/") {
        let id = rest.split(['/', '?']).next().filter(|id| !id.is_empty())?;
        return Some(format!("/agent/demandes/{id}"));
    }
    let (path, query) = action.split_once('?')?;
    matches!(path, "/suivi/message" | "/suivi/retrait").then(|| format!("/suivi?{query}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_action_leads_back_to_its_request() {
        let page = |action| page_of(action).unwrap_or_default();
        assert_eq!(page("/agent/demandes/V7KM-4T9R/action/forward"), "/agent/demandes/V7KM-4T9R");
        assert_eq!(page("/suivi/retrait?lien=abc"), "/suivi?lien=abc");
        assert_eq!(page("/agent/presence"), "");
    }
}
