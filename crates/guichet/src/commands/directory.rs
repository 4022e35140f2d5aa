//! `guichet directory check|import|export`: the authorities' folder.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use guichet_directory::{Bundle, Loaded, Severity, Sheet, Text};
use guichet_events::Directory;
use serde_json::{Value, json};

use crate::cli::DirectoryAction;
use crate::client::Client;
use crate::config::Config;

/// How a folder is published.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Everybody's password is `demo` and everybody is present.
    pub(crate) demo: bool,
}

/// Runs one of the actions.
pub(crate) async fn run(action: DirectoryAction, config: &Config) -> Result<ExitCode> {
    match action {
        DirectoryAction::Check { folder } => {
            let loaded = guichet_directory::load(&folder);
            Ok(if report(&loaded) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        DirectoryAction::Import { folder, demo, client } => {
            let loaded = guichet_directory::load(&folder);
            if !report(&loaded) {
                bail!("nothing was published: correct the errors above first");
            }
            let client = Client::from_args(&client, config)?;
            publish(&client, &loaded.bundles, Options { demo }).await?;
            println!("{} authorities published", loaded.bundles.len());
            Ok(ExitCode::SUCCESS)
        }
        DirectoryAction::Export { folder, client } => {
            let published = Client::from_args(&client, config)?.get("/directory").await?;
            write(&folder, &bundles(&published)?)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Prints every remark; returns whether the folder may be published.
fn report(loaded: &Loaded) -> bool {
    for diagnostic in &loaded.diagnostics {
        println!("{diagnostic}");
    }
    let errors = loaded.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
    println!("{} authorities, {errors} errors, {} remarks", loaded.bundles.len(), loaded.diagnostics.len() - errors);
    errors == 0 && !loaded.bundles.is_empty()
}

/// Publishes authorities through the gateway: texts go to notification, sheets to knowledge, the rest to routing.
pub(crate) async fn publish(client: &Client, bundles: &[Bundle], options: Options) -> Result<()> {
    let directories: Vec<Value> =
        bundles.iter().map(|bundle| serde_json::to_value(&bundle.directory)).collect::<Result<_, _>>()?;
    let code = |bundle: &Bundle| bundle.directory.authority.code.clone();
    let texts: BTreeMap<String, Vec<Value>> =
        bundles.iter().map(|bundle| (code(bundle), bundle.texts.iter().map(text_json).collect())).collect();
    let sheets: BTreeMap<String, Vec<Value>> =
        bundles.iter().map(|bundle| (code(bundle), bundle.sheets.iter().map(sheet_json).collect())).collect();
    let logins = bundles.iter().flat_map(|bundle| bundle.directory.agents.keys());
    let passwords: BTreeMap<&String, &str> =
        if options.demo { logins.map(|login| (login, "demo")).collect() } else { BTreeMap::new() };
    let body = json!({
        "directories": directories, "texts": texts, "sheets": sheets,
        "passwords": passwords, "everyone_present": options.demo,
    });
    client.put("/directory", &body).await?;
    Ok(())
}

fn text_json(text: &Text) -> Value {
    json!({
        "name": text.name, "medium": text.medium, "language": text.language,
        "subject": text.subject, "body": text.body,
    })
}

fn sheet_json(sheet: &Sheet) -> Value {
    json!({
        "external_id": sheet.external_id, "title": sheet.title, "markdown": sheet.markdown,
        "agents_markdown": sheet.agents_markdown, "procedure": sheet.procedure, "keywords": sheet.keywords,
    })
}

/// Reads back what the gateway holds.
fn bundles(published: &Value) -> Result<Vec<Bundle>> {
    let directories: Vec<Directory> =
        serde_json::from_value(published["directories"].clone()).context("the gateway's directories cannot be read")?;
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let list = |part: &str, code: &str| published[part][code].as_array().cloned().unwrap_or_default();
    let bundle = |directory: Directory| {
        let code = directory.authority.code.clone();
        let read_text = |value: &Value| Text {
            name: text(value, "name"),
            medium: text(value, "medium"),
            language: text(value, "language"),
            subject: text(value, "subject"),
            body: text(value, "body"),
        };
        let read_sheet = |value: &Value| Sheet {
            external_id: text(value, "external_id"),
            title: text(value, "title"),
            markdown: text(value, "markdown"),
            agents_markdown: text(value, "agents_markdown"),
            procedure: text(value, "procedure"),
            keywords: value["keywords"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
        };
        let texts = list("texts", &code).iter().map(read_text).collect();
        let sheets = list("sheets", &code).iter().map(read_sheet).collect();
        Bundle { directory, texts, sheets }
    };
    Ok(directories.into_iter().map(bundle).collect())
}

fn write(folder: &Path, bundles: &[Bundle]) -> Result<()> {
    if folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("{} is not empty: name another folder", folder.display());
    }
    let files = guichet_directory::export(bundles);
    for (name, text) in &files {
        let file = folder.join(name);
        if let Some(parent) = file.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&file, text).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    println!("{} authorities written as {} files", bundles.len(), files.len());
    Ok(())
}
