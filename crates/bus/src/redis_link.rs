//! The connections to Redis: to one server, or to the primary that sentinels name, asked again when it is not it any more.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::sentinel::SentinelClient;
use redis::{Client, ErrorKind, RedisError, RedisResult, ServerErrorKind};

use crate::Result;
use crate::redis_address::Place;

/// How long a command may take: past it the log goes on without Redis.
const RESPONSE_TIMEOUT: Duration = Duration::from_millis(500);
/// How long a connection may take.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(1);
/// How long the sentinels may take to name the primary: three of them, of which two are away.
const SENTINELS_TIMEOUT: Duration = Duration::from_secs(3);

/// One server, with the connection that commands share.
#[derive(Clone)]
struct Server {
    client: Client,
    commands: ConnectionManager,
}

/// Where Redis is now, and how that is found out.
pub(crate) struct Link {
    place: Mutex<Arc<Found>>,
}

struct Found {
    /// Who knows the primary; nobody has to be asked for a server of a fixed address.
    sentinels: Option<tokio::sync::Mutex<SentinelClient>>,
    server: Mutex<Option<Server>>,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Link")
    }
}

impl Link {
    pub(crate) fn open(place: Place) -> Result<Self> {
        Ok(Self { place: Mutex::new(Arc::new(Found::new(place)?)) })
    }

    /// Uses another place, or the same with another password, for every command that follows.
    pub(crate) fn replace(&self, place: Place) -> Result<()> {
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(Found::new(place)?);
        Ok(())
    }

    /// Runs one command; a failure that tells of another primary has the sentinels asked before the next.
    pub(crate) async fn run<T>(&self, command: impl AsyncFnOnce(ConnectionManager) -> RedisResult<T>) -> Result<T> {
        let found = self.found();
        let answer = command(found.server().await?.commands).await;
        if let Err(error) = &answer {
            found.doubt(error);
        }
        Ok(answer?)
    }

    /// Returns a connection that only listens.
    pub(crate) async fn listener(&self) -> Result<redis::aio::PubSub> {
        let found = self.found();
        let opened = found.server().await?.client.get_async_pubsub().await;
        if let Err(error) = &opened {
            found.doubt(error);
        }
        Ok(opened?)
    }

    fn found(&self) -> Arc<Found> {
        Arc::clone(&self.place.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Found {
    fn new(place: Place) -> Result<Self> {
        Ok(match place {
            Place::Server(client) => Self { sentinels: None, server: Mutex::new(Some(connect(client)?)) },
            Place::Sentinels(sentinels) => {
                Self { sentinels: Some(tokio::sync::Mutex::new(sentinels)), server: Mutex::new(None) }
            }
        })
    }

    /// Returns the server, from the sentinels when it is not known. While they are asked, others do without Redis at once.
    async fn server(&self) -> Result<Server> {
        if let Some(server) = self.known() {
            return Ok(server);
        }
        let Some(sentinels) = &self.sentinels else { return Err(absent("redis has no address").into()) };
        let Ok(mut sentinels) = sentinels.try_lock() else {
            return Err(absent("sentinels are being asked for the primary").into());
        };
        // It may have been found between the look and the lock.
        if let Some(server) = self.known() {
            return Ok(server);
        }
        let asked = tokio::time::timeout(SENTINELS_TIMEOUT, sentinels.async_get_client()).await;
        let client = asked.map_err(|_| absent("sentinels did not name the primary in time"))??;
        let server = connect(client)?;
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(server.clone());
        Ok(server)
    }

    fn known(&self) -> Option<Server> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn doubt(&self, error: &RedisError) {
        if self.sentinels.is_some() && tells_of_another_primary(error) {
            *self.server.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }
}

fn connect(client: Client) -> Result<Server> {
    let config = ConnectionManagerConfig::new()
        .set_response_timeout(Some(RESPONSE_TIMEOUT))
        .set_connection_timeout(Some(CONNECTION_TIMEOUT))
        .set_number_of_retries(1);
    let commands = ConnectionManager::new_lazy_with_config(client.clone(), config)?;
    Ok(Server { client, commands })
}

fn absent(reason: &'static str) -> RedisError {
    RedisError::from((ErrorKind::Client, reason))
}

/// A primary that is gone does not answer; one that was replaced while it was away comes back as a replica.
fn tells_of_another_primary(error: &RedisError) -> bool {
    let demoted = matches!(
        error.kind(),
        ErrorKind::Server(ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown | ServerErrorKind::BusyLoading)
    );
    // A script wraps what its command was told.
    demoted || error.is_io_error() || error.is_timeout() || error.to_string().contains("READONLY")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_primary_that_is_gone_or_demoted_has_the_sentinels_asked_again() {
        let read_only = ErrorKind::Server(ServerErrorKind::ReadOnly);
        assert!(tells_of_another_primary(&RedisError::from((read_only, "a replica"))));
        assert!(tells_of_another_primary(&std::io::Error::from(std::io::ErrorKind::ConnectionReset).into()));
        let wrong = ErrorKind::Server(ServerErrorKind::ResponseError);
        assert!(!tells_of_another_primary(&RedisError::from((wrong, "wrong number of arguments"))));
    }
}
