//! Which tasks a list has, and how they are found.
//!
//! How many there are but for their words is kept in a table. What has the words is read from the tasks, or given by an index, which
//! only SQLite has: all at once and in no order. So what is rare is looked up, and where most match the first tasks are read: the
//! page is full soon.

use tracon_app::workspace::TaskStatus;
use uuid::Uuid;

use super::{
    Window,
    model::Task,
    rows::{self, task_columns},
};
use crate::store::{
    StoreError,
    connection::{Connection, Engine, Value},
    queries::{Conditions, like},
};

/// Which tasks a list has; archived ones never.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskQuery {
    /// Each occurs in the title, the description or the feature, letter case ignored.
    pub terms: Vec<String>,
    /// Of all of these projects at once: of two different ones there is none.
    pub projects: Vec<Uuid>,
    pub status: Option<TaskStatus>,
    pub assignee: Option<String>,
    /// Without those that are done.
    pub open_only: bool,
}

const SELECT: &str = concat!("SELECT ", task_columns!(), " FROM archon_tasks");
const SELECT_ROW: &str = "SELECT row_id FROM archon_tasks";
const COUNT: &str = "SELECT COUNT(*) FROM archon_tasks";
const CANDIDATES: &str = "SELECT CAST(COALESCE(SUM(tasks), 0) AS BIGINT) FROM archon_task_counts";

// By the numbers of their rows, and by no index for another condition, which SQLite would prefer.
const COUNT_ROWS: &str = "SELECT COUNT(*) FROM archon_tasks NOT INDEXED";
const SELECT_ROW_OF_ROWS: &str = "SELECT row_id FROM archon_tasks NOT INDEXED";

/// The order of every list of tasks.
const ORDER: &str = "ORDER BY task_order, created_at, id";

/// So few are read before any index is asked.
const READ: u64 = 1_000;

/// Fetching a row takes as long as passing so many in their order (`cargo xtask bench workspace`).
const FETCH: u64 = 12;

/// How the tasks are found that have the words.
#[derive(Debug)]
enum By {
    /// They are read.
    Text,
    /// An index gave these rows, and no others.
    Rows(Lookup, Vec<String>),
    /// All are passed in their order, and an index says which they are.
    Walk(Lookup),
    /// Those that an index gives are fetched.
    Fetch(Lookup),
}

impl TaskQuery {
    /// Tasks in their order, and how many match in all.
    pub(super) async fn list(
        &self,
        connection: &mut Connection<'_>,
        window: Window,
    ) -> Result<(Vec<Task>, u64), StoreError> {
        let engine = connection.engine();
        let mut candidates = Conditions::new(engine);
        self.filter(&mut candidates);
        let candidates = candidates.count(CANDIDATES, connection).await?;
        let Some(by) = self.fastest(candidates, connection).await? else { return Ok((Vec::new(), 0)) };
        let total = match &by {
            By::Text if candidates == 0 || self.terms.is_empty() => candidates,
            By::Rows(Lookup { total: Some(total), .. }, _) | By::Walk(Lookup { total: Some(total), .. }) => *total,
            By::Rows(..) => self.conditions(&by, engine).count(COUNT_ROWS, connection).await?,
            _ => self.conditions(&by, engine).count(COUNT, connection).await?,
        };
        if total <= window.offset {
            return Ok((Vec::new(), total));
        }
        let tail = format!("{ORDER} LIMIT {} OFFSET {}", window.limit, window.offset);
        let last = (window.offset + u64::from(window.limit)).min(total);
        // Where those that match are spread evenly the page is full with half of these.
        let first = 2 * (last.saturating_mul(candidates) / total) + 20;
        if matches!(by, By::Walk(_)) && are_read_as_indexed(&self.terms) && first <= READ {
            let rows = self.among_the_first(first, engine).fetch(SELECT, &tail, connection).await?;
            if rows.len() as u64 == last - window.offset {
                return Ok((rows.iter().map(rows::task).collect::<Result<_, _>>()?, total));
            }
        }
        let by = match by {
            By::Walk(lookup) if lookup.total.is_some() && total.saturating_mul(FETCH) < candidates => By::Fetch(lookup),
            by => by,
        };
        // To put rows into their order without their texts takes half the time.
        let conditions = match by {
            By::Text => self.conditions(&by, engine),
            By::Walk(_) => self.conditions(&by, engine).among("row_id", SELECT_ROW, &tail),
            By::Rows(..) | By::Fetch(_) => self.conditions(&by, engine).among("row_id", SELECT_ROW_OF_ROWS, &tail),
        };
        let tail = if matches!(by, By::Text) { &*tail } else { ORDER };
        let rows = conditions.fetch(SELECT, tail, connection).await?;
        Ok((rows.iter().map(rows::task).collect::<Result<_, _>>()?, total))
    }

    /// How to find those that have the words, among so many; `None` where there are none.
    async fn fastest(&self, candidates: u64, connection: &mut Connection<'_>) -> Result<Option<By>, StoreError> {
        let are_few = candidates <= READ && are_read_as_indexed(&self.terms);
        if connection.engine() == Engine::Postgres || self.terms.is_empty() || are_few {
            return Ok(Some(By::Text));
        }
        let (mut words, mut others) = (Vec::new(), Vec::new());
        let cut = connection.count("SELECT COUNT(*) FROM archon_words WHERE word = ''", vec![]).await? > 0;
        for term in &self.terms {
            // Only of these letters is it sure that none of them parts words.
            let is_of_words = !cut && term.bytes().all(|letter| letter.is_ascii_alphanumeric());
            match if is_of_words { words_with(term, connection).await? } else { None } {
                Some(found) if found.is_empty() => return Ok(None),
                Some(found) => words.push(found),
                None => others.push(term.clone()),
            }
        }
        let letters = others.iter().any(|term| is_indexed(term)).then(|| Lookup::of_letters(self));
        if !words.is_empty() && (letters.is_none() || are_read_as_indexed(&others)) {
            let mut lookup = Lookup::of_words(&words, others, self);
            match lookup.few(connection).await? {
                Some(rows) => return Ok(Some(By::Rows(lookup, rows))),
                None if letters.is_none() => return Ok(Some(By::Walk(lookup))),
                None => {}
            }
        }
        // One index finds what both would, and soon knows which tasks have all terms.
        let Some(mut lookup) = letters else { return Ok(Some(By::Text)) };
        Ok(Some(match lookup.few(connection).await? {
            Some(rows) => By::Rows(lookup, rows),
            None => By::Walk(lookup),
        }))
    }

    /// All but the words, in columns that tasks and their counts have.
    fn filter(&self, conditions: &mut Conditions) {
        for project in &self.projects {
            conditions.bind("project_id = {}", [*project]);
        }
        if let Some(status) = self.status {
            conditions.bind("status = {}", [status.as_str()]);
        } else if self.open_only {
            conditions.add("status <> 'done'");
        }
        if let Some(assignee) = &self.assignee {
            conditions.bind("assignee = {}", [&**assignee]);
        }
    }

    /// Whether all tasks are asked that are not archived, words aside.
    fn is_unfiltered(&self) -> bool {
        let Self { terms: _, projects, status, assignee, open_only } = self;
        projects.is_empty() && status.is_none() && assignee.is_none() && !open_only
    }

    fn conditions(&self, by: &By, engine: Engine) -> Conditions {
        let mut conditions = Conditions::new(engine);
        conditions.add("archived = FALSE");
        self.filter(&mut conditions);
        match by {
            By::Text => {}
            By::Rows(_, rows) => {
                let listed = "row_id IN (SELECT CAST(value AS INTEGER) FROM unnest({}) AS list (value))";
                conditions.bind(listed, [Value::Texts(rows.clone())]);
            }
            // With a sign before it SQLite does not fetch rows by it.
            By::Walk(lookup) => lookup.bind("+row_id", &mut conditions),
            By::Fetch(lookup) => lookup.bind("row_id", &mut conditions),
        }
        let read = match by {
            By::Text => &self.terms,
            By::Rows(lookup, _) | By::Walk(lookup) | By::Fetch(lookup) => &lookup.others,
        };
        has_words(read, &mut conditions);
        conditions
    }

    /// That a task is one of the first, words aside, and has the words.
    fn among_the_first(&self, first: u64, engine: Engine) -> Conditions {
        let mut candidates = Conditions::new(engine);
        candidates.add("archived = FALSE");
        self.filter(&mut candidates);
        let mut conditions =
            candidates.among("row_id", "SELECT row_id FROM archon_tasks", &format!("{ORDER} LIMIT {first}"));
        has_words(&self.terms, &mut conditions);
        conditions
    }
}

/// That a task has each of these terms, as is seen by reading it.
fn has_words(terms: &[String], conditions: &mut Conditions) {
    for term in terms {
        conditions.contains(&["title", "description", "feature"], term);
    }
}

/// What one of SQLite's indexes is asked for.
#[derive(Debug)]
struct Lookup {
    /// Gives the numbers of rows.
    index: &'static str,
    /// All the terms that it finds.
    terms: String,
    /// With the filters that it knows.
    query: String,
    /// Terms that it does not find.
    others: Vec<String>,
    /// It finds all that is asked, and nothing else.
    is_whole: bool,
    /// Whole, and of more than [`Self::MANY`] words.
    is_of_many: bool,
    /// How many it finds, once that is known: where it is whole.
    total: Option<u64>,
}

impl Lookup {
    /// At most so many tasks are asked for by the numbers of their rows.
    const FEW: u64 = 400;
    /// More words than these are counted at once: to look each of them up a second time takes a quarter of the whole.
    const MANY: usize = 16;

    /// Whole words, and what tasks are filtered by.
    const WORDS: &str = "SELECT rowid FROM archon_task_words WHERE archon_task_words MATCH $1";
    /// Three letters side by side, and more by comparing places.
    const LETTERS: &str = "SELECT rowid FROM archon_task_search WHERE archon_task_search MATCH $1";

    /// What has these words, those that each term is a part of, but not the other terms.
    fn of_words(words: &[Vec<String>], others: Vec<String>, asked: &TaskQuery) -> Self {
        let filter = |of: &str, value: &str| quoted(&format!("\u{E000}{of}{value}"));
        let terms = words.iter().map(|found| any_of(found)).collect::<Vec<_>>().join(" AND ");
        let mut query = terms.clone();
        for project in &asked.projects {
            query = format!("{query} AND {}", filter("project", &project.simple().to_string()));
        }
        if let Some(assignee) = &asked.assignee {
            query = format!("{query} AND {}", filter("assignee", &hex::encode(assignee)));
        }
        if let Some(status) = asked.status {
            query = format!("{query} AND {}", filter("status", status.as_str()));
        } else if asked.open_only {
            query = format!("({query}) NOT {}", filter("status", TaskStatus::Done.as_str()));
        }
        let is_whole = others.is_empty();
        let is_of_many = is_whole && words.iter().map(Vec::len).sum::<usize>() > Self::MANY;
        Self { index: Self::WORDS, terms, query, others, is_whole, is_of_many, total: None }
    }

    /// What has the terms of three letters and more.
    fn of_letters(asked: &TaskQuery) -> Self {
        let (letters, others): (Vec<_>, Vec<_>) = asked.terms.iter().cloned().partition(|term| is_indexed(term));
        let query = letters.iter().map(|term| quoted(term)).collect::<Vec<_>>().join(" AND ");
        let is_whole = others.is_empty() && asked.is_unfiltered();
        Self { index: Self::LETTERS, terms: query.clone(), query, others, is_whole, is_of_many: false, total: None }
    }

    /// The numbers of all rows that have the terms, if they are few: less than to go through those of a filter. Otherwise they are
    /// counted, if that is the answer.
    async fn few(&mut self, connection: &mut Connection<'_>) -> Result<Option<Vec<String>>, StoreError> {
        if self.is_of_many && self.count(connection).await? > Self::FEW {
            return Ok(None);
        }
        let statement = format!("SELECT CAST(rowid AS TEXT) FROM ({}) LIMIT {}", self.index, Self::FEW + 1);
        let rows = connection.texts(statement, vec![self.terms.clone().into()]).await?;
        if rows.len() as u64 > Self::FEW {
            if self.is_whole && self.total.is_none() {
                self.count(connection).await?;
            }
            return Ok(None);
        }
        if self.is_whole && self.terms == self.query {
            self.total = Some(rows.len() as u64);
        }
        Ok(Some(rows))
    }

    async fn count(&mut self, connection: &mut Connection<'_>) -> Result<u64, StoreError> {
        let statement = format!("SELECT COUNT(*) FROM ({})", self.index);
        let total = connection.count(statement, vec![self.query.clone().into()]).await?;
        self.total = Some(total);
        Ok(total)
    }

    /// That a row is one of these.
    fn bind(&self, column: &str, conditions: &mut Conditions) {
        let index = self.index.replace("$1", "{}");
        conditions.bind(&format!("{column} IN ({index})"), [&*self.query]);
    }
}

/// Whether the index of three letters finds a term: it takes two that are not ASCII for an "s" and a "k", one begins filters, and one
/// stands there in the place of these.
fn is_indexed(term: &str) -> bool {
    term.chars().count() >= 3 && !term.contains(['\u{17F}', '\u{212A}', '\u{E000}', '\u{FFFD}'])
}

/// Whether the same is found by reading as by an index, and soon: of other scripts the indexes know some cases less and some
/// more, and reading takes five times as long.
fn are_read_as_indexed(terms: &[String]) -> bool {
    terms.iter().all(|term| term.is_ascii())
}

/// The words that a term is a part of; `None` where they are so many that what else finds the term is faster.
async fn words_with(term: &str, connection: &mut Connection<'_>) -> Result<Option<Vec<String>>, StoreError> {
    let (statement, value, most): (_, _, u16) = match term.len() {
        // Otherwise tasks are read.
        ..3 => (r"SELECT word FROM archon_words WHERE word LIKE $1 ESCAPE '\' LIMIT $2", like(term), 200),
        // The other index finds three letters at once.
        3 => ("SELECT word FROM archon_word_search WHERE word MATCH $1 LIMIT $2", quoted(term), 20),
        _ => ("SELECT word FROM archon_word_search WHERE word MATCH $1 LIMIT $2", quoted(term), 100),
    };
    let words = connection.texts(statement, vec![value.into(), i64::from(most + 1).into()]).await?;
    Ok((words.len() <= usize::from(most)).then_some(words))
}

fn any_of(words: &[String]) -> String {
    format!("({})", words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" OR "))
}

/// As the indexes take it: nothing in it is an operator.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
