//! One statement, usually the same text for both back-ends.

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use crate::{Args, Dialect, Value};

/// A statement: a constant of our code, never text from outside.
#[derive(Clone, Copy, Debug)]
pub struct Sql {
    sqlite: &'static str,
    postgres: &'static str,
}

impl Sql {
    /// Returns a statement that must differ between the back-ends.
    pub const fn by_dialect(sqlite: &'static str, postgres: &'static str) -> Self {
        Self { sqlite, postgres }
    }

    pub(crate) const fn text(self, dialect: Dialect) -> &'static str {
        match dialect {
            Dialect::Sqlite => self.sqlite,
            Dialect::Postgres => self.postgres,
        }
    }
}

impl From<&'static str> for Sql {
    fn from(text: &'static str) -> Self {
        Self { sqlite: text, postgres: text }
    }
}

/// The mark that [`expand_in`] replaces.
const IN_MARK: &str = "{in}";

/// Returns `sql` with its `{in}` replaced by as many placeholders as `list` has values, and all arguments in order.
pub(crate) fn expand_in(sql: &'static str, mut args: Args, list: Vec<Value>) -> (SqlStr, Args) {
    let first = args.len() + 1;
    let marks: Vec<String> = (first..first + list.len()).map(|position| format!("${position}")).collect();
    args.extend(list);
    (AssertSqlSafe(sql.replace(IN_MARK, &marks.join(", "))).into_sql_str(), args)
}
