//! The conditions of a list: those that its filter gives, and no others, so that the engine can choose an index for them.

use std::fmt::Write;

use sqlx::{
    Arguments, AssertSqlSafe, Encode, Sqlite, SqliteConnection, Type,
    sqlite::{SqliteArguments, SqliteRow},
};

use crate::store::StoreError;

/// Conditions that all must hold. Their text comes from this program alone; what people ask for goes in as parameters.
#[derive(Debug, Default)]
pub struct Conditions {
    sql: String,
    arguments: SqliteArguments,
    bound: usize,
}

impl Conditions {
    pub fn new() -> Self {
        Self::default()
    }

    /// One that needs no parameter.
    pub fn add(&mut self, condition: &'static str) {
        self.sql.push_str(if self.sql.is_empty() { " WHERE " } else { " AND " });
        self.sql.push_str(condition);
    }

    /// One with `{}` where its parameters go, in their order.
    pub fn bind<T>(
        &mut self,
        condition: &'static str,
        parameters: impl IntoIterator<Item = T>,
    ) -> Result<(), StoreError>
    where
        T: for<'q> Encode<'q, Sqlite> + Type<Sqlite>,
    {
        let mut parts = condition.split("{}");
        self.add(parts.next().unwrap_or_default());
        for (part, parameter) in parts.zip(parameters) {
            self.arguments.add(parameter).map_err(sqlx::Error::Encode)?;
            self.bound += 1;
            // Writing to a string cannot fail.
            let _ = write!(self.sql, "${}{part}", self.bound);
        }
        Ok(())
    }

    /// How many rows match.
    pub async fn count(&self, select: &'static str, connection: &mut SqliteConnection) -> Result<u64, StoreError> {
        let statement = AssertSqlSafe(format!("{select}{}", self.sql));
        let count: i64 = sqlx::query_scalar_with(statement, self.arguments.clone()).fetch_one(connection).await?;
        Ok(count.unsigned_abs())
    }

    /// The rows that match, in the order and up to the limit that `tail` says.
    pub async fn fetch(
        self,
        select: &'static str,
        tail: &'static str,
        connection: &mut SqliteConnection,
    ) -> Result<Vec<SqliteRow>, StoreError> {
        let statement = AssertSqlSafe(format!("{select}{} {tail}", self.sql));
        Ok(sqlx::query_with(statement, self.arguments).fetch_all(connection).await?)
    }
}

/// A pattern for `GLOB` that matches what contains `text`, letter case ignored in every script. `LIKE` ignores it for
/// ASCII only. Each letter becomes the set of its cases, and what has a meaning in a pattern a set of itself.
pub fn contains(text: &str) -> String {
    let mut pattern = String::from("*");
    for letter in text.chars() {
        let mut cases: Vec<char> = vec![letter];
        // Where another case is more than one letter (ß → SS) there is no set for it.
        for case in [single(letter.to_lowercase()), single(letter.to_uppercase())].into_iter().flatten() {
            if !cases.contains(&case) {
                cases.push(case);
            }
        }
        if cases.len() > 1 || matches!(letter, '*' | '?' | '[') {
            pattern.push('[');
            pattern.extend(cases);
            pattern.push(']');
        } else {
            pattern.push(letter);
        }
    }
    pattern.push('*');
    pattern
}

fn single(mut letters: impl Iterator<Item = char>) -> Option<char> {
    letters.next().filter(|_| letters.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_a_pattern_of_its_cases() {
        assert_eq!(contains("a1"), "*[aA]1*");
        assert_eq!(contains("É"), "*[Éé]*");
        assert_eq!(contains("50%_"), "*50%_*");
        assert_eq!(contains("*?[]^-"), "*[*][?][[]]^-*");
    }

    #[test]
    fn parameters_are_numbered_in_their_order() {
        let mut conditions = Conditions::new();
        conditions.add("a = 1");
        conditions.bind("(b, c) < ({}, {})", ["x", "y"]).unwrap();
        conditions.bind("d = {}", [1.5]).unwrap();
        assert_eq!(conditions.sql, " WHERE a = 1 AND (b, c) < ($1, $2) AND d = $3");
        assert_eq!(conditions.bound, 3);
    }
}
