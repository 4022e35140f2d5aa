//! What surrounds every page: the town, its phone, who is signed in, what was just done.

use guichet_core::PhoneNumber;

use crate::app::App;
use crate::auth::Session;
use crate::text::find;
use crate::towns::Towns;

/// The frame of a page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chrome {
    pub(crate) title: String,
    /// BCP 47, of the page's words.
    pub(crate) language: &'static str,
    pub(crate) town: String,
    pub(crate) phone: String,
    pub(crate) hours: String,
    pub(crate) address: String,
    pub(crate) style: String,
    /// The town's own colours; empty = ours.
    pub(crate) theme: String,
    /// The town's own logo; empty = none.
    pub(crate) logo: String,
    /// What makes the desk livelier; empty where nobody is signed in.
    pub(crate) script: String,
    /// Id of the signed-in agent: whose drafts the browser keeps.
    pub(crate) agent_id: String,
    /// Code of what was just done.
    pub(crate) done: String,
    /// Name of the signed-in agent, empty when nobody is.
    pub(crate) agent: String,
    /// The agent may see the figures of everybody.
    pub(crate) supervises: bool,
    /// Token of this session's forms.
    pub(crate) token: String,
    /// What was just done, said once.
    pub(crate) notice: String,
    /// Messages can be looked at: this is a demo.
    pub(crate) demo: bool,
}

impl Chrome {
    /// Returns the frame of a page; the portal's town when routing answers, a bare one otherwise.
    pub(crate) async fn new(app: &App, session: Option<&Session>, title: String) -> Self {
        let towns = app.towns().await.unwrap_or_default();
        Self::of(app, &towns, session, title)
    }

    /// Returns the frame of a page when the towns are at hand.
    pub(crate) fn of(app: &App, towns: &Towns, session: Option<&Session>, title: String) -> Self {
        let portal = towns.portal(&app.config.portal_authority);
        let own = |name| portal.map(|town| super::assets::town_address(town, name)).unwrap_or_default();
        let town = portal.map(|town| &town.authority);
        Self {
            title,
            language: crate::language::current().code(),
            town: town.map_or_else(|| "Guichet".to_owned(), |town| town.name.clone()),
            phone: town.map(|town| town.phone.clone()).unwrap_or_default(),
            hours: town.map(|town| town.hours.clone()).unwrap_or_default(),
            address: town.map(|town| town.postal_address.clone()).unwrap_or_default(),
            style: super::assets::STYLE.clone(),
            theme: own("couleurs.css"),
            logo: own("logo.svg"),
            script: session.map(|_| super::assets::DESK_SCRIPT.clone()).unwrap_or_default(),
            agent_id: session.map(|session| session.account.agent_id.clone()).unwrap_or_default(),
            done: String::new(),
            agent: session.map(|session| session.account.name.clone()).unwrap_or_default(),
            supervises: session.is_some_and(Session::supervises),
            token: session.map(|session| session.form_token(app)).unwrap_or_default(),
            notice: String::new(),
            demo: app.config.outbox_dir.is_some(),
        }
    }

    /// Returns the frame with what was just done, from its code in the address.
    #[must_use]
    pub(crate) fn noticing(mut self, code: &str) -> Self {
        let known = code.chars().all(|c| c.is_ascii_lowercase() || c == '-') && !code.is_empty();
        self.notice = if known { find(&format!("done-{code}")).unwrap_or_default() } else { String::new() };
        self.done = if self.notice.is_empty() { String::new() } else { code.to_owned() };
        self
    }

    /// Returns the mark of the town's own French words inside a page in another language (WCAG 2.2, 3.1.2).
    pub(crate) fn in_french(&self) -> &'static str {
        if self.language == "fr" { "" } else { " lang=fr" }
    }

    /// Returns the phone as a link dials it.
    pub(crate) fn dial(&self) -> String {
        dialled(&self.phone)
    }
}

/// Returns a number as a link dials it.
pub(crate) fn dialled(phone: &str) -> String {
    PhoneNumber::parse(phone).map_or_else(|_| phone.to_owned(), |number| number.as_str().to_owned())
}

/// Returns a number as people of the country write it.
pub(crate) fn national(phone: &str) -> String {
    PhoneNumber::parse(phone).map_or_else(|_| phone.to_owned(), |number| number.national())
}
