//! Addresses of Redis: `redis://[user:password@]host[:port][/database]`, `rediss://` with TLS, and
//! `redis+sentinel://[user:password@]host[:port],host[:port]/primary[/database][?sentinel_password=…]`, `rediss+sentinel://` with
//! TLS to both. User and password are Redis's; sentinels that ask for a password have their own.

use redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use redis::{Client, ConnectionAddr, IntoConnectionInfo, RedisConnectionInfo, TlsCertificates, TlsMode};

use crate::{Error, Result};

/// Port of a sentinel whose address names none.
const SENTINEL_PORT: u16 = 26_379;
/// Parameter with the sentinels' own password.
const SENTINEL_PASSWORD: &str = "sentinel_password";

/// What opens the bus.
#[derive(Clone, Default)]
pub struct BusOptions {
    /// `memory:`, or where Redis is.
    pub url: String,
    /// PEM text of the authority that signs Redis's certificate; the machine's authorities without.
    pub authority: Option<Vec<u8>>,
}

impl std::fmt::Debug for BusOptions {
    /// Leaves the password out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BusOptions").field("has_authority", &self.authority.is_some()).finish_non_exhaustive()
    }
}

/// Where Redis is.
pub(crate) enum Place {
    /// At an address.
    Server(Client),
    /// Where the sentinels say that the primary is.
    Sentinels(SentinelClient),
}

impl Place {
    /// Reads an address.
    pub(crate) fn parse(options: &BusOptions) -> Result<Self> {
        let certificates =
            options.authority.clone().map(|authority| TlsCertificates { client_tls: None, root_cert: Some(authority) });
        let wrong = || Error::Address(redact(&options.url));
        let (scheme, rest) = options.url.split_once("://").ok_or_else(wrong)?;
        match scheme {
            "redis" => Ok(Self::Server(Client::open(options.url.as_str())?)),
            "rediss" => Ok(Self::Server(match certificates {
                Some(certificates) => Client::build_with_tls(options.url.as_str(), certificates)?,
                None => Client::open(options.url.as_str())?,
            })),
            "redis+sentinel" => Ok(Self::Sentinels(sentinels(rest, None, wrong)?)),
            "rediss+sentinel" => Ok(Self::Sentinels(sentinels(rest, Some(certificates), wrong)?)),
            _ => Err(wrong()),
        }
    }
}

/// What `…+sentinel://` is followed by.
#[derive(Debug, PartialEq, Eq)]
struct SentinelAddress<'a> {
    /// `user:password@`, as it stands.
    credentials: &'a str,
    hosts: Vec<&'a str>,
    primary: &'a str,
    database: &'a str,
    password: &'a str,
}

impl<'a> SentinelAddress<'a> {
    fn parse(rest: &'a str) -> Option<Self> {
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/')?;
        let (credentials, hosts) =
            authority.rfind('@').map_or(("", authority), |at| (&authority[..=at], &authority[at + 1..]));
        let (primary, database) = path.split_once('/').unwrap_or((path, ""));
        let password = match query.split_once('=') {
            Some((SENTINEL_PASSWORD, password)) => password,
            None if query.is_empty() => "",
            _ => return None,
        };
        let hosts: Vec<&str> = hosts.split(',').collect();
        let is_whole = !primary.is_empty() && hosts.iter().all(|host| !host.is_empty());
        is_whole.then_some(Self { credentials, hosts, primary, database, password })
    }
}

/// Returns the sentinels of an address; `tls` is there when both they and Redis are spoken to with TLS.
fn sentinels(rest: &str, tls: Option<Option<TlsCertificates>>, wrong: impl Fn() -> Error) -> Result<SentinelClient> {
    let address = SentinelAddress::parse(rest).ok_or_else(&wrong)?;
    let scheme = if tls.is_some() { "rediss" } else { "redis" };
    let mut hosts: Vec<ConnectionAddr> = Vec::new();
    for host in &address.hosts {
        let has_port = host.rsplit_once(':').is_some_and(|(before, _)| !before.contains(':') || before.ends_with(']'));
        let port = if has_port { String::new() } else { format!(":{SENTINEL_PORT}") };
        hosts.push(format!("{scheme}://{host}{port}").into_connection_info()?.addr().clone());
    }
    // The library reads percent signs and the number of the database.
    let redis = settings(&format!("redis://{}redis/{}", address.credentials, address.database))?;
    let sentinel = settings(&format!("redis://:{}@sentinel", address.password))?;
    let mut builder = SentinelClientBuilder::new(hosts, address.primary, SentinelServerType::Master)?
        .set_client_to_redis_db(redis.db());
    if let Some(user) = redis.username() {
        builder = builder.set_client_to_redis_username(user);
    }
    if let Some(password) = redis.password() {
        builder = builder.set_client_to_redis_password(password);
    }
    if let Some(password) = sentinel.password().filter(|password| !password.is_empty()) {
        builder = builder.set_client_to_sentinel_password(password);
    }
    if let Some(certificates) = tls {
        builder =
            builder.set_client_to_redis_tls_mode(TlsMode::Secure).set_client_to_sentinel_tls_mode(TlsMode::Secure);
        if let Some(certificates) = certificates {
            builder = builder
                .set_client_to_redis_certificates(certificates.clone())
                .set_client_to_sentinel_certificates(certificates);
        }
    }
    Ok(builder.build()?)
}

fn settings(url: &str) -> Result<RedisConnectionInfo> {
    Ok(url.into_connection_info()?.redis_settings().clone())
}

/// Returns an address without its passwords.
fn redact(url: &str) -> String {
    let url = url.split('?').next().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    rest.rsplit_once('@').map_or_else(|| url.to_owned(), |(_, hosts)| format!("{scheme}://…@{hosts}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(url: &str) -> String {
        let options = BusOptions { url: url.to_owned(), authority: None };
        Place::parse(&options).map(|_| ()).expect_err(url).to_string()
    }

    #[test]
    fn the_address_of_sentinels_is_read_part_by_part() {
        let read = SentinelAddress::parse("town:p%40ss@one,two:26380/guichet/2?sentinel_password=s").expect("reads");
        let parts = (read.credentials, read.primary, read.database, read.password);
        assert_eq!((parts, read.hosts), (("town:p%40ss@", "guichet", "2", "s"), vec!["one", "two:26380"]));
        for wrong in ["one,two", "one,,two/guichet", "one/", "one/guichet?sentinel_pasword=s"] {
            assert_eq!(SentinelAddress::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_form_of_address_opens_and_others_are_refused_without_their_password() {
        for url in [
            "redis://:secret@redis:6379/0",
            "redis+sentinel://u:secret@one,two:26380,[::1]:26381,[::1]/guichet?sentinel_password=secret",
        ] {
            let options = BusOptions { url: url.to_owned(), authority: None };
            assert!(Place::parse(&options).is_ok(), "{url}");
        }
        for url in ["valkey://u:secret@redis", "redis+sentinel://u:secret@one", "redis"] {
            let told = refused(url);
            assert!(told.contains("is not a bus address") && !told.contains("secret"), "{told}");
        }
    }
}
