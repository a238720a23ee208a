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
    connection::{Connection, Engine},
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

/// What the indexes are asked for.
#[derive(Debug, Default)]
struct Lookup {
    /// Terms of three letters and more, of the index that finds them wherever they stand.
    phrases: Vec<String>,
    /// For each term that is a part of a few words, these.
    words: Vec<String>,
    /// Terms that no index finds.
    others: Vec<String>,
}

/// How tasks are found to have the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// Those that the indexes give are fetched, and put into their order.
    Lookup,
    /// All are gone through in their order; the indexes say which it is.
    Walk,
    /// All are read in their order.
    Text,
}

impl By {
    /// The fastest, where the indexes give so many and so many others would be passed until the list is full.
    fn fastest(indexed: u64, passed: u64, is_ascii: bool) -> Self {
        // Measured by `cargo xtask bench workspace`, in tenths of a microsecond. Patterns of other scripts are slow, and the
        // indexes know more of their letters' cases.
        let text = if is_ascii { passed.saturating_mul(12) } else { u64::MAX };
        let costs = [
            (indexed.saturating_mul(20), Self::Lookup),
            (indexed.saturating_mul(3).saturating_add(passed), Self::Walk),
            (text, Self::Text),
        ];
        costs.into_iter().min_by_key(|(cost, _)| *cost).map_or(Self::Text, |(_, by)| by)
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
        let indexed = lookup.count(connection).await?;
        let fastest = |passed| match indexed {
            Some(indexed) => By::fastest(indexed, passed, self.terms.iter().all(|term| term.is_ascii())),
            None => By::Text,
        };
        let total = match indexed {
            _ if self.terms.is_empty() => candidates,
            Some(indexed) if lookup.is_exact() && self.is_words_alone() => indexed,
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
        // With a sign before it SQLite does not fetch rows by it.
        let [phrases, words] = match by {
            By::Text => return conditions,
            By::Lookup => [
                "row_id IN (SELECT rowid FROM archon_task_search WHERE words MATCH {})",
                "row_id IN (SELECT rowid FROM archon_task_words WHERE archon_task_words MATCH {})",
            ],
            By::Walk => [
                "+row_id IN (SELECT rowid FROM archon_task_search WHERE words MATCH {})",
                "+row_id IN (SELECT rowid FROM archon_task_words WHERE archon_task_words MATCH {})",
            ],
        };
        for (condition, all) in [(phrases, &lookup.phrases), (words, &lookup.words)] {
            if !all.is_empty() {
                conditions.bind(condition, [all.join(" AND ")]);
            }
        }
        conditions
    }
}

impl Lookup {
    /// Terms of so many letters are found by the index of phrases.
    const PHRASE: usize = 3;

    /// The index of words is asked for at most so many, where that of phrases would find the term, and where it would not:
    /// the more words, the longer.
    const WORDS: [usize; 2] = [40, 400];

    /// `None` where a term is in no task.
    async fn of(terms: &[String], connection: &mut Connection<'_>) -> Result<Option<Self>, StoreError> {
        let mut lookup = Self::default();
        if connection.engine() == Engine::Postgres {
            return Ok(Some(lookup));
        }
        for term in terms {
            let is_phrase = term.chars().count() >= Self::PHRASE;
            let most = Self::WORDS[usize::from(!is_phrase)];
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

    /// How many tasks the indexes give, or a few more; `None` where they are asked for nothing.
    async fn count(&self, connection: &mut Connection<'_>) -> Result<Option<u64>, StoreError> {
        let counts = [
            ("SELECT COUNT(*) FROM archon_task_words WHERE archon_task_words MATCH $1", &self.words),
            ("SELECT COUNT(*) FROM archon_task_search WHERE words MATCH $1", &self.phrases),
        ];
        for (statement, all) in counts {
            if !all.is_empty() {
                return connection.count(statement, vec![all.join(" AND ").into()]).await.map(Some);
            }
        }
        Ok(None)
    }

    /// Whether that is just those that have the words.
    fn is_exact(&self) -> bool {
        self.others.is_empty() && (self.words.is_empty() || self.phrases.is_empty())
    }
}

/// As the indexes take it: nothing in it is an operator.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
