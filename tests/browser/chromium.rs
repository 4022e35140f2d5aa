//! Chromium and its driver, each in a folder that goes with the test.

use std::time::Duration;

use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder};
use guichet_tests::{PATIENCE, Process};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::{ParseError, Url};

/// How long one look at a driver that starts may take.
const STATUS_TIMEOUT: Duration = Duration::from_secs(2);
/// No window; no sandbox, which needs rights that a container does not give; no shared memory, which containers keep
/// small. A page that scrolls softly moves away under a click. Over the pipe, the browser ends as soon as its driver does, however that ends.
const ARGUMENTS: [&str; 7] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--force-prefers-reduced-motion",
    "--lang=fr",
    "--remote-debugging-pipe",
];

/// A running browser.
#[derive(Debug)]
pub(crate) struct Chromium {
    /// The session.
    pub(crate) client: Client,
    // Dropped before the folder: its end is the end of the browser.
    _driver: Process,
    _folder: TempDir,
}

impl Chromium {
    /// Starts the driver on a free port, and the browser.
    pub(crate) async fn start() -> Self {
        let folder = guichet_testkit::temp_dir();
        let port = guichet_testkit::free_port();
        let arguments = vec![format!("--port={port}")];
        let log = folder.path().join("chromedriver.log");
        let driver = Process::start_program(guichet_testkit::chromedriver(), arguments, &log);
        let url = format!("http://127.0.0.1:{port}");
        let http = guichet_tests::http_client(STATUS_TIMEOUT);
        guichet_testkit::wait_until(PATIENCE, async || {
            http.get(format!("{url}/status")).send().await.is_ok_and(|answer| answer.status().is_success())
        })
        .await;
        let mut arguments = ARGUMENTS.map(str::to_owned).to_vec();
        arguments.push(format!("--user-data-dir={}", folder.path().join("profile").display()));
        let options = json!({"binary": guichet_testkit::chromium(), "args": arguments});
        let capabilities = Capabilities::from_iter([("goog:chromeOptions".to_owned(), options)]);
        let client = ClientBuilder::new(HttpConnector::new()).capabilities(capabilities).connect(&url).await;
        Self { client: client.expect("the browser starts"), _driver: driver, _folder: folder }
    }

    /// Gives a command of the developer tools, which know more than the driver's standard, and returns its result.
    pub(crate) async fn command(&self, method: &'static str, params: Value) -> Value {
        let command = DevTools { method, params };
        self.client.issue_cmd(command).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }
}

/// A command of the developer tools.
#[derive(Debug)]
struct DevTools {
    method: &'static str,
    params: Value,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, ParseError> {
        base_url.join(&format!("session/{}/goog/cdp/execute", session_id.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({"cmd": self.method, "params": self.params}).to_string()))
    }
}
