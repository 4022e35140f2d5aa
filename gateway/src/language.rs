//! The language of an exchange: French, unless the reader chose English.
//!
//! The choice is a cookie and nothing else: the pages of a French town do not change their language because a browser was
//! installed in another, and their data (procedures, sheets) are in French whatever the words around them.

use axum::extract::{Path, Request};
use axum::http::header::{CONTENT_LANGUAGE, COOKIE, REFERER, SET_COOKIE, VARY};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

/// Cookie that keeps the choice.
const COOKIE_NAME: &str = "langue";
/// Seconds a choice is kept: a year.
const CHOICE_SECONDS: u32 = 31_536_000;

/// What pages are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Language {
    #[default]
    French,
    English,
}

impl Language {
    /// Returns the BCP 47 tag.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::French => "fr",
            Self::English => "en",
        }
    }

    fn parse(code: &str) -> Option<Self> {
        [Self::French, Self::English].into_iter().find(|language| language.code() == code)
    }
}

tokio::task_local! {
    static CURRENT: Language;
}

/// Returns the language of the exchange under way; French outside one.
pub(crate) fn current() -> Language {
    CURRENT.try_with(|language| *language).unwrap_or_default()
}

/// Gives an exchange its language.
pub(crate) async fn choose(request: Request, next: Next) -> Response {
    let language = chosen(request.headers());
    let mut response = CURRENT.scope(language, next.run(request)).await;
    let headers = response.headers_mut();
    headers.entry(CONTENT_LANGUAGE).or_insert(HeaderValue::from_static(language.code()));
    headers.append(VARY, HeaderValue::from_static("cookie"));
    response
}

fn chosen(headers: &HeaderMap) -> Language {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|all| all.split(';'));
    let mut choices = cookies.filter_map(|cookie| cookie.trim().split_once('='));
    let choice = choices.find(|(name, _)| *name == COOKIE_NAME);
    choice.and_then(|(_, code)| Language::parse(code)).unwrap_or_default()
}

/// `/langue/{code}`: keeps a choice and leads back to the page it was made on.
pub(crate) async fn keep(Path(code): Path<String>, headers: HeaderMap) -> Response {
    let language = Language::parse(&code).unwrap_or_default();
    let cookie = format!("{COOKIE_NAME}={}; Path=/; Max-Age={CHOICE_SECONDS}; SameSite=Lax; HttpOnly", language.code());
    let cookie: [(HeaderName, String); 1] = [(SET_COOKIE, cookie)];
    (cookie, Redirect::to(&back(&headers))).into_response()
}

/// Returns the address, on this host, of the page one comes from.
fn back(headers: &HeaderMap) -> String {
    let came_from =
        headers.get(REFERER).and_then(|value| value.to_str().ok()).and_then(|text| text.parse::<Uri>().ok());
    let path = came_from.as_ref().and_then(Uri::path_and_query).map_or("/", |path| path.as_str());
    // « //elsewhere.example » would lead to another host.
    if path.starts_with('/') && !path.starts_with("//") { path.to_owned() } else { "/".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn only_a_choice_changes_the_language() {
        assert_eq!(chosen(&headers(COOKIE, "a=b; langue=en")), Language::English);
        for cookie in ["langue=fr", "langue=klingon", "autre_langue=en", ""] {
            assert_eq!(chosen(&headers(COOKIE, cookie)), Language::French, "{cookie}");
        }
        assert_eq!(current(), Language::French, "outside an exchange");
    }

    #[test]
    fn one_comes_back_to_the_same_page_and_never_to_another_host() {
        let from = |address| back(&headers(REFERER, address));
        assert_eq!(from("http://valorme.example/suivi?numero=V7KM-4T9R"), "/suivi?numero=V7KM-4T9R");
        assert_eq!(from("http://x.example//elsewhere.example/"), "/");
        assert_eq!(back(&HeaderMap::new()), "/");
    }
}
