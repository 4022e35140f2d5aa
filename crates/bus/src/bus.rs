//! The bus: fast, and allowed to forget everything.

use std::sync::Arc;

use guichet_events::{Envelope, Position};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::memory::Hub;
use crate::redis_stream::RedisStream;
use crate::{BusOptions, Error, Inspection, Result};

/// Address of a bus in this process.
const MEMORY: &str = "memory:";

/// What an append came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// The entries are there.
    Done,
    /// The stream ends elsewhere than expected; nothing was appended.
    Mismatch(Option<Position>),
}

/// Streams of events by producer, and wake-ups by topic; cheap to clone.
#[derive(Clone, Debug)]
pub struct Bus(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    hub: Arc<Hub>,
    redis: Option<RedisStream>,
}

impl Bus {
    /// Opens the bus at `memory:` or at an address of Redis, known to the machine's authorities if it is spoken to with TLS.
    pub fn open(url: &str) -> Result<Self> {
        Self::open_with(&BusOptions { url: url.to_owned(), authority: None })
    }

    /// Opens the bus; a Redis server that is down is tried again at each call.
    pub fn open_with(options: &BusOptions) -> Result<Self> {
        let hub = Arc::new(Hub::default());
        let redis = match options.url.as_str() {
            MEMORY => None,
            _ => Some(RedisStream::open(options, Arc::clone(&hub))?),
        };
        Ok(Self(Arc::new(Inner { hub, redis })))
    }

    /// Uses another address, or the same one with another password, for every command that follows. What is in this process
    /// stays there.
    pub fn reopen(&self, options: &BusOptions) -> Result<()> {
        match &self.0.redis {
            Some(redis) => redis.reopen(options),
            None if options.url == MEMORY => Ok(()),
            None => Err(Error::Address(MEMORY.to_owned())),
        }
    }

    /// Returns whether events travel on the bus; otherwise readers ask the producer, in the same process.
    pub fn has_streams(&self) -> bool {
        self.0.redis.is_some()
    }

    /// Appends events to a producer's stream if it ends at `expected`, and wakes its readers.
    pub async fn append(&self, producer: &str, expected: Option<Position>, events: &[Envelope]) -> Result<Appended> {
        match &self.0.redis {
            Some(redis) => redis.append(producer, expected, events).await,
            None => {
                self.wake(producer);
                Ok(Appended::Done)
            }
        }
    }

    /// Returns at most `limit` events of a producer's stream after a position; without streams, none.
    pub async fn read_after(&self, producer: &str, after: Position, limit: u32) -> Result<Vec<Envelope>> {
        match &self.0.redis {
            Some(redis) => redis.read_after(producer, after, limit).await,
            None => Ok(Vec::new()),
        }
    }

    /// Returns where a producer's stream ends; `None` when it is empty.
    pub async fn last_id(&self, producer: &str) -> Result<Option<Position>> {
        match &self.0.redis {
            Some(redis) => redis.last_id(producer).await,
            None => Ok(None),
        }
    }

    /// Wakes whoever waits on a topic, here and in other processes. Never waits: a lost wake-up costs one poll.
    pub fn wake(&self, topic: &str) {
        self.0.hub.wake(topic);
        if let Some(redis) = &self.0.redis {
            redis.publish(topic);
        }
    }

    /// Returns a receiver that changes at each wake-up of a topic; a producer's name is the topic of its stream.
    pub fn subscribe(&self, topic: &str) -> watch::Receiver<()> {
        self.0.hub.subscribe(topic)
    }

    /// Carries wake-ups to and from other processes until cancelled; returns at once without Redis.
    pub async fn run(&self, cancel: CancellationToken) {
        if let Some(redis) = &self.0.redis {
            redis.run(cancel).await;
        } else {
            cancel.cancelled().await;
        }
    }

    /// Looks at Redis without changing it; `None` for a bus in this process.
    pub async fn inspect(&self) -> Result<Option<Inspection>> {
        match &self.0.redis {
            Some(redis) => redis.inspect().await.map(Some),
            None => Ok(None),
        }
    }

    /// Checks that the bus answers.
    pub async fn ping(&self) -> Result<()> {
        match &self.0.redis {
            Some(redis) => redis.ping().await,
            None => Ok(()),
        }
    }
}
