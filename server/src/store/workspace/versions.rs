//! What fields held once.

use uuid::Uuid;

use super::{
    Reading, Window, Writing,
    model::{Owner, Version, VersionHead},
    rows::{self, NewVersions, VersionRow, version_columns},
};
use crate::store::{
    StoreError,
    cells::Cells,
    connection::{Engine, Row, Value},
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

impl Reading {
    /// Versions without their content, newest first, and how many match in all.
    pub async fn version_heads(
        &mut self,
        query: VersionQuery,
        window: Window,
    ) -> Result<(Vec<VersionHead>, u64), StoreError> {
        let mut connection = self.connection();
        let engine = connection.engine();
        let total =
            query.conditions(engine).count("SELECT COUNT(*) FROM archon_document_versions", &mut connection).await?;
        let select = concat!("SELECT ", version_columns!(), " FROM archon_document_versions");
        let rows = query.conditions(engine).fetch(select, &window.tail("ORDER BY id DESC"), &mut connection).await?;
        Ok((rows.iter().map(rows::version_head).collect::<Result<_, _>>()?, total))
    }

    /// How many versions match.
    pub async fn version_count(&mut self, query: VersionQuery) -> Result<u64, StoreError> {
        let mut connection = self.connection();
        let conditions = query.conditions(connection.engine());
        conditions.count("SELECT COUNT(*) FROM archon_document_versions", &mut connection).await
    }

    /// Versions whole, newest first, and how many match in all.
    pub async fn versions(&mut self, query: VersionQuery, window: Window) -> Result<(Vec<Version>, u64), StoreError> {
        let mut connection = self.connection();
        let engine = connection.engine();
        let total =
            query.conditions(engine).count("SELECT COUNT(*) FROM archon_document_versions", &mut connection).await?;
        let select = concat!("SELECT ", version_columns!(), ", content FROM archon_document_versions");
        let rows = query.conditions(engine).fetch(select, &window.tail("ORDER BY id DESC"), &mut connection).await?;
        Ok((rows.iter().map(version).collect::<Result<_, _>>()?, total))
    }

    /// One version; `None` when there is none of that number.
    pub async fn version(
        &mut self,
        owner: Owner,
        field_name: &str,
        number: i64,
    ) -> Result<Option<Version>, StoreError> {
        let (statement, id) = match owner {
            Owner::Project(id) => (
                concat!(
                    "SELECT ",
                    version_columns!(),
                    ", content FROM archon_document_versions WHERE project_id = $1 AND field_name = $2 AND version_number = $3"
                ),
                id,
            ),
            Owner::Task(id) => (
                concat!(
                    "SELECT ",
                    version_columns!(),
                    ", content FROM archon_document_versions WHERE task_id = $1 AND field_name = $2 AND version_number = $3"
                ),
                id,
            ),
        };
        let values = vec![id.into(), field_name.into(), number.into()];
        self.connection().fetch_optional(statement, values).await?.as_ref().map(version).transpose()
    }

    /// The number that the next version gets.
    pub async fn next_version(&mut self, owner: Owner, field_name: &str) -> Result<i64, StoreError> {
        let (statement, id) = match owner {
            Owner::Project(id) => (
                "SELECT COALESCE(MAX(version_number), 0) + 1 AS next FROM archon_document_versions
                 WHERE project_id = $1 AND field_name = $2",
                id,
            ),
            Owner::Task(id) => (
                "SELECT COALESCE(MAX(version_number), 0) + 1 AS next FROM archon_document_versions
                 WHERE task_id = $1 AND field_name = $2",
                id,
            ),
        };
        let values: Vec<Value> = vec![Uuid::into(id), field_name.into()];
        let row = self.connection().fetch_one(statement, values).await?;
        Cells::of(&row, VERSIONS, id.to_string()).get("next")
    }
}

impl Writing {
    /// Adds a version.
    pub async fn add_version(&mut self, version: &Version) -> Result<(), StoreError> {
        self.connection().insert::<NewVersions>(&[&VersionRow::from(version)]).await
    }
}

fn version(row: &Row) -> Result<Version, StoreError> {
    Ok(Version { head: rows::version_head(row)?, content: rows::json(row, VERSIONS, "content")? })
}
