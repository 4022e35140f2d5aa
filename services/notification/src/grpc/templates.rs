//! The texts of an authority: messages in, use cases run, messages out.

use guichet_proto::notification::v1 as proto;
use guichet_rpc::status;
use tonic::{Response, Status};

use super::{Answer, medium_number, medium_of, parse};
use crate::Error;
use crate::app::{App, ShownText, TextInput, TextName, TextVersion};
use crate::domain::gsm::SmsText;
use crate::domain::notice::Medium;
use crate::domain::text::{Field, Source};

pub(super) async fn list(app: &App, asked: proto::ListTemplatesRequest) -> Answer<proto::ListTemplatesResponse> {
    let texts = app.list_templates(&asked.authority).await.map_err(status::of)?;
    Ok(Response::new(proto::ListTemplatesResponse { templates: texts.into_iter().map(template).collect() }))
}

pub(super) async fn put_all(app: &App, asked: proto::PutTemplatesRequest) -> Answer<proto::PutTemplatesResponse> {
    let texts: Vec<TextInput> = asked.templates.into_iter().map(text_input).collect();
    app.put_templates(&asked.authority, &texts).await.map_err(status::of)?;
    Ok(Response::new(proto::PutTemplatesResponse {}))
}

pub(super) async fn put(app: &App, asked: proto::PutTemplateRequest) -> Answer<proto::PutTemplateResponse> {
    let template = asked.template.ok_or_else(missing)?;
    let (is_own, text) = (template.overridden, text_input(template));
    let agent_id = match asked.agent_id.as_str() {
        "" => None,
        text => Some(parse(text, "/agent_id")?),
    };
    let kept = if is_own {
        app.put_template(&asked.authority, &text, agent_id, asked.seen_version).await
    } else {
        app.take_back_template(&asked.authority, &text.which, agent_id, asked.seen_version).await
    };
    Ok(Response::new(proto::PutTemplateResponse { version: kept.map_err(status::of)? }))
}

pub(super) async fn list_versions(
    app: &App,
    asked: proto::ListTemplateVersionsRequest,
) -> Answer<proto::ListTemplateVersionsResponse> {
    let which = TextName { name: asked.name, medium: medium_of(asked.medium), language: asked.language };
    let versions = app.list_template_versions(&asked.authority, &which).await.map_err(status::of)?;
    let versions = versions.into_iter().map(version).collect();
    Ok(Response::new(proto::ListTemplateVersionsResponse { versions }))
}

pub(super) async fn preview(app: &App, asked: proto::PreviewTemplateRequest) -> Answer<proto::PreviewTemplateResponse> {
    let which = TextName { name: asked.name, medium: medium_of(asked.medium), language: asked.language };
    let draft = asked.draft.map(|draft| Source { subject: draft.subject, body: draft.body });
    let composed = app.preview_template(&asked.authority, &which, draft.as_ref()).await.map_err(status::of)?;
    Ok(Response::new(proto::PreviewTemplateResponse {
        sms_parts: match which.medium {
            Some(Medium::Sms) => u32::try_from(SmsText::new(&composed.text).parts).unwrap_or(u32::MAX),
            _ => 0,
        },
        subject: composed.subject,
        text: composed.text,
        html: composed.html,
    }))
}

fn missing() -> Status {
    status::of(Error::invalid("/template", "Envoyez le texte à garder."))
}

fn text_input(template: proto::Template) -> TextInput {
    TextInput {
        which: TextName { name: template.name, medium: medium_of(template.medium), language: template.language },
        source: Source { subject: template.subject, body: template.body },
    }
}

fn template(shown: ShownText) -> proto::Template {
    let (notice, medium, language) = shown.key;
    proto::Template {
        name: notice.as_str().to_owned(),
        medium: medium_number(Some(medium)),
        language: language.as_str().to_owned(),
        subject: shown.source.subject,
        body: shown.source.body,
        overridden: shown.overridden,
        fields: codes(&notice.fields(medium)),
        required_fields: codes(&notice.required_fields(medium)),
    }
}

fn codes(fields: &[Field]) -> Vec<String> {
    fields.iter().map(|field| field.as_str().to_owned()).collect()
}

fn version(version: TextVersion) -> proto::TemplateVersion {
    proto::TemplateVersion {
        version: version.version,
        at: version.at.as_millis(),
        agent_id: version.agent_id.map(|id| id.to_string()).unwrap_or_default(),
        subject: version.source.subject,
        body: version.source.body,
        overridden: version.overridden,
    }
}

#[cfg(test)]
mod tests {
    use guichet_core::Timestamp;
    use guichet_core::id::AgentId;

    use super::*;
    use crate::domain::notice::Notice;
    use crate::domain::text::Language;

    fn arbitrary_source() -> Source {
        Source { subject: "Objet".to_owned(), body: "Texte".to_owned() }
    }

    #[test]
    fn a_listed_text_says_what_it_may_and_must_name() {
        let key = (Notice::Delayed, Medium::Sms, Language::French);
        let told = template(ShownText { key, source: arbitrary_source(), overridden: false });
        assert_eq!(told.fields, ["numero", "autorite", "telephone", "horaires", "suivi", "nouvelle_date"]);
        assert_eq!(told.required_fields, ["numero", "telephone", "autorite"]);
    }

    #[test]
    fn a_version_of_the_operator_names_no_agent() {
        let aline = AgentId::of_login("aline.encre");
        for (agent_id, told) in [(None, String::new()), (Some(aline), aline.to_string())] {
            let at = Timestamp::default();
            let kept = TextVersion { version: 1, at, agent_id, source: arbitrary_source(), overridden: true };
            assert_eq!(version(kept).agent_id, told);
        }
    }
}
