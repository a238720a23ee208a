//! Which tasks a list has, and how they are found.
//!
//! How many there are but for their words is kept in a table. What has the words is read from the tasks or looked up in indexes,
//! which only SQLite has: they give all that match at once, in no order, whereas tasks are read in the order of the list and
//! up to its end. So what is rare is looked up, and what stands everywhere is read: the page of the list is full soon.

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
const COUNT: &str = "SELECT COUNT(*) FROM archon_tasks";
const CANDIDATES: &str = "SELECT CAST(COALESCE(SUM(tasks), 0) AS BIGINT) FROM archon_task_counts";

/// The order of every list of tasks.
const ORDER: &str = "ORDER BY task_order, created_at, id";

/// While one task is fetched by the number of its row, so many are passed.
const FETCH: u64 = 20;

macro_rules! index_of {
    ($table:literal) => {
        concat!("SELECT rowid FROM ", $table, " WHERE ", $table, " MATCH {}")
    };
}

/// What the indexes are asked for.
#[derive(Debug, Default)]
struct Lookup {
    /// For each term that is a part of a few words, these: of the index of words.
    words: Vec<String>,
    /// Other terms of three letters and more: of the index that finds them wherever they stand.
    phrases: Vec<String>,
    /// Terms that no index finds.
    others: Vec<String>,
}

/// What the indexes gave: tasks that have all terms but `others`.
#[derive(Debug)]
enum Found {
    /// By the numbers of their rows.
    Few(Vec<String>),
    /// So many.
    Many(u64),
}

impl Found {
    const fn count(&self) -> u64 {
        match self {
            Self::Few(rows) => rows.len() as u64,
            Self::Many(many) => *many,
        }
    }
}

/// How tasks are found to have the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By<'f> {
    /// These are fetched, and put into their order.
    Rows(&'f [String]),
    /// All are gone through in their order; the indexes say which they are.
    Walk,
    /// All are read in their order.
    Text,
}

impl<'f> By<'f> {
    /// The fastest, where so many tasks are passed until the list is full.
    fn fastest(found: Option<&'f Found>, passed: u64, is_ascii: bool) -> Self {
        // In tenths of a microsecond, about, on one core of a server. Patterns of other scripts are slow, and the indexes know
        // more of their letters' cases.
        let (indexed, by) = match found {
            None => return Self::Text,
            Some(Found::Few(rows)) => (FETCH.saturating_mul(rows.len() as u64), Self::Rows(rows)),
            Some(Found::Many(many)) => (many.saturating_mul(3).saturating_add(passed), Self::Walk),
        };
        if is_ascii && passed.saturating_mul(12) < indexed { Self::Text } else { by }
    }
}

impl TaskQuery {
    /// Tasks in their order, and how many match in all.
    pub(super) async fn list(
        &self,
        connection: &mut Connection<'_>,
        window: Window,
    ) -> Result<(Vec<Task>, u64), StoreError> {
        let mut candidates = Conditions::new(connection.engine());
        self.filter(&mut candidates);
        let candidates = candidates.count(CANDIDATES, connection).await?;
        if candidates == 0 {
            return Ok((Vec::new(), 0));
        }
        let Some(lookup) = Lookup::of(&self.terms, connection).await? else {
            return Ok((Vec::new(), 0));
        };
        let found = lookup.found(candidates, connection).await?;
        let is_ascii = self.terms.iter().all(|term| term.is_ascii());
        let fastest = |passed| By::fastest(found.as_ref(), passed, is_ascii);
        let total = match &found {
            _ if self.terms.is_empty() => candidates,
            Some(found) if lookup.others.is_empty() && self.is_words_alone() => found.count(),
            _ => self.conditions(&lookup, fastest(candidates), connection.engine()).count(COUNT, connection).await?,
        };
        if total <= window.offset {
            return Ok((Vec::new(), total));
        }
        // If those that match are spread evenly.
        let passed = (window.offset + u64::from(window.limit)).min(total).saturating_mul(candidates) / total;
        let conditions = self.conditions(&lookup, fastest(passed), connection.engine());
        let tail = format!("{ORDER} LIMIT {} OFFSET {}", window.limit, window.offset);
        let rows = conditions.fetch(SELECT, &tail, connection).await?;
        Ok((rows.iter().map(rows::task).collect::<Result<_, _>>()?, total))
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

    fn is_words_alone(&self) -> bool {
        let Self { terms: _, projects, status, assignee, open_only } = self;
        projects.is_empty() && status.is_none() && assignee.is_none() && !open_only
    }

    fn conditions(&self, lookup: &Lookup, by: By, engine: Engine) -> Conditions {
        let mut conditions = Conditions::new(engine);
        conditions.add("archived = FALSE");
        self.filter(&mut conditions);
        let terms = if by == By::Text { &self.terms } else { &lookup.others };
        for term in terms {
            conditions.contains(&["title", "description", "feature"], term);
        }
        let Some((index, values)) = lookup.index() else { return conditions };
        match by {
            By::Text => {}
            By::Rows(rows) => {
                let listed = "row_id IN (SELECT CAST(value AS INTEGER) FROM unnest({}) AS list (value))";
                conditions.bind(listed, [Value::Texts(rows.to_vec())]);
            }
            // With a sign before it SQLite does not fetch rows by it.
            By::Walk => conditions.bind(&format!("+row_id IN ({index})"), values),
        }
        conditions
    }
}

impl Lookup {
    /// Terms of so many letters are found by the index of phrases.
    const PHRASE: usize = 3;

    /// At most so many tasks are asked for by the numbers of their rows.
    const FEW: u64 = 400;

    /// For how many words the index of words is faster than what else finds a term of so many letters: reading all tasks, or
    /// the index of phrases, which finds three letters at once and more by comparing places.
    const fn most_words(letters: usize) -> usize {
        match letters {
            ..Self::PHRASE => 400,
            Self::PHRASE => 20,
            _ => 100,
        }
    }

    /// `None` where a term is in no task.
    async fn of(terms: &[String], connection: &mut Connection<'_>) -> Result<Option<Self>, StoreError> {
        let mut lookup = Self::default();
        if connection.engine() == Engine::Postgres {
            return Ok(Some(lookup));
        }
        for term in terms {
            let letters = term.chars().count();
            let (is_phrase, most) = (letters >= Self::PHRASE, Self::most_words(letters));
            // Only of these letters is it sure that none of them parts words.
            if term.bytes().all(|letter| letter.is_ascii_alphanumeric()) {
                let (statement, value) = if is_phrase {
                    ("SELECT word FROM archon_word_search WHERE word MATCH $1", quoted(term))
                } else {
                    (r"SELECT word FROM archon_words WHERE word LIKE $1 ESCAPE '\'", like(term))
                };
                let words = connection.texts(format!("{statement} LIMIT {}", most + 1), vec![value.into()]).await?;
                if words.is_empty() {
                    return Ok(None);
                }
                if words.len() <= most {
                    let words: Vec<_> = words.iter().map(|word| quoted(word)).collect();
                    lookup.words.push(format!("({})", words.join(" OR ")));
                    continue;
                }
            }
            if is_phrase {
                lookup.phrases.push(quoted(term));
            } else {
                lookup.others.push(term.clone());
            }
        }
        Ok(Some(lookup))
    }

    /// What gives the numbers of rows; `None` where no index is asked for anything.
    fn index(&self) -> Option<(&'static str, Vec<String>)> {
        let (words, phrases) = (self.words.join(" AND "), self.phrases.join(" AND "));
        match (words.is_empty(), phrases.is_empty()) {
            (true, true) => None,
            (false, true) => Some((index_of!("archon_task_words"), vec![words])),
            (true, false) => Some((index_of!("archon_task_search"), vec![phrases])),
            (false, false) => {
                let both = concat!(index_of!("archon_task_words"), " INTERSECT ", index_of!("archon_task_search"));
                Some((both, vec![words, phrases]))
            }
        }
    }

    /// What they give among so many tasks.
    async fn found(&self, candidates: u64, connection: &mut Connection<'_>) -> Result<Option<Found>, StoreError> {
        let Some((index, values)) = self.index() else { return Ok(None) };
        let index = index.replacen("{}", "$1", 1).replacen("{}", "$2", 1);
        let values: Vec<Value> = values.into_iter().map(Value::from).collect();
        // More than that, and to pass all tasks is faster than to fetch these.
        let few = (candidates / FETCH).min(Self::FEW);
        let rows = format!("SELECT CAST(rowid AS TEXT) FROM ({index}) LIMIT {}", few + 1);
        let rows = connection.texts(rows, values.clone()).await?;
        if rows.len() as u64 <= few {
            return Ok(Some(Found::Few(rows)));
        }
        let many = connection.count(format!("SELECT COUNT(*) FROM ({index})"), values).await?;
        Ok(Some(Found::Many(many)))
    }
}

/// As the indexes take it: nothing in it is an operator.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
