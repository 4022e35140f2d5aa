//! `guichet.routing.v1.Directory`.

use guichet_proto::routing::v1::directory_server::Directory;
use guichet_proto::routing::v1::{
    Account, CheckKeyRequest, CheckKeyResponse, CheckSessionRequest, CheckSessionResponse, CreateKeyRequest,
    CreateKeyResponse, GetRequest, GetResponse, PublishRequest, PublishResponse, Role, SignInRequest, SignInResponse,
};
use guichet_rpc::status;
use tonic::{Request, Response, Status};

use super::Api;
use super::convert::{self, account};
use crate::app::publish::{Publication, parse};
use crate::error::Error;

#[tonic::async_trait]
impl Directory for Api {
    async fn publish(&self, request: Request<PublishRequest>) -> Result<Response<PublishResponse>, Status> {
        let request = request.into_inner();
        let publication = Publication {
            directories: parse(&request.directories).map_err(status::of)?,
            passwords: request.passwords.into_iter().collect(),
            everyone_present: request.everyone_present,
        };
        let versions = self.app.publish(publication).await.map_err(status::of)?;
        Ok(Response::new(PublishResponse { versions }))
    }

    async fn get(&self, request: Request<GetRequest>) -> Result<Response<GetResponse>, Status> {
        let code = request.into_inner().authority;
        let town = self.app.town(&mut &self.app.db).await.map_err(status::of)?;
        let directories = convert::directories(&town, &code);
        if directories.is_empty() && !code.is_empty() {
            return Err(status::of(Error::UnknownAuthority));
        }
        Ok(Response::new(GetResponse { directories }))
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
