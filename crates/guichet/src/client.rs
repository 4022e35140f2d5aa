//! The commands' way to the gateway: REST with an API key.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde_json::Value;

use crate::cli::ClientArgs;
use crate::config::Config;

/// How long a command waits for an answer: a whole directory is published within it.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long an answer that comes line by line may take in all: a day of a large town many times over.
const LINES_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// How long a simulated day may take: a large one on a slow machine.
const SIMULATION_TIMEOUT: Duration = Duration::from_secs(120);

/// A gateway and the key to it.
#[derive(Debug)]
pub(crate) struct Client {
    url: String,
    token: String,
    http: reqwest::Client,
}

/// An answer that is not a success.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// Nobody answers.
    #[error("no answer from {url}: is Guichet running there?")]
    Away { url: String, source: reqwest::Error },
    /// A problem (RFC 9457).
    #[error("{status} {}", describe(.problem))]
    Refused { status: u16, problem: Value },
}

/// Returns a problem as a person reads it.
fn describe(problem: &Value) -> String {
    let text = |key: &str| problem[key].as_str().unwrap_or_default().to_owned();
    let mut lines =
        format!("{} {}", text("code"), if text("detail").is_empty() { text("title") } else { text("detail") });
    for error in problem["errors"].as_array().into_iter().flatten() {
        let (pointer, detail) = (&error["pointer"], &error["detail"]);
        lines.push_str(&format!(
            "\n  {}: {}",
            pointer.as_str().unwrap_or_default(),
            detail.as_str().unwrap_or_default()
        ));
    }
    lines
}

impl Client {
    /// Returns the client of an address.
    pub(crate) fn new(url: &str, token: String) -> Result<Self> {
        let http = reqwest::Client::builder().timeout(TIMEOUT).build().context("the HTTP client cannot start")?;
        Ok(Self { url: url.trim_end_matches('/').to_owned(), token, http })
    }

    /// Returns the client a command line asks for.
    pub(crate) fn from_args(args: &ClientArgs, config: &Config) -> Result<Self> {
        let url = args.url.clone().unwrap_or_else(|| format!("http://{}", config.server.http));
        let default = config.secrets_dir().join("admin.token");
        let file = args.token_file.as_deref().unwrap_or(&default);
        Self::new(&url, read_token(file)?)
    }

    /// Returns what `GET path` answers.
    pub(crate) async fn get(&self, path: &str) -> Result<Value, ClientError> {
        self.send(self.http.get(self.address(path))).await
    }

    /// Returns what `GET path` answers to a query.
    pub(crate) async fn get_with(&self, path: &str, query: &[(&str, &str)]) -> Result<Value> {
        let address = reqwest::Url::parse_with_params(&self.address(path), query).context("not an address")?;
        Ok(self.send(self.http.get(address)).await?)
    }

    /// Returns what `PUT path` answers to a JSON body.
    pub(crate) async fn put(&self, path: &str, body: &Value) -> Result<Value, ClientError> {
        self.send(self.http.put(self.address(path)).json(body)).await
    }

    /// Returns what `POST path` answers to a JSON body that takes time to answer.
    pub(crate) async fn post_json(&self, path: &str, body: &Value) -> Result<Value, ClientError> {
        self.send(self.http.post(self.address(path)).json(body).timeout(SIMULATION_TIMEOUT)).await
    }

    /// Returns what `POST path` answers to a body of another type.
    pub(crate) async fn post(&self, path: &str, media_type: &str, body: Vec<u8>) -> Result<Value, ClientError> {
        self.send(self.http.post(self.address(path)).header("content-type", media_type).body(body)).await
    }

    /// Hands over each line that `GET path` answers, as it comes.
    pub(crate) async fn get_lines(&self, path: &str, mut line: impl FnMut(&str)) -> Result<(), ClientError> {
        let away = |source| ClientError::Away { url: self.url.clone(), source };
        let request = self.http.get(self.address(path)).bearer_auth(&self.token).timeout(LINES_TIMEOUT);
        let mut answer = request.send().await.map_err(away)?;
        if !answer.status().is_success() {
            return self.read(answer).await.map(drop);
        }
        let mut rest = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(away)? {
            rest.extend_from_slice(&chunk);
            while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
                let whole: Vec<u8> = rest.drain(..=end).collect();
                line(String::from_utf8_lossy(&whole).trim_end());
            }
        }
        Ok(())
    }

    fn address(&self, path: &str) -> String {
        format!("{}/api/v1{path}", self.url)
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Value, ClientError> {
        let away = |source| ClientError::Away { url: self.url.clone(), source };
        self.read(request.bearer_auth(&self.token).send().await.map_err(away)?).await
    }

    async fn read(&self, answer: reqwest::Response) -> Result<Value, ClientError> {
        let away = |source| ClientError::Away { url: self.url.clone(), source };
        let status = answer.status();
        let text = answer.text().await.map_err(away)?;
        let value = serde_json::from_str(&text).unwrap_or(Value::String(text));
        if status.is_success() {
            Ok(value)
        } else {
            Err(ClientError::Refused { status: status.as_u16(), problem: value })
        }
    }
}

fn read_token(file: &Path) -> Result<String> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        anyhow!(
            "the API key {} cannot be read ({error}): name it with --token-file, or the data folder with --data",
            file.display()
        )
    })?;
    Ok(text.trim().to_owned())
}
