//! What fields held once.

use super::{
    Reading, Window, Writing, listed,
    model::{Owner, Version, VersionHead},
    rows::{self, NewVersions, StoredVersion, version_columns},
};
use crate::store::{
    StoreError,
    connection::{Engine, Row},
    queries::Conditions,
    tables::VERSIONS,
};

/// Which versions a list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionQuery {
    pub owner: Owner,
    pub field_name: Option<&'static str>,
}

impl VersionQuery {
    fn conditions(self, engine: Engine) -> Conditions {
        let mut conditions = Conditions::new(engine);
        match self.owner {
            Owner::Project(id) => conditions.bind("project_id = {}", [id]),
            Owner::Task(id) => conditions.bind("task_id = {}", [id]),
        }
        if let Some(field) = self.field_name {
            conditions.bind("field_name = {}", [field]);
        }
        conditions
    }
}

const COUNT: &str = "SELECT COUNT(*) FROM archon_document_versions";
const WHOLE: &str = concat!("SELECT ", version_columns!(), ", content FROM archon_document_versions");
const NEWEST_FIRST: &str = "ORDER BY id DESC";

impl Reading {
    /// Versions without their content, newest first, and how many match in all.
    pub async fn version_heads(
        &mut self,
        query: VersionQuery,
        window: Window,
    ) -> Result<(Vec<VersionHead>, u64), StoreError> {
        let mut connection = self.connection();
        let conditions = query.conditions(connection.engine());
        let select = concat!("SELECT ", version_columns!(), " FROM archon_document_versions");
        let (rows, total) = listed(&mut connection, conditions, COUNT, select, NEWEST_FIRST, window).await?;
        Ok((rows.iter().map(rows::version_head).collect::<Result<_, _>>()?, total))
    }

    /// How many versions match.
    pub async fn version_count(&mut self, query: VersionQuery) -> Result<u64, StoreError> {
        let mut connection = self.connection();
        query.conditions(connection.engine()).count(COUNT, &mut connection).await
    }

    /// Versions whole, newest first, and how many match in all.
    pub async fn versions(&mut self, query: VersionQuery, window: Window) -> Result<(Vec<Version>, u64), StoreError> {
        let mut connection = self.connection();
        let conditions = query.conditions(connection.engine());
        let (rows, total) = listed(&mut connection, conditions, COUNT, WHOLE, NEWEST_FIRST, window).await?;
        Ok((rows.iter().map(version).collect::<Result<_, _>>()?, total))
    }

    /// One version; `None` when there is none of that number.
    pub async fn version(
        &mut self,
        owner: Owner,
        field_name: &'static str,
        number: u64,
    ) -> Result<Option<Version>, StoreError> {
        let mut connection = self.connection();
        let query = VersionQuery { owner, field_name: Some(field_name) };
        let mut conditions = query.conditions(connection.engine());
        conditions.bind("version_number = {}", [i64::try_from(number).unwrap_or(i64::MAX)]);
        conditions.fetch(WHOLE, "", &mut connection).await?.first().map(version).transpose()
    }

    /// The number that the next version gets.
    pub async fn next_version(&mut self, owner: Owner, field_name: &'static str) -> Result<i64, StoreError> {
        let mut connection = self.connection();
        let query = VersionQuery { owner, field_name: Some(field_name) };
        let highest = "SELECT COALESCE(MAX(version_number), 0) FROM archon_document_versions";
        let highest = query.conditions(connection.engine()).count(highest, &mut connection).await?;
        Ok(highest.cast_signed() + 1)
    }
}

impl Writing {
    /// Adds a version.
    pub async fn add_version(&mut self, version: &Version) -> Result<(), StoreError> {
        self.connection().insert::<NewVersions>(&[&StoredVersion::from(version)]).await
    }
}

fn version(row: &Row) -> Result<Version, StoreError> {
    Ok(Version { head: rows::version_head(row)?, content: rows::json(row, VERSIONS, "content")? })
}
