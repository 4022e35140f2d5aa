//! What an operator is told about Redis. Everything here reads; nothing is left behind.

use redis::{ErrorKind, RedisError, RedisResult, ServerErrorKind};

use crate::Result;

/// A Redis server, seen by who uses it.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// « 7.0.15 ».
    pub version: String,
    /// What it does when its memory is full: `noeviction` refuses writes, the others forget entries. Empty when it does not say.
    pub eviction: String,
    /// Why it takes no script that writes a stream, in its own words; `None` when it does.
    pub refusal: Option<String>,
}

/// Asks what every append asks (a script that writes a stream and publishes), of a stream that is not there and is not made.
pub(crate) const PROBE: &str = r"redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
    redis.call('XADD', KEYS[1], 'NOMKSTREAM', '*', 'event', '')
    return redis.call('PUBLISH', KEYS[2], '')";

/// Reads what `INFO` and the probe answered. A server that answers « no » answers: whoever may not ask `INFO` learns less.
pub(crate) fn from_answers(info: RedisResult<String>, probe: RedisResult<i64>) -> Result<Inspection> {
    let info = match info {
        Err(error) if !is_refusal(&error) => return Err(error.into()),
        told => told.unwrap_or_default(),
    };
    let field = |name: &str| {
        let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.map(|value| value.trim().to_owned()).unwrap_or_default()
    };
    let refusal = match probe {
        Ok(_) => None,
        Err(error) if is_refusal(&error) => Some(error.to_string()),
        Err(error) => return Err(error.into()),
    };
    Ok(Inspection { version: field("redis_version"), eviction: field("maxmemory_policy"), refusal })
}

fn is_refusal(error: &RedisError) -> bool {
    matches!(error.kind(), ErrorKind::Server(kind) if kind != ServerErrorKind::BusyLoading)
        || matches!(error.kind(), ErrorKind::Extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_redis_says_of_itself_is_read() {
        let info =
            "# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\n# Memory\r\nmaxmemory_policy:allkeys-lru\r\n";
        let seen = from_answers(Ok(info.to_owned()), Ok(0)).expect("reads");
        assert_eq!((seen.version.as_str(), seen.eviction.as_str(), seen.refusal), ("7.0.15", "allkeys-lru", None));
    }

    #[test]
    fn a_server_that_says_no_has_answered_and_one_that_is_gone_has_not() {
        let no = || RedisError::from((ErrorKind::Server(ServerErrorKind::NoPerm), "no permission"));
        let seen = from_answers(Err(no()), Err(no())).expect("it answered");
        assert!(seen.refusal.is_some() && seen.eviction.is_empty(), "{seen:?}");
        let gone = RedisError::from(std::io::Error::from(std::io::ErrorKind::ConnectionRefused));
        assert!(from_answers(Err(gone), Err(no())).is_err());
    }
}
