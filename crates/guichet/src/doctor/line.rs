//! What was seen of one neighbour, for a person and for a program.

use serde_json::{Value, json};

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    Ok,
    Warning,
    Failure,
}

impl Mark {
    const fn french(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "ATTENTION",
            Self::Failure => "ÉCHEC",
        }
    }

    const fn code(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failure => "failure",
        }
    }
}

/// One thing seen.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) mark: Mark,
    subject: String,
    seen: String,
    /// The page that says more, and what to do in one sentence.
    trouble: Option<(&'static str, String)>,
}

impl Line {
    pub(super) fn ok(subject: impl Into<String>, seen: impl Into<String>) -> Self {
        Self { mark: Mark::Ok, subject: subject.into(), seen: seen.into(), trouble: None }
    }

    pub(super) fn warning(
        subject: impl Into<String>,
        seen: impl Into<String>,
        code: &'static str,
        advice: impl Into<String>,
    ) -> Self {
        let trouble = Some((code, advice.into()));
        Self { mark: Mark::Warning, subject: subject.into(), seen: seen.into(), trouble }
    }

    pub(super) fn failure(
        subject: impl Into<String>,
        seen: impl Into<String>,
        code: &'static str,
        advice: impl Into<String>,
    ) -> Self {
        Self { mark: Mark::Failure, ..Self::warning(subject, seen, code, advice) }
    }

    fn to_text(&self) -> String {
        let first = format!("{:<9}  {} : {}\n", self.mark.french(), self.subject, self.seen);
        match &self.trouble {
            None => first,
            Some((code, advice)) => format!("{first}{:11}→ {advice} ({code})\n", ""),
        }
    }

    fn to_json(&self) -> Value {
        let (code, advice) = self.trouble.as_ref().map_or((None, None), |(code, advice)| (Some(code), Some(advice)));
        json!({ "subject": self.subject, "status": self.mark.code(), "seen": self.seen, "code": code, "advice": advice })
    }
}

/// Everything seen.
#[derive(Clone, Debug)]
pub(super) struct Report(pub(super) Vec<Line>);

impl Report {
    pub(super) fn worst(&self) -> Mark {
        self.0.iter().map(|line| line.mark).max().unwrap_or(Mark::Ok)
    }

    fn count(&self, mark: Mark) -> usize {
        self.0.iter().filter(|line| line.mark == mark).count()
    }

    pub(super) fn to_text(&self) -> String {
        let lines: String = self.0.iter().map(Line::to_text).collect();
        let [ok, warnings, failures] = [Mark::Ok, Mark::Warning, Mark::Failure].map(|mark| self.count(mark));
        let plural = |count: usize, one: &str, more: &str| format!("{count} {}", if count < 2 { one } else { more });
        format!(
            "{lines}\n{} : {ok} OK, {}, {}.\n",
            plural(self.0.len(), "contrôle", "contrôles"),
            plural(warnings, "avertissement", "avertissements"),
            plural(failures, "échec", "échecs")
        )
    }

    pub(super) fn to_json(&self) -> Value {
        let checks: Vec<Value> = self.0.iter().map(Line::to_json).collect();
        json!({ "status": self.worst().code(), "checks": checks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_comes_with_what_to_do_and_the_page_that_says_more() {
        let lines = vec![
            Line::ok("base de données (intake)", "PostgreSQL 15.8"),
            Line::failure("Redis", "ne répond pas", "GU-DOC-020", "Démarrez Redis."),
        ];
        let report = Report(lines);
        let told = "OK         base de données (intake) : PostgreSQL 15.8\nÉCHEC      Redis : ne répond pas\n           \
                    → Démarrez Redis. (GU-DOC-020)\n\n2 contrôles : 1 OK, 0 avertissement, 1 échec.\n";
        assert_eq!(report.to_text(), told);
        assert_eq!(report.to_json()["status"], "failure");
        assert_eq!(report.to_json()["checks"][0]["code"], Value::Null);
    }

    #[test]
    fn a_warning_is_no_failure() {
        let report = Report(vec![Line::warning("Redis", "évince", "GU-DOC-022", "Réglez-le.")]);
        assert_eq!(
            (report.worst(), report.to_json()["checks"][0]["status"].as_str()),
            (Mark::Warning, Some("warning"))
        );
    }
}
