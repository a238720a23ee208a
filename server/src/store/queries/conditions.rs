//! The conditions of a list: those that its filter gives, and no others, so that the engine can choose an index for them.

use std::fmt::Write;

use uuid::Uuid;

use super::kinds::{KindColumn, Kinds, OF_KIND};
use crate::store::{
    StoreError,
    connection::{Connection, Engine, Row, Value},
};

/// Conditions that all must hold. Their text comes from this program alone; what people ask for goes in as parameters.
#[derive(Debug)]
pub struct Conditions {
    engine: Engine,
    sql: String,
    /// What is asked of the kinds of requests.
    of_kinds: Kinds,
    values: Vec<Value>,
}

impl Conditions {
    pub fn new(engine: Engine) -> Self {
        Self { engine, sql: String::new(), of_kinds: Kinds::default(), values: Vec::new() }
    }

    /// One that needs no parameter.
    pub fn add(&mut self, condition: &str) {
        self.sql.push_str(if self.sql.is_empty() { " WHERE " } else { " AND " });
        self.sql.push_str(condition);
    }

    /// One with `{}` where its parameters go, in their order.
    pub fn bind<V: Into<Value>>(&mut self, condition: &str, parameters: impl IntoIterator<Item = V>) {
        let mut parts = condition.split("{}");
        self.add(parts.next().unwrap_or_default());
        for (part, parameter) in parts.zip(parameters) {
            self.values.push(parameter.into());
            // Writing to a string cannot fail.
            let _ = write!(self.sql, "${}{part}", self.values.len());
        }
    }

    /// That a request's method, tool or client, as the column says, is this one. On SQLite the kinds of requests are asked for it, or
    /// else, where another condition leaves fewer, the rows that those leave: not by the index of kinds, which `+` makes useless.
    pub fn of_kind(&mut self, column: KindColumn, value: &str, others_leave_fewer: bool) {
        let name = column.name();
        match self.engine {
            Engine::Sqlite if others_leave_fewer => self.bind(&format!("+{name} = {{}}"), [value]),
            Engine::Sqlite => {
                self.values.push(value.into());
                let parameter = Some(self.values.len());
                match column {
                    KindColumn::Method => self.of_kinds.method = parameter,
                    KindColumn::Tool => self.of_kinds.tool = parameter,
                    KindColumn::Client => self.of_kinds.client = parameter,
                }
            }
            Engine::Postgres => self.bind(&format!("{name} = {{}}"), [value]),
        }
    }

    /// How many requests match.
    pub async fn count_requests(&self, connection: &mut Connection<'_>) -> Result<u64, StoreError> {
        if self.of_kinds == Kinds::default() {
            return self.count("SELECT COUNT(*) FROM archon_mcp_requests", connection).await;
        }
        let (kinds, others) = (self.of_kinds.with(), self.sql.replacen(" WHERE", " AND", 1));
        let statement =
            format!("{kinds} SELECT COUNT(*) FROM kinds CROSS JOIN archon_mcp_requests ON {OF_KIND}{others}");
        connection.count(statement, self.values.clone()).await
    }

    /// The newest requests that match, at most so many.
    pub async fn newest_requests(
        self,
        columns: &str,
        most: usize,
        connection: &mut Connection<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        let newest = format!("ORDER BY request_place DESC LIMIT {most}");
        let Self { sql, of_kinds, values, .. } = self;
        let statement = if of_kinds == Kinds::default() {
            format!("SELECT {columns} FROM archon_mcp_requests{sql} {newest}")
        } else {
            // The newest of all are among the newest of each kind.
            let others = sql.replacen(" WHERE", " AND", 1);
            format!(
                "{} SELECT {columns} FROM kinds CROSS JOIN archon_mcp_requests AS one ON one.row_id IN (
                     SELECT row_id FROM archon_mcp_requests WHERE {OF_KIND}{others} {newest}
                 ) {newest}",
                of_kinds.with()
            )
        };
        connection.fetch_all(statement, values).await
    }

    /// That a request stands before the one of this id. Where that is gone, before where it stood.
    pub fn before(&mut self, id: Uuid) {
        let places = [Value::FirstPlace(id), Value::LastPlace(id), Value::Id(id), Value::FirstPlace(id)];
        match self.engine {
            Engine::Sqlite => self.bind(
                "row_id < COALESCE((
                     SELECT row_id FROM archon_mcp_requests WHERE row_id >= {} AND row_id <= {} AND id = {}
                     ORDER BY row_id LIMIT 1
                 ), {})",
                places,
            ),
            Engine::Postgres => self.bind("id < {}", [id]),
        }
    }

    /// That a column is one of what `select` gives of the rows that match, in the order and up to the limit that `tail` says.
    pub fn among(self, column: &str, select: &'static str, tail: &str) -> Self {
        Self { sql: format!(" WHERE {column} IN ({select}{} {tail})", self.sql), ..self }
    }

    /// That one of these columns contains a text, letter case ignored in every script.
    pub fn contains(&mut self, columns: &[&'static str], text: &str) {
        let (operator, pattern, escape) = match self.engine {
            Engine::Sqlite if text.is_ascii() => ("LIKE", like(text), r" ESCAPE '\'"),
            Engine::Sqlite => ("GLOB", glob(text), ""),
            Engine::Postgres => ("~", regular_expression(text), ""),
        };
        self.values.push(pattern.into());
        let number = self.values.len();
        let each: Vec<String> = columns.iter().map(|column| format!("{column} {operator} ${number}{escape}")).collect();
        self.add(&format!("({})", each.join(" OR ")));
    }

    /// How many rows match.
    pub async fn count(&self, select: &'static str, connection: &mut Connection<'_>) -> Result<u64, StoreError> {
        connection.count(format!("{select}{}", self.sql), self.values.clone()).await
    }

    /// The rows that match, in the order and up to the limit that `tail` says.
    pub async fn fetch(
        self,
        select: &'static str,
        tail: &str,
        connection: &mut Connection<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        connection.fetch_all(format!("{select}{} {tail}", self.sql), self.values).await
    }
}

/// A pattern for SQLite's `LIKE … ESCAPE '\'`, which matches what contains `text`, and ignores letter case for ASCII only.
pub fn like(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern + "%"
}

/// A pattern for `GLOB`, which takes twenty times as long as `LIKE` for sets of letters.
fn glob(text: &str) -> String {
    let escape = |letter| if matches!(letter, '*' | '?' | '[') { format!("[{letter}]") } else { letter.to_string() };
    format!("*{}*", pattern(text, escape))
}

/// The same for PostgreSQL, whose `ILIKE` knows the letters of the database's locale, which may be none but ASCII.
fn regular_expression(text: &str) -> String {
    let escape = |letter: char| if letter.is_ascii_punctuation() { format!("\\{letter}") } else { letter.to_string() };
    pattern(text, escape)
}

/// Each letter becomes the set of its cases; what is no letter is escaped.
fn pattern(text: &str, escape: impl Fn(char) -> String) -> String {
    let mut pattern = String::new();
    for letter in text.chars() {
        let mut cases: Vec<char> = vec![letter];
        let small = small(letter);
        // Where another case is more than one letter (ß → SS), or of another letter too (ſ → S), there is no set for it.
        for case in [Some(small), single(small.to_uppercase())].into_iter().flatten() {
            if !cases.contains(&case) && self::small(case) == small {
                cases.push(case);
            }
        }
        // The one letter that has two small cases, by its place in a word.
        if matches!(small, 'σ' | 'ς') {
            cases = vec!['Σ', 'σ', 'ς'];
        }
        if cases.len() > 1 {
            pattern.push('[');
            pattern.extend(cases);
            pattern.push(']');
        } else {
            pattern.push_str(&escape(letter));
        }
    }
    pattern
}

fn small(letter: char) -> char {
    single(letter.to_lowercase()).unwrap_or(letter)
}

fn single(mut letters: impl Iterator<Item = char>) -> Option<char> {
    letters.next().filter(|_| letters.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_a_pattern_of_its_cases() {
        assert_eq!(like(r"a1%_\*"), r"%a1\%\_\\*%");
        assert_eq!(glob("a1"), "*[aA]1*");
        assert_eq!(glob("É"), "*[Éé]*");
        assert_eq!(glob("50%_"), "*50%_*");
        assert_eq!(glob("*?[]^-"), "*[*][?][[]]^-*");
        assert_eq!((glob("ς"), glob("ſß")), ("*[Σσς]*".to_owned(), "*ſß*".to_owned()));
        assert_eq!(regular_expression("a.1 É"), r"[aA]\.1 [Éé]");
        assert_eq!(regular_expression(r"]\^"), r"\]\\\^");
    }

    #[test]
    fn parameters_are_numbered_in_their_order() {
        let mut conditions = Conditions::new(Engine::Sqlite);
        conditions.add("a = 1");
        conditions.bind("(b, c) < ({}, {})", ["x", "y"]);
        conditions.bind("d = {}", [Value::Real(1.5)]);
        assert_eq!(conditions.sql, " WHERE a = 1 AND (b, c) < ($1, $2) AND d = $3");
        assert_eq!(conditions.values.len(), 3);
    }
}
