//! A submission, whatever it came as: JSON, multipart or the portal's form.

use std::collections::BTreeMap;

use guichet_core::work::{Channel, Nature};
use guichet_proto::intake::v1::{AttachmentRef, Requester, SubmitRequestRequest, SubmitRequestResponse};
use guichet_rpc::convert::ToProto;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::checks::{
    ADDRESS_CHARACTERS_MAX, BODY_CHARACTERS_MAX, CODE_CHARACTERS_MAX, Checks, NAME_CHARACTERS_MAX,
    SUBJECT_CHARACTERS_MAX,
};
use crate::clients::tell_keyed;
use crate::pages::form_fields::{self, Asker};
use crate::problem::{FieldError, Problem};
use crate::towns::Towns;
use crate::uploads::FormData;
use crate::view::date::Dates;

/// A request as a usager or a program submits it.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Submission {
    /// Code of the authority.
    #[schema(example = "valorme")]
    pub(crate) authority: Option<String>,
    /// Code of the procedure; left out, the text is classified.
    #[schema(example = "acte")]
    pub(crate) procedure: Option<String>,
    /// In a few words.
    #[schema(max_length = 200)]
    pub(crate) subject: Option<String>,
    /// The request itself.
    #[schema(max_length = 20000)]
    pub(crate) body: Option<String>,
    /// Who asks.
    pub(crate) requester: Option<RequesterFields>,
    /// `request`, `complaint`, `report`, `suggestion` or `information`.
    pub(crate) nature: Option<String>,
    /// BCP 47; French when left out.
    #[schema(example = "fr")]
    pub(crate) language: Option<String>,
    /// Answers to the questions of the procedure's form, by code; they stand before `body` in the request's text.
    #[serde(default)]
    pub(crate) answers: BTreeMap<String, String>,
}

/// Who asks, and how to answer.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequesterFields {
    /// First name and name.
    #[schema(example = "Odette Lavande")]
    pub(crate) name: Option<String>,
    /// E-mail address.
    pub(crate) email: Option<String>,
    /// Phone number, as it is dialled in France or with its +.
    pub(crate) phone: Option<String>,
    /// Postal address.
    pub(crate) postal_address: Option<String>,
}

impl RequesterFields {
    /// Returns the requester, noting what is wrong.
    pub(crate) fn check(&self, checks: &mut Checks) -> Requester {
        Requester {
            name: checks.line("/requester/name", self.name.as_deref(), NAME_CHARACTERS_MAX),
            email: checks.email("/requester/email", self.email.as_deref()),
            phone: checks.phone("/requester/phone", self.phone.as_deref()),
            postal_address: checks.optional(
                "/requester/postal_address",
                self.postal_address.as_deref(),
                ADDRESS_CHARACTERS_MAX,
            ),
        }
    }

    /// Returns the requester of a form.
    pub(crate) fn of_form(form: &FormData) -> Self {
        let given =
            |name: &str| form.given(name).or_else(|| form.given(&format!("requester.{name}"))).map(str::to_owned);
        Self {
            name: given("name"),
            email: given("email"),
            phone: given("phone"),
            postal_address: given("postal_address"),
        }
    }
}

/// Parts of a multipart submission that are not files; anything else is refused.
const PARTS: [&str; 14] = [
    "authority",
    "procedure",
    "subject",
    "body",
    "nature",
    "language",
    "name",
    "email",
    "phone",
    "postal_address",
    "requester.name",
    "requester.email",
    "requester.phone",
    "requester.postal_address",
];

impl Submission {
    /// Returns the submission of a form, refusing fields it does not know.
    pub(crate) fn of_form(form: &FormData) -> Result<Self, Problem> {
        let unknown = form.fields.keys().filter(|name| !PARTS.contains(&name.as_str()));
        let mut checks = Checks::default();
        for name in unknown {
            checks.fail(&format!("/{name}"), "field-unknown");
        }
        checks.done().map_err(|problem| Problem::malformed(problem.errors))?;
        let given = |name: &str| form.given(name).map(str::to_owned);
        Ok(Self {
            authority: given("authority"),
            procedure: given("procedure"),
            subject: given("subject"),
            body: given("body"),
            requester: Some(RequesterFields::of_form(form)),
            nature: given("nature"),
            language: given("language"),
            answers: BTreeMap::new(),
        })
    }

    /// Puts the answers to the procedure's questions before the text, noting what is wrong with them.
    pub(crate) fn with_answers(mut self, towns: &Towns, checks: &mut Checks) -> Self {
        let authority = self.authority.as_deref().unwrap_or_default();
        let Some(procedure) = towns.procedure(authority, self.procedure.as_deref().unwrap_or_default()) else {
            return self;
        };
        let zone = towns.find(authority).map(|town| town.authority.time_zone.as_str()).unwrap_or_default();
        for code in self.answers.keys().filter(|code| !procedure.fields.iter().any(|field| field.code == **code)) {
            checks.fail(&format!("/answers/{code}"), "field-unknown");
        }
        let given = |code: &str| self.answers.get(code).cloned();
        let answers = form_fields::answers(procedure, given, Asker::Program, &Dates::in_zone(zone), checks);
        let body = self.body.unwrap_or_default();
        let texts = [answers.text.as_str(), body.trim()];
        self.body = Some(texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n\n"));
        self
    }

    /// Checks every field and returns what intake takes.
    pub(crate) fn check(
        &self,
        mut checks: Checks,
        channel: Channel,
        attachments: Vec<AttachmentRef>,
        dedupe_key: String,
    ) -> Result<SubmitRequestRequest, Problem> {
        let requester = self.requester.clone().unwrap_or_default();
        let nature = checks.code("/nature", self.nature.as_deref(), Nature::parse);
        let message = SubmitRequestRequest {
            authority: checks.required("/authority", self.authority.as_deref(), CODE_CHARACTERS_MAX),
            channel: channel.to_proto(),
            procedure: checks.optional("/procedure", self.procedure.as_deref(), CODE_CHARACTERS_MAX),
            subject: checks.line("/subject", self.subject.as_deref(), SUBJECT_CHARACTERS_MAX),
            body: checks.required("/body", self.body.as_deref(), BODY_CHARACTERS_MAX),
            requester: Some(requester.check(&mut checks)),
            attachments,
            dedupe_key,
            // Left out, it follows from the procedure: a complaint form opens a complaint.
            nature: nature.map_or(0, ToProto::to_proto),
            language: checks.line("/language", self.language.as_deref(), CODE_CHARACTERS_MAX),
            site: String::new(),
        };
        if message.subject.is_empty() {
            checks.fail_once("/subject", "field-required");
        }
        if message.requester.as_ref().is_none_or(|requester| requester.name.is_empty()) {
            checks.fail_once("/requester/name", "field-required");
        }
        checks.done()?;
        Ok(message)
    }
}

/// Gives a submission to intake: when this returns, it is committed.
pub(crate) async fn submit(app: &App, message: SubmitRequestRequest) -> Result<SubmitRequestResponse, Problem> {
    tell_keyed!(app.intake(), submit_request, message).map_err(name_authority)
}

/// What intake does not find of a new request is its authority: a field to correct, not a missing page.
pub(crate) fn name_authority(problem: Problem) -> Problem {
    if problem.status != 404 {
        return problem;
    }
    Problem::invalid(vec![FieldError { pointer: "/authority".to_owned(), detail: problem.detail }])
}
