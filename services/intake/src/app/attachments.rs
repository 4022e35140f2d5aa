//! Files: uploaded before the submission that names them, read back by id.

use std::sync::Arc;

use guichet_core::id::{AttachmentId, ServiceRequestId};

use super::App;
use crate::Error;
use crate::domain::limits;
use crate::store::attachments::{self, Attachment};
use crate::store::blobs::BlobName;
use crate::store::requests;

impl App {
    /// Returns the most octets a file may have.
    pub const fn attachment_octets_max(&self) -> u64 {
        limits::ATTACHMENT_OCTETS_MAX
    }

    /// Keeps a file and returns its hash; it is deleted a day later unless something names it.
    pub async fn upload(&self, authority: &str, content: Vec<u8>) -> Result<String, Error> {
        let directory = self.directory(authority).await?;
        if content.len() as u64 > limits::ATTACHMENT_OCTETS_MAX {
            return Err(Error::TooLarge { max: limits::ATTACHMENT_OCTETS_MAX });
        }
        Ok(self.blobs.put(&directory.authority.code, Arc::new(content)).await?)
    }

    /// Returns a file of a request with its content.
    pub async fn download(
        &self,
        id: AttachmentId,
        request_id: ServiceRequestId,
    ) -> Result<(Attachment, Vec<u8>), Error> {
        let file = attachments::find(&self.db, id).await?.filter(|file| file.request_id == Some(request_id));
        let file = file.ok_or(Error::AttachmentNotFound)?;
        let request = requests::find(&self.db, request_id).await?.ok_or(Error::AttachmentNotFound)?;
        let name = BlobName { authority: &request.authority, sha256: &file.sha256 };
        let content = self.blobs.get(name).await?.ok_or(Error::AttachmentNotFound)?;
        Ok((file, content))
    }
}
