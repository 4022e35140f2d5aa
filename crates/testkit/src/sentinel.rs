//! A Redis with a replica and three sentinels that make the replica the primary when it is gone.

use std::time::Duration;

use crate::redis::{RedisServer, redis, redis_with};
use crate::{blocking, wait_until};

/// Name of the primary among the sentinels.
const NAME: &str = "guichet";
/// Milliseconds without an answer after which a sentinel takes a server for gone.
const DOWN_MS: u32 = 1_000;
/// Milliseconds for one attempt at a failover.
const FAILOVER_MS: u32 = 5_000;
/// How long replica and sentinels may take to know each other: two seconds on an idle machine.
const ACQUAINTANCE: Duration = Duration::from_secs(30);

/// Five servers of one test; they stop when the value is dropped.
#[derive(Debug)]
pub struct Sentinels {
    /// `redis+sentinel://…`
    pub url: String,
    /// Who is the primary at first.
    pub primary: RedisServer,
    /// Who is the replica at first.
    pub replica: RedisServer,
    sentinels: Vec<RedisServer>,
}

/// Starts all five and waits until the sentinels know the replica.
///
/// # Panics
/// When Redis is not installed or they do not find each other.
pub async fn sentinels() -> Sentinels {
    let primary = redis().await;
    let port = primary.port().to_string();
    let replica = redis_with(&[("replicaof", &format!("127.0.0.1 {port}"))]).await;
    let configuration = format!(
        "sentinel monitor {NAME} 127.0.0.1 {port} 2\nsentinel down-after-milliseconds {NAME} {DOWN_MS}\n\
         sentinel failover-timeout {NAME} {FAILOVER_MS}\n"
    );
    let mut sentinels = Vec::new();
    for _ in 0..3 {
        let text = configuration.clone();
        let started = blocking(move || RedisServer::launch(vec!["--sentinel".to_owned()], Some(&text))).await;
        sentinels.push(started);
    }
    let hosts: Vec<String> = sentinels.iter().map(|sentinel| format!("127.0.0.1:{}", sentinel.port())).collect();
    let url = format!("redis+sentinel://{}/{NAME}", hosts.join(","));
    let servers = Sentinels { url, primary, replica, sentinels };
    for sentinel in &servers.sentinels {
        // An answer of its own line for each other sentinel and replica, and `:0` or `*0` as long as there is none.
        wait_until(ACQUAINTANCE, async || {
            sentinel.tell(&format!("SENTINEL CKQUORUM {NAME}")).await.starts_with("+OK 3")
        })
        .await;
        wait_until(ACQUAINTANCE, async || sentinel.tell(&format!("SENTINEL REPLICAS {NAME}")).await == "*1").await;
    }
    servers
}
