//! The configuration: defaults < file < `GUICHET_<SECTION>__<KEY>` < `--set`. Each crate owns its section; an unknown
//! key is refused with the nearest right name. Any text key may be given as `<key>_file`, read from that file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use guichet_bus::BusOptions;
use guichet_intake::BlobPlace;
use guichet_rpc::SettingFile;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::cli::ConfigArgs;

/// File read when none is named.
const DEFAULT_FILE: &str = "guichet.toml";
/// Prefix of environment variables that are settings.
const ENV_PREFIX: &str = "GUICHET_";
/// Variables of the command line, not settings.
const ENV_OTHERS: [&str; 2] = ["GUICHET_CONFIG", "GUICHET_URL"];

/// Everything that can be set.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) server: Server,
    pub(crate) data: Data,
    pub(crate) storage: Storage,
    pub(crate) bus: Bus,
    pub(crate) blobs: Blobs,
    pub(crate) secrets: Secrets,
    pub(crate) peers: PeerAddresses,
    pub(crate) tls: TlsSection,
    pub(crate) demo: Demo,
    pub(crate) telemetry: Telemetry,
    pub(crate) gateway: guichet_gateway::Config,
    pub(crate) intake: guichet_intake::Config,
    pub(crate) routing: guichet_routing::Config,
    pub(crate) notification: guichet_notification::Config,
    pub(crate) knowledge: guichet_knowledge::Config,
    /// Files that hold settings, by the setting: `storage.url`.
    #[serde(skip)]
    pub(crate) files: BTreeMap<String, PathBuf>,
}

/// `[server]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Server {
    /// Where pages, REST, health and metrics listen.
    pub(crate) http: String,
    /// Where gRPC listens.
    pub(crate) grpc: String,
    /// Where health and metrics listen instead of with the pages, gRPC health included; with the pages when empty.
    pub(crate) health: String,
    /// Seconds for which a process told to stop still serves and says that it is leaving, so that callers go elsewhere.
    pub(crate) leave_seconds: u32,
    /// Address people type; `http://` and the address of `http` when empty.
    pub(crate) public_url: String,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            http: "127.0.0.1:8080".to_owned(),
            grpc: "127.0.0.1:8090".to_owned(),
            health: String::new(),
            leave_seconds: 1,
            public_url: String::new(),
        }
    }
}

/// `[data]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Data {
    /// Folder of everything that is kept, one product a folder.
    pub(crate) dir: PathBuf,
}

impl Default for Data {
    fn default() -> Self {
        Self { dir: PathBuf::from("data") }
    }
}

/// `[storage]`
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Storage {
    /// `sqlite:FOLDER` or `postgres://…`; SQLite in the data folder when empty.
    pub(crate) url: String,
    /// Connections to PostgreSQL for each service; 8 when 0.
    pub(crate) connections: u32,
    /// `session`, or `transaction` when `url` is a pooler in transaction mode.
    pub(crate) pooling: PoolingMode,
    /// PostgreSQL itself, for `guichet migrate`, when `url` is a pooler; `url` when empty.
    pub(crate) session_url: String,
}

/// Whose the sessions of PostgreSQL are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PoolingMode {
    /// A connection's own.
    #[default]
    Session,
    /// Lent for a transaction.
    Transaction,
}

impl std::fmt::Debug for Storage {
    /// Leaves the password out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Storage")
    }
}

/// `[bus]`
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Bus {
    /// `memory:`, `redis://…`, `rediss://…` with TLS, `redis+sentinel://host1,host2/primary` or `rediss+sentinel://…`.
    pub(crate) url: String,
    /// PEM file with the authority that signs Redis's certificate; the machine's authorities when empty.
    pub(crate) ca: PathBuf,
}

impl std::fmt::Debug for Bus {
    /// Leaves the password out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bus")
    }
}

impl Default for Bus {
    fn default() -> Self {
        Self { url: "memory:".to_owned(), ca: PathBuf::new() }
    }
}

/// `[blobs]`
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Blobs {
    /// Where raw mail and attachments are kept: `file:FOLDER`, or `database:` for intake's own. Empty: the database where it is
    /// PostgreSQL, which every process reaches; else `blobs` in the data folder.
    pub(crate) url: String,
}

/// `[secrets]`
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Secrets {
    /// Folder of the keys, shared by every process; `secrets` in the data folder when empty.
    pub(crate) dir: PathBuf,
}

/// `[peers]`: addresses of the services that run elsewhere.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PeerAddresses {
    pub(crate) intake: String,
    pub(crate) routing: String,
    pub(crate) notification: String,
    pub(crate) knowledge: String,
}

/// `[tls]`: certificates of gRPC between processes; none when empty, and peers are `http://`. With them the gRPC port asks for a
/// certificate, and peers are `https://`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TlsSection {
    /// PEM file with the certificate of this process: its names are its target (`intake`) and the host that peers call.
    pub(crate) cert: PathBuf,
    /// PEM file with its private key.
    pub(crate) key: PathBuf,
    /// PEM file with the authority of all certificates.
    pub(crate) ca: PathBuf,
}

impl TlsSection {
    /// Returns the files; `None` when there are no certificates.
    pub(crate) fn files(&self) -> Option<guichet_rpc::TlsFiles> {
        let (cert, key, ca) = (self.cert.clone(), self.key.clone(), self.ca.clone());
        let is_off = [&cert, &key, &ca].iter().all(|file| file.as_os_str().is_empty());
        (!is_off).then_some(guichet_rpc::TlsFiles { cert, key, ca })
    }
}

/// `[demo]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Demo {
    /// Put the demo town into a new data folder.
    pub(crate) enabled: bool,
    /// Agents may be offered work at any hour, for a demo that is looked at in the evening. Without the demo, what comes in
    /// writing is offered while the department in charge is open.
    pub(crate) always_open: bool,
}

impl Default for Demo {
    fn default() -> Self {
        Self { enabled: true, always_open: true }
    }
}

/// `[telemetry]`
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Telemetry {
    /// Address of an OTLP/gRPC collector; none when empty.
    pub(crate) otlp: String,
    /// Log directives, `info,guichet_intake=debug`.
    pub(crate) log: String,
    /// Log lines as JSON objects.
    pub(crate) json: bool,
}

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("GU-CFG-001: {file} cannot be read")]
    File { file: PathBuf, source: std::io::Error },
    #[error("GU-CFG-002: {file} is not TOML: {message}")]
    Syntax { file: PathBuf, message: String },
    #[error("GU-CFG-003: {message}{hint}")]
    Key { message: String, hint: String },
    #[error("GU-CFG-004: `{0}` is not a setting: write section.key=value")]
    Setting(String),
}

impl Config {
    /// Reads the configuration of a command line in this environment.
    pub(crate) fn load(args: &ConfigArgs) -> Result<Self, ConfigError> {
        let mut table = read_file(args.config.as_deref())?;
        for (name, value) in std::env::vars() {
            if let Some(rest) = name.strip_prefix(ENV_PREFIX).filter(|_| !ENV_OTHERS.contains(&name.as_str())) {
                set(&mut table, &rest.to_lowercase().split("__").collect::<Vec<_>>(), &value);
            }
        }
        for setting in &args.settings {
            let (path, value) = setting.split_once('=').ok_or_else(|| ConfigError::Setting(setting.clone()))?;
            set(&mut table, &path.split('.').collect::<Vec<_>>(), value);
        }
        if let Some(dir) = &args.data {
            set(&mut table, &["data", "dir"], &dir.display().to_string());
        }
        let files = read_secret_files(&mut table)?;
        Ok(Self { files, ..Self::parse(table)? })
    }

    fn parse(table: Table) -> Result<Self, ConfigError> {
        Self::deserialize(Value::Table(table)).map_err(|error| {
            let message = error.message().to_owned();
            let hint = hint(&message);
            ConfigError::Key { message: error.to_string().trim().replace('\n', " "), hint }
        })
    }

    /// Returns where the SQLite files or the PostgreSQL database are.
    pub(crate) fn storage_url(&self) -> String {
        if self.storage.url.is_empty() {
            return format!("sqlite:{}", self.data.dir.display());
        }
        self.storage.url.clone()
    }

    /// Returns whether everything is kept in the data folder.
    pub(crate) fn is_embedded(&self) -> bool {
        self.storage_url().starts_with("sqlite:")
    }

    /// Returns the file that a setting was read from, to be followed.
    pub(crate) fn setting_file(&self, setting: &str, in_use: &str) -> Option<SettingFile> {
        let path = self.files.get(setting)?.clone();
        Some(SettingFile { path, in_use: in_use.to_owned() })
    }

    /// Returns how the bus is opened.
    pub(crate) fn bus_options(&self) -> Result<BusOptions, ConfigError> {
        let file = &self.bus.ca;
        let read = || std::fs::read(file).map_err(|source| ConfigError::File { file: file.clone(), source });
        let authority = (!file.as_os_str().is_empty()).then(read).transpose()?;
        Ok(BusOptions { url: self.bus.url.clone(), authority })
    }

    /// Returns where raw mail and attachments are kept; `None` when `[blobs] url` is no such place.
    pub(crate) fn blob_place(&self) -> Option<BlobPlace> {
        match self.blobs.url.as_str() {
            "" if self.is_embedded() => Some(BlobPlace::Folder(self.data.dir.join("blobs"))),
            "" | "database:" => Some(BlobPlace::Database),
            url => url.strip_prefix("file:").filter(|folder| !folder.is_empty()).map(|it| BlobPlace::Folder(it.into())),
        }
    }

    /// Returns the folder that an earlier release kept blobs in where nobody said where, and that would now be forgotten.
    pub(crate) fn left_blobs(&self) -> Option<PathBuf> {
        let folder = self.data.dir.join("blobs");
        let is_said = self.is_embedded() || !self.blobs.url.is_empty();
        (!is_said && folder.is_dir()).then_some(folder)
    }

    /// Returns the folder of the keys.
    pub(crate) fn secrets_dir(&self) -> PathBuf {
        if self.secrets.dir.as_os_str().is_empty() { self.data.dir.join("secrets") } else { self.secrets.dir.clone() }
    }

    /// Returns the address people type.
    pub(crate) fn public_url(&self) -> String {
        if self.server.public_url.is_empty() {
            format!("http://{}", self.server.http)
        } else {
            self.server.public_url.clone()
        }
    }
}

fn read_file(named: Option<&Path>) -> Result<Table, ConfigError> {
    let file = named.unwrap_or(Path::new(DEFAULT_FILE)).to_owned();
    if named.is_none() && !file.exists() {
        return Ok(Table::new());
    }
    let text = std::fs::read_to_string(&file).map_err(|source| ConfigError::File { file: file.clone(), source })?;
    text.parse().map_err(|error: toml::de::Error| ConfigError::Syntax {
        file,
        message: error.to_string().trim().replace('\n', " "),
    })
}

/// Sets `path` to what `value` reads as: a TOML number, truth or list, else a text.
fn set(table: &mut Table, path: &[&str], value: &str) {
    let [key] = path else {
        let Some((section, rest)) = path.split_first() else { return };
        let inner = table.entry((*section).to_owned()).or_insert_with(|| Value::Table(Table::new()));
        if let Value::Table(inner) = inner {
            set(inner, rest, value);
        }
        return;
    };
    let read = format!("value = {value}").parse::<Table>().ok().and_then(|mut parsed| parsed.remove("value"));
    let read = read.filter(|read| !matches!(read, Value::String(_) | Value::Datetime(_)));
    table.insert((*key).to_owned(), read.unwrap_or_else(|| Value::String(value.to_owned())));
}

/// Replaces every `<key>_file` by `<key>`, read from that file, and returns the files by the setting they hold.
fn read_secret_files(table: &mut Table) -> Result<BTreeMap<String, PathBuf>, ConfigError> {
    let keys: Vec<String> = table.keys().filter(|key| key.ends_with("_file")).cloned().collect();
    let mut files = BTreeMap::new();
    for key in keys {
        let Some(Value::String(file)) = table.remove(&key) else { continue };
        let file = PathBuf::from(file);
        let name = key.trim_end_matches("_file").to_owned();
        table.insert(name.clone(), Value::String(read_setting(&file)?));
        files.insert(name, file);
    }
    for (section, value) in table.iter_mut() {
        if let Value::Table(inner) = value {
            files.extend(read_secret_files(inner)?.into_iter().map(|(key, file)| (format!("{section}.{key}"), file)));
        }
    }
    Ok(files)
}

/// Returns the text of a file without its last line end.
pub(crate) fn read_setting(file: &Path) -> Result<String, ConfigError> {
    let text = std::fs::read_to_string(file).map_err(|source| ConfigError::File { file: file.to_owned(), source })?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// Returns « , did you mean `http`? » for a message that names an unknown key and the known ones.
fn hint(message: &str) -> String {
    const CLOSE_ENOUGH: f64 = 0.6;
    let mut quoted = message.split('`').skip(1).step_by(2);
    if !message.contains("unknown field") {
        return String::new();
    }
    let Some(unknown) = quoted.next() else { return String::new() };
    quoted
        .map(|known| (strsim::jaro_winkler(unknown, known), known))
        .filter(|(likeness, _)| *likeness >= CLOSE_ENOUGH)
        .max_by(|one, two| one.0.total_cmp(&two.0))
        .map_or_else(String::new, |(_, known)| format!(": did you mean `{known}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, ConfigError> {
        Config::parse(text.parse().expect("TOML"))
    }

    #[test]
    fn the_defaults_read_back_as_themselves() {
        let text = toml::to_string(&Config::default()).expect("defaults can be written");
        let read = parse(&text).expect("and read");
        assert_eq!(toml::to_string(&read).expect("again"), text);
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_nearest_right_name() {
        let error = parse("[server]\nhtpp = '127.0.0.1:1'").expect_err("refused").to_string();
        assert!(error.contains("htpp") && error.contains("did you mean `http`?"), "{error}");
        let error = parse("[intakes.smtp]\nlisten = ''").expect_err("refused").to_string();
        assert!(error.contains("did you mean `intake`?"), "{error}");
    }

    #[test]
    fn settings_are_read_as_what_they_look_like() {
        let mut table = Table::new();
        set(&mut table, &["demo", "enabled"], "false");
        set(&mut table, &["server", "http"], "127.0.0.1:9000");
        set(&mut table, &["storage", "connections"], "3");
        let config = Config::parse(table).expect("reads");
        assert_eq!(
            (config.demo.enabled, config.server.http.as_str(), config.storage.connections),
            (false, "127.0.0.1:9000", 3)
        );
    }

    #[test]
    fn a_secret_is_read_from_its_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("url");
        std::fs::write(&file, "postgres://u:p@db/x\n").expect("writes");
        let mut table: Table = format!("[storage]\nurl_file = '{}'", file.display()).parse().expect("TOML");
        let files = read_secret_files(&mut table).expect("reads");
        assert_eq!(files.get("storage.url"), Some(&file));
        assert_eq!(Config::parse(table).expect("reads").storage.url, "postgres://u:p@db/x");
    }
}
