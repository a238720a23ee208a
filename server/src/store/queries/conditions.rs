//! The conditions of a list: those that its filter gives, and no others, so that the engine can choose an index for them.

use std::fmt::Write;

use super::kinds::Kinds;
use crate::store::{
    StoreError,
    connection::{Connection, Engine, Row, Value},
};

/// Conditions that all must hold. Their text comes from this program alone; what people ask for goes in as parameters.
#[derive(Debug)]
pub struct Conditions {
    pub(super) engine: Engine,
    pub(super) sql: String,
    /// What is asked of the kinds of requests, by `kinds.rs`.
    pub(super) of_kinds: Kinds,
    pub(super) values: Vec<Value>,
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
