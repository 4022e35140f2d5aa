//! Asking the index: every word of the query may match, in any field; rare words and whole matches count more.

use std::collections::HashSet;
use std::sync::Arc;

use guichet_core::id::AuthorityId;
use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, BoostQuery, ConstScoreQuery, Occur, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocAddress, DocId, Score, Searcher, SegmentReader, Term};

use super::{Error, Hit, SearchIndex, spelling, synonyms};
use crate::domain::analyser::query_tokens;

/// Most different words of a query that are looked for: a whole e-mail may be given as the query.
const QUERY_WORDS_MAX: usize = 48;
/// Hits a suggestion chooses from.
const CANDIDATES_MAX: usize = 50;
/// Share of the best score below which a sheet of another procedure is not worth an agent's look.
const SUGGESTION_SHARE_MIN: f64 = 0.3;
/// Most words of a query that are looked for in other spellings: each reads a part of the dictionary.
const RESPELLED_MAX: usize = 8;

/// What to look for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Search<'a> {
    /// As typed.
    pub text: &'a str,
    /// Only this authority's sheets; `None` = all.
    pub authority_id: Option<AuthorityId>,
    /// Look into the parts kept for agents too.
    pub agents: bool,
    /// Most hits returned.
    pub limit: usize,
}

/// How much a match counts. Chosen on 110 public questions over the 4,433 national sheets (`examples/recall.rs`), in the
/// middle of a plateau: halving or doubling any of them loses one to four questions.
struct Weights {
    /// A word of the title.
    title: f32,
    /// A word of the keywords or of the procedure's name.
    keywords: f32,
    /// A word of the first paragraph or of a heading.
    lead: f32,
    /// A word of the text.
    body: f32,
    /// A word of the part kept for agents.
    agents: f32,
    /// Having the word at all, times its rarity: two words once beat one word twice.
    coverage: f32,
    /// A word that people use for one of the query.
    synonym: f32,
    /// A word one slip away from one that no sheet has.
    spelling: f32,
}

const WEIGHTS: Weights = Weights {
    title: 1.5,
    keywords: 1.5,
    lead: 1.0,
    body: 1.0,
    agents: 0.8,
    coverage: 0.5,
    synonym: 0.2,
    spelling: 0.5,
};

type Clauses = Vec<(Occur, Box<dyn Query>)>;

impl SearchIndex {
    /// Returns the sheets that answer best, best first; none when the query says nothing.
    pub fn search(&self, search: &Search<'_>) -> Result<Vec<Hit>, Error> {
        let stems = stems(search.text);
        if stems.is_empty() || search.limit == 0 || self.is_empty() {
            return Ok(Vec::new());
        }
        let searcher = self.reader.searcher();
        let clauses = self.clauses(&searcher, &stems, search.agents)?;
        if clauses.is_empty() {
            return Ok(Vec::new());
        }
        let query = self.within(search.authority_id, Box::new(BooleanQuery::new(clauses)));
        let substance = Arc::clone(&self.substance);
        let collector = TopDocs::with_limit(search.limit).tweak_score(move |_: &SegmentReader| {
            let substance = Arc::clone(&substance);
            move |document: DocId, score: Score| score * substance[document as usize]
        });
        let found = searcher.search(&query, &collector)?;
        let hit = |(score, address): (Score, DocAddress)| Hit {
            sheet_id: self.entries[address.doc_id as usize].sheet_id,
            score: f64::from(score),
        };
        Ok(found.into_iter().map(hit).collect())
    }

    /// Returns the sheets that help with an open request: those of its procedure, best first, then others that answer
    /// its text well.
    pub fn suggest(&self, search: &Search<'_>, procedure: &str) -> Result<Vec<Hit>, Error> {
        let hits = self.search(&Search { limit: CANDIDATES_MAX.max(search.limit), ..*search })?;
        let best = hits.first().map_or(0.0, |hit| hit.score);
        let own: Vec<_> = self
            .entries
            .iter()
            .filter(|entry| !procedure.is_empty() && entry.procedure == procedure)
            .filter(|entry| search.authority_id.is_none_or(|authority_id| entry.authority_id == authority_id))
            .map(|entry| entry.sheet_id)
            .collect();
        let mut suggested: Vec<Hit> = hits.iter().filter(|hit| own.contains(&hit.sheet_id)).cloned().collect();
        let found: HashSet<_> = suggested.iter().map(|hit| hit.sheet_id).collect();
        suggested.extend(own.iter().filter(|id| !found.contains(id)).map(|&sheet_id| Hit { sheet_id, score: 0.0 }));
        let others = hits.into_iter().filter(|hit| !own.contains(&hit.sheet_id));
        suggested.extend(others.filter(|hit| hit.score >= best * SUGGESTION_SHARE_MIN));
        suggested.truncate(search.limit);
        Ok(suggested)
    }

    /// Returns what may match, and how much each match counts.
    fn clauses(&self, searcher: &Searcher, stems: &[String], agents: bool) -> Result<Clauses, Error> {
        let fields = self.searched_fields(agents);
        let mut clauses = Clauses::new();
        let mut unknown = Vec::new();
        for stem in stems {
            if !add_word(searcher, stem, &fields, 1.0, &mut clauses)? {
                unknown.push(stem);
            }
        }
        for stem in unknown.into_iter().take(RESPELLED_MAX) {
            for close in spelling::close_stems(searcher, stem, &fields)? {
                add_word(searcher, &close, &fields, WEIGHTS.spelling, &mut clauses)?;
            }
        }
        for (stem, share) in synonyms::other_ways(stems) {
            add_word(searcher, &stem, &fields, share * WEIGHTS.synonym, &mut clauses)?;
        }
        Ok(clauses)
    }

    fn searched_fields(&self, agents: bool) -> Vec<(Field, f32)> {
        let fields = &self.fields;
        let mut searched = vec![
            (fields.title, WEIGHTS.title),
            (fields.keywords, WEIGHTS.keywords),
            (fields.lead, WEIGHTS.lead),
            (fields.body, WEIGHTS.body),
        ];
        if agents {
            searched.push((fields.agents, WEIGHTS.agents));
        }
        searched
    }

    /// Limits a query to one authority, without touching its scores.
    fn within(&self, authority_id: Option<AuthorityId>, query: Box<dyn Query>) -> Box<dyn Query> {
        let Some(authority_id) = authority_id else { return query };
        let term = Term::from_field_text(self.fields.authority, &authority_id.to_string());
        let only = ConstScoreQuery::new(Box::new(TermQuery::new(term, IndexRecordOption::Basic)), 0.0);
        Box::new(BooleanQuery::new(vec![(Occur::Must, query), (Occur::Must, Box::new(only))]))
    }
}

/// Returns the different stems of a query, in their order.
fn stems(text: &str) -> Vec<String> {
    let mut seen = HashSet::new();
    let stems = query_tokens(text).into_iter().map(|token| token.stem);
    stems.filter(|stem| seen.insert(stem.clone())).take(QUERY_WORDS_MAX).collect()
}

/// Adds the clauses of one word; returns whether any sheet has it.
fn add_word(
    searcher: &Searcher,
    stem: &str,
    fields: &[(Field, f32)],
    share: f32,
    clauses: &mut Clauses,
) -> Result<bool, Error> {
    let mut anywhere = Clauses::new();
    let mut sheets = 0;
    for &(field, weight) in fields {
        let term = Term::from_field_text(field, stem);
        let frequency = searcher.doc_freq(&term)?;
        if frequency == 0 {
            continue;
        }
        sheets = sheets.max(frequency);
        let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
        clauses.push((Occur::Should, Box::new(BoostQuery::new(Box::new(query.clone()), weight * share))));
        anywhere.push((Occur::Should, Box::new(query)));
    }
    if anywhere.is_empty() {
        return Ok(false);
    }
    let (all, having) = (searcher.num_docs() as f32, sheets as f32);
    let rarity = ((all - having + 0.5) / (having + 0.5)).ln_1p();
    let once = ConstScoreQuery::new(Box::new(BooleanQuery::new(anywhere)), WEIGHTS.coverage * rarity * share);
    clauses.push((Occur::Should, Box::new(once)));
    Ok(true)
}
