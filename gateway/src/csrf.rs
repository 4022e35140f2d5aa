//! A form or a script of another site never acts for a signed-in agent.
//!
//! Two walls: what the browser says of the page it comes from, and a token in each form, bound to the session.

use axum::http::{HeaderMap, Method, header};

use crate::problem::Problem;

/// Returns whether a method may change something.
pub(crate) fn is_unsafe(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Refuses what a browser sends from another site. A program that is no browser names no origin, and holds no cookie
/// it was not given.
pub(crate) fn check_origin(headers: &HeaderMap, public_origin: &str) -> Result<(), Problem> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return if matches!(site, "same-origin" | "none") { Ok(()) } else { Err(Problem::cross_site()) };
    }
    let Some(origin) = text(header::ORIGIN.as_str()) else {
        return Ok(());
    };
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    let same_host = text(header::HOST.as_str()).is_some_and(|ours| ours.eq_ignore_ascii_case(host));
    if same_host || origin.eq_ignore_ascii_case(public_origin) { Ok(()) } else { Err(Problem::cross_site()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn verdict(headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers
            .iter()
            .map(|(name, value)| (header::HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        check_origin(&headers, "https://guichet.valorme.example").is_ok()
    }

    #[test]
    fn only_our_own_pages_act_for_an_agent() {
        let host = ("host", "guichet.valorme.example");
        assert!(verdict(&[host, ("sec-fetch-site", "same-origin")]));
        assert!(verdict(&[host, ("origin", "https://guichet.valorme.example")]));
        assert!(verdict(&[host]), "curl names no origin");
        assert!(!verdict(&[host, ("sec-fetch-site", "cross-site")]));
        assert!(!verdict(&[host, ("sec-fetch-site", "same-site")]), "a neighbour of the same domain is another site");
        assert!(!verdict(&[host, ("origin", "https://evil.example")]));
        assert!(!verdict(&[host, ("origin", "null")]));
    }
}
