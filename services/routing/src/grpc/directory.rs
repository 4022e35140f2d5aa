//! `guichet.routing.v1.Directory`.

use guichet_proto::routing::v1::directory_server::Directory;
use guichet_proto::routing::v1::{
    Account, CheckKeyRequest, CheckKeyResponse, CheckSessionRequest, CheckSessionResponse, CreateKeyRequest,
    CreateKeyResponse, DayNotes, DirectoryVersion, ExplainDelayRequest, ExplainDelayResponse, GetDayNotesRequest,
    GetDayNotesResponse, GetRequest, GetResponse, GetVersionRequest, GetVersionResponse, ListVersionsRequest,
    ListVersionsResponse, PublishRequest, PublishResponse, Role, SetDayNotesRequest, SetDayNotesResponse,
    SignInRequest, SignInResponse,
};
use guichet_rpc::status;
use tonic::{Request, Response, Status};

use super::convert::{self, account, optional_id};
use super::{Api, calendars};
use crate::app::publish::{Publication, parse};
use crate::app::versions::Version;
use crate::error::Error;

#[tonic::async_trait]
impl Directory for Api {
    async fn publish(&self, request: Request<PublishRequest>) -> Result<Response<PublishResponse>, Status> {
        let request = request.into_inner();
        let publication = Publication {
            directories: parse(&request.directories).map_err(status::of)?,
            passwords: request.passwords.into_iter().collect(),
            everyone_present: request.everyone_present,
            agent_id: optional_id(&request.agent_id, "/agent_id").map_err(status::of)?,
            seen_versions: request.seen_versions.into_iter().collect(),
            restores: (request.restores != 0).then_some(request.restores),
        };
        let versions = self.app.publish(publication).await.map_err(status::of)?;
        Ok(Response::new(PublishResponse { versions }))
    }

    async fn get(&self, request: Request<GetRequest>) -> Result<Response<GetResponse>, Status> {
        let code = request.into_inner().authority;
        // The versions first: a directory newer than its version would be overwritten in silence.
        let versions = self.app.directory_versions().await.map_err(status::of)?;
        let versions = versions.into_iter().filter(|(known, _)| code.is_empty() || *known == code);
        let town = self.app.town(&mut &self.app.db).await.map_err(status::of)?;
        let directories = convert::directories(&town, &code);
        if directories.is_empty() && !code.is_empty() {
            return Err(status::of(Error::UnknownAuthority));
        }
        let versions = versions.collect();
        Ok(Response::new(GetResponse { directories, versions }))
    }

    async fn list_versions(
        &self,
        request: Request<ListVersionsRequest>,
    ) -> Result<Response<ListVersionsResponse>, Status> {
        let request = request.into_inner();
        let page = request.page.unwrap_or_default();
        let before = match page.cursor.as_str() {
            "" => None,
            cursor => Some(cursor.parse().map_err(|_| status::of(convert::no_such_page()))?),
        };
        let (found, next) = self.app.list_versions(&request.authority, before, page.limit).await.map_err(status::of)?;
        let version = |found: Version| DirectoryVersion {
            version: found.version,
            published_at: found.published_at.as_millis(),
            agent_id: found.agent_id.map(|id| id.to_string()).unwrap_or_default(),
            restores: found.restores.unwrap_or_default(),
        };
        Ok(Response::new(ListVersionsResponse {
            versions: found.into_iter().map(version).collect(),
            next_cursor: next.map(|next| next.to_string()).unwrap_or_default(),
        }))
    }

    async fn get_version(&self, request: Request<GetVersionRequest>) -> Result<Response<GetVersionResponse>, Status> {
        let request = request.into_inner();
        let directory = self.app.find_version(&request.authority, request.version).await.map_err(status::of)?;
        Ok(Response::new(GetVersionResponse { directory }))
    }

    async fn get_day_notes(
        &self,
        request: Request<GetDayNotesRequest>,
    ) -> Result<Response<GetDayNotesResponse>, Status> {
        let agent_id = optional_id(&request.into_inner().agent_id, "/agent_id").map_err(status::of)?;
        let notes = self.app.day_notes(agent_id).await.map_err(status::of)?;
        let told = notes.into_iter().map(|notes| DayNotes {
            authority: notes.authority,
            day: notes.day,
            text: notes.body,
            agent_id: notes.agent_id.to_string(),
            updated_at: notes.updated_at.as_millis(),
        });
        Ok(Response::new(GetDayNotesResponse { notes: told.collect() }))
    }

    async fn set_day_notes(
        &self,
        request: Request<SetDayNotesRequest>,
    ) -> Result<Response<SetDayNotesResponse>, Status> {
        let request = request.into_inner();
        let agent_id = convert::id(&request.agent_id, "/agent_id").map_err(status::of)?;
        let SetDayNotesRequest { authority, day, text, .. } = request;
        self.app.set_day_notes(agent_id, &authority, &day, &text).await.map_err(status::of)?;
        Ok(Response::new(SetDayNotesResponse {}))
    }

    async fn explain_delay(
        &self,
        request: Request<ExplainDelayRequest>,
    ) -> Result<Response<ExplainDelayResponse>, Status> {
        let asked = calendars::asked(request.into_inner()).map_err(status::of)?;
        let counted = self.app.count_delay(asked).await.map_err(status::of)?;
        Ok(Response::new(calendars::counted(counted)))
    }

    async fn sign_in(&self, request: Request<SignInRequest>) -> Result<Response<SignInResponse>, Status> {
        let request = request.into_inner();
        let identity = self.app.sign_in(&request.login, request.password).await.map_err(status::of)?;
        Ok(Response::new(SignInResponse { account: Some(account(identity)) }))
    }

    async fn check_key(&self, request: Request<CheckKeyRequest>) -> Result<Response<CheckKeyResponse>, Status> {
        let machine = self.app.check_key(&request.into_inner().key).await.map_err(status::of)?;
        let account = Account {
            name: machine.name,
            role: Role::Machine.into(),
            authorities: vec![machine.authority.clone()],
            authority: machine.authority,
            ..Account::default()
        };
        Ok(Response::new(CheckKeyResponse { account: Some(account) }))
    }

    async fn create_key(&self, request: Request<CreateKeyRequest>) -> Result<Response<CreateKeyResponse>, Status> {
        let request = request.into_inner();
        let key = self.app.create_key(&request.authority, &request.name).await.map_err(status::of)?;
        Ok(Response::new(CreateKeyResponse { key }))
    }

    async fn check_session(
        &self,
        request: Request<CheckSessionRequest>,
    ) -> Result<Response<CheckSessionResponse>, Status> {
        let request = request.into_inner();
        let agent_id = convert::id(&request.agent_id, "/agent_id").map_err(|_| status::of(Error::SessionOver))?;
        let identity = self.app.check_session(agent_id, request.session_version).await.map_err(status::of)?;
        Ok(Response::new(CheckSessionResponse { account: Some(account(identity)) }))
    }
}
