//! Measures the search on questions whose answers are known, and how long it takes:
//! `cargo run --release -p guichet-knowledge --example recall -- fiches.jsonl retrieval.jsonl [--misses]`.
//!
//! Sheets are JSON lines with `id`, `title`, `intro` and `text`; questions with `query` and `gold`, the ids that should
//! come up.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use guichet_core::Timestamp;
use guichet_core::id::{AuthorityId, SheetId};
use guichet_knowledge::domain::search::{Builder, IndexedSheet, Search, SearchIndex};
use guichet_knowledge::domain::sheet::{Sheet, Source};
use serde_json::Value;

type BoxError = Box<dyn std::error::Error>;

/// How many sheets a person looks at.
const SHOWN: usize = 5;
const AUTHORITY: &str = "national";

fn main() -> Result<(), BoxError> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [sheets, questions, options @ ..] = args.as_slice() else {
        return Err("give a file of sheets and a file of questions".into());
    };
    let (index, names) = build(&lines(sheets)?)?;
    let mut times = Vec::new();
    let (mut found, mut first, mut all) = (0, 0, 0);
    for question in lines(questions)? {
        let text = text(&question, "query");
        let gold: Vec<&str> = question["gold"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let started = Instant::now();
        let hits = index.search(&Search { text, limit: SHOWN, ..Search::default() })?;
        times.push(started.elapsed());
        let shown: Vec<&str> = hits.iter().map(|hit| names[&hit.sheet_id].as_str()).collect();
        all += 1;
        first += usize::from(shown.first().is_some_and(|id| gold.contains(id)));
        if shown.iter().any(|id| gold.contains(id)) {
            found += 1;
        } else if options.iter().any(|option| option == "--misses") {
            println!("missed: {text} (wanted {gold:?}, found {shown:?})");
        }
    }
    println!("{found} of {all} questions have a right sheet in the first {SHOWN}, {first} in the first place");
    report(times);
    Ok(())
}

fn lines(path: &str) -> Result<Vec<Value>, BoxError> {
    std::fs::read_to_string(path)?.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn build(sheets: &[Value]) -> Result<(SearchIndex, BTreeMap<SheetId, String>), BoxError> {
    let started = Instant::now();
    let mut builder = Builder::new()?;
    let mut names = BTreeMap::new();
    for value in sheets {
        let id = SheetId::of_external_id(AUTHORITY, text(value, "id"));
        let paragraphs: Vec<&str> = text(value, "intro").lines().chain(text(value, "text").lines()).collect();
        let source = Source {
            external_id: text(value, "id").to_owned(),
            title: text(value, "title").to_owned(),
            markdown: paragraphs.join("\n\n"),
            ..Source::default()
        };
        let authority_id = AuthorityId::of_code(AUTHORITY);
        let sheet = Sheet { id, authority_id, source, version: 1, published_at: Timestamp::default() };
        builder.add(IndexedSheet { sheet: &sheet, procedure_name: "" })?;
        names.insert(id, text(value, "id").to_owned());
    }
    let index = builder.finish()?;
    println!("{} sheets indexed in {:?}", index.len(), started.elapsed());
    Ok((index, names))
}

fn report(mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: usize| times.get((times.len() * share / 100).min(times.len().saturating_sub(1))).copied();
    println!("search time p50 {:?}, p99 {:?}", at(50).unwrap_or_default(), at(99).unwrap_or_default());
}
