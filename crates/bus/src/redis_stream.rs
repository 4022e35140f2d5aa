//! Redis Streams: one stream a producer, entry ids are positions, appended only where the relay thinks it ends.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use futures::StreamExt;
use guichet_events::{Envelope, Position};
use redis::aio::ConnectionManager;
use redis::streams::StreamRangeReply;
use redis::{AsyncCommands, RedisResult, Script};
use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;

use crate::bus::Appended;
use crate::memory::Hub;
use crate::redis_address::Place;
use crate::redis_link::Link;
use crate::{BusOptions, Error, Inspection, Result, inspect};

/// Entries a stream keeps: what a consumer may be behind before it asks the producer.
pub(crate) const STREAM_ENTRIES_MAX: i64 = 10_000;
/// Wake-ups waiting to be published; past it they are dropped and the poll takes over.
const WAKE_QUEUE: usize = 256;
/// Pause before the wake-up connection is tried again.
const RECONNECT_PAUSE: Duration = Duration::from_millis(500);
/// Pub/Sub channel of wake-ups; the message is the topic.
const WAKE_CHANNEL: &str = "guichet:wake";
/// Field of an entry that holds the envelope.
const FIELD: &str = "event";

/// KEYS: stream, wake channel. ARGV: expected last id ('' = empty), topic, entries kept, then id and event by turns.
static APPEND: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
          local found = last[1] and last[1][1] or ''
          if found ~= ARGV[1] then return found end
          for i = 4, #ARGV, 2 do
            redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], ARGV[i], 'event', ARGV[i + 1])
          end
          redis.call('PUBLISH', KEYS[2], ARGV[2])
          return 'appended'",
    )
});

#[derive(Debug)]
pub(crate) struct RedisStream {
    link: Link,
    hub: Arc<Hub>,
    wakes: mpsc::Sender<String>,
    wakes_in: Mutex<mpsc::Receiver<String>>,
}

impl RedisStream {
    pub(crate) fn open(options: &BusOptions, hub: Arc<Hub>) -> Result<Self> {
        let link = Link::open(Place::parse(options)?)?;
        let (wakes, wakes_in) = mpsc::channel(WAKE_QUEUE);
        Ok(Self { link, hub, wakes, wakes_in: Mutex::new(wakes_in) })
    }

    pub(crate) fn reopen(&self, options: &BusOptions) -> Result<()> {
        self.link.replace(Place::parse(options)?)
    }

    pub(crate) async fn append(
        &self,
        producer: &str,
        expected: Option<Position>,
        events: &[Envelope],
    ) -> Result<Appended> {
        let mut call = APPEND.prepare_invoke();
        call.key(key(producer)).key(WAKE_CHANNEL);
        call.arg(expected.map_or(String::new(), |position| position.to_string()));
        call.arg(producer).arg(STREAM_ENTRIES_MAX);
        for event in events {
            let text = serde_json::to_string(event).map_err(|source| Error::Corrupt { what: "envelope", source })?;
            call.arg(event.position.to_string()).arg(text);
        }
        let answer: String = self.link.run(async |mut commands| call.invoke_async(&mut commands).await).await?;
        if answer != "appended" {
            return Ok(Appended::Mismatch(parse_id(&answer)));
        }
        self.hub.wake(producer);
        Ok(Appended::Done)
    }

    pub(crate) async fn read_after(&self, producer: &str, after: Position, limit: u32) -> Result<Vec<Envelope>> {
        let range = async |mut commands: ConnectionManager| {
            commands.xrange_count(key(producer), format!("({after}"), "+", limit).await
        };
        let reply: StreamRangeReply = self.link.run(range).await?;
        let mut events = Vec::with_capacity(reply.ids.len());
        for entry in reply.ids {
            let text: String = entry.get(FIELD).unwrap_or_default();
            events.push(serde_json::from_str(&text).map_err(|source| Error::Corrupt { what: "envelope", source })?);
        }
        Ok(events)
    }

    pub(crate) async fn last_id(&self, producer: &str) -> Result<Option<Position>> {
        let last = async |mut commands: ConnectionManager| commands.xrevrange_count(key(producer), "+", "-", 1).await;
        let reply: StreamRangeReply = self.link.run(last).await?;
        Ok(reply.ids.first().and_then(|entry| parse_id(&entry.id)))
    }

    pub(crate) fn publish(&self, topic: &str) {
        // A full queue means many wake-ups are already on their way.
        let _dropped = self.wakes.try_send(topic.to_owned());
    }

    pub(crate) async fn ping(&self) -> Result<()> {
        self.link.run(async |mut commands| redis::cmd("PING").query_async::<()>(&mut commands).await).await
    }

    pub(crate) async fn inspect(&self) -> Result<Inspection> {
        let probe = redis::cmd("EVAL").arg(inspect::PROBE).arg(2).arg(key("doctor")).arg(WAKE_CHANNEL).to_owned();
        let ask = async |mut commands: ConnectionManager| {
            let info: RedisResult<String> = redis::cmd("INFO").query_async(&mut commands).await;
            Ok((info, probe.query_async(&mut commands).await))
        };
        let (info, probed) = self.link.run(ask).await?;
        inspect::from_answers(info, probed)
    }

    pub(crate) async fn run(&self, cancel: CancellationToken) {
        let mut wakes = self.wakes_in.lock().await;
        let outgoing = async {
            while let Some(topic) = wakes.recv().await {
                let sent =
                    self.link.run(async |mut commands| commands.publish::<_, _, ()>(WAKE_CHANNEL, topic).await).await;
                if let Err(error) = sent {
                    tracing::debug!(%error, "wake-up was not published");
                }
            }
        };
        let incoming = async {
            loop {
                if let Err(error) = self.listen().await {
                    tracing::warn!(%error, "bus does not answer, readers poll");
                }
                tokio::time::sleep(RECONNECT_PAUSE).await;
            }
        };
        tokio::select! {
            () = cancel.cancelled() => {}
            () = outgoing => {}
            () = incoming => {}
        }
    }

    async fn listen(&self) -> Result<()> {
        let mut subscription = self.link.listener().await?;
        subscription.subscribe(WAKE_CHANNEL).await?;
        let mut messages = subscription.on_message();
        while let Some(message) = messages.next().await {
            let topic: String = message.get_payload()?;
            self.hub.wake(&topic);
        }
        Ok(())
    }
}

fn key(producer: &str) -> String {
    format!("guichet:{producer}")
}

fn parse_id(text: &str) -> Option<Position> {
    let (generation, seq) = text.split_once('-')?;
    Some(Position { generation: generation.parse().ok()?, seq: seq.parse().ok()? })
}
