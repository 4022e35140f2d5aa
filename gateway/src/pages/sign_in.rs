//! `/connexion` and `/deconnexion`.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::chrome::Chrome;
use super::form::FormView;
use super::render;
use crate::api::session::{Credentials, sign_in};
use crate::app::{App, Shared};
use crate::auth::{self, Caller};
use crate::csrf;
use crate::extract::{ClientAddress, Query};
use crate::problem::Problem;
use crate::text::t;
use crate::uploads::{FormData, read_form};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    chrome: Chrome,
    form: FormView,
}

/// Where to go afterwards.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    retour: String,
}

/// Shows the form.
pub(crate) async fn show(
    State(app): State<Shared>,
    Caller(session): Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    if session.is_some() {
        return Ok(Redirect::to(local(&wanted.retour)).into_response());
    }
    let form = FormView::with(&[("retour", &wanted.retour)]);
    Ok(page(&app, form).await?.into_response())
}

async fn page(app: &App, form: FormView) -> Result<Html<String>, Problem> {
    let chrome = Chrome::new(app, None, t("sign-in-title")).await;
    render(&SignIn { chrome, form })
}

/// Opens a session.
pub(crate) async fn open(
    State(app): State<Shared>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    request: axum::extract::Request,
) -> Result<Response, Problem> {
    csrf::check_origin(&headers, app.config.origin())?;
    let form = read_form(&app, request, "").await?;
    let credentials =
        Credentials { login: form.given("login").map(str::to_owned), password: form.fields.get("password").cloned() };
    match sign_in(&app, address, &credentials).await {
        Ok(account) => {
            let jar = auth::open_session(&app, &account);
            Ok((jar, Redirect::to(local(form.text("retour")))).into_response())
        }
        Err(problem) if matches!(problem.status, 401 | 422) => {
            let status =
                if problem.status == 401 { StatusCode::UNAUTHORIZED } else { StatusCode::UNPROCESSABLE_ENTITY };
            // The password is the one thing that is never sent back.
            let mut kept = FormData { fields: form.fields, ..FormData::default() };
            kept.fields.remove("password");
            let html = page(&app, FormView::again(&app, &kept, &problem)).await?;
            Ok((status, html).into_response())
        }
        Err(problem) => Err(problem),
    }
}

/// Ends the session.
pub(crate) async fn close(State(app): State<Shared>, headers: HeaderMap) -> Result<Response, Problem> {
    csrf::check_origin(&headers, app.config.origin())?;
    Ok((auth::close_session(&app), Redirect::to("/connexion")).into_response())
}

/// Returns an address of ours, the desk when it leads elsewhere.
fn local(wanted: &str) -> &str {
    let ours = wanted.starts_with('/')
        && !wanted.starts_with("//")
        && !wanted.contains('\\')
        && !wanted.contains(char::is_control);
    if ours { wanted } else { "/agent" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_never_leads_to_another_site() {
        assert_eq!(local("/agent/demandes/V7KM-4T9R"), "/agent/demandes/V7KM-4T9R");
        for elsewhere in ["https://evil.example", "//evil.example", "/\\evil.example", "", "javascript:alert(1)"] {
            assert_eq!(local(elsewhere), "/agent", "{elsewhere}");
        }
    }
}
