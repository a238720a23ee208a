//! What results and tool definitions cost the context of the models that read them, counted by the writer task.

use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasher, RandomState},
    sync::Arc,
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde_json::Value;
use tracon_app::reports::Outcome;
use uuid::Uuid;

use super::{
    capture::{TOOLS_LIST, is_read_by_models},
    recorder::Books,
};
use crate::{
    store::{Change, ToolDefinition},
    tokens::{Estimator, definition_tokens},
    wire::jsonrpc::result_of,
};

/// What stands around a result in its answer (`data: `, `jsonrpc`, `id`), bytes.
const ENVELOPE: u64 = 48;
/// Lists of tools that were counted; each again as long as it does not change.
const KNOWN_LISTS: usize = 16;
/// Tools of one list that are counted.
const MAX_TOOLS: usize = 500;

/// Adds the estimates to what is about to be written.
#[derive(Debug)]
pub(super) struct Estimates {
    books: Arc<Books>,
    /// Loads its vocabulary with the first result there is.
    estimator: Option<Estimator>,
    /// Answers whose records may come: those since the last batch, and those from before it.
    texts: HashMap<Uuid, Bytes>,
    earlier: HashMap<Uuid, Bytes>,
    hasher: RandomState,
    /// Hashes of the latest lists of tools.
    lists: VecDeque<u64>,
}

impl Estimates {
    pub fn new(books: Arc<Books>) -> Self {
        let (texts, earlier) = (HashMap::new(), HashMap::new());
        Self { books, estimator: None, texts, earlier, hasher: RandomState::new(), lists: VecDeque::new() }
    }

    /// Estimates the results of a batch, and counts the definitions in lists of tools that are new.
    pub fn add_to(&mut self, changes: &mut Vec<Change>) {
        // An answer is kept just before its record is made, which is then in this batch or the next one. Where the writer is
        // further behind, there is more to write than can be counted.
        self.earlier = std::mem::replace(&mut self.texts, self.books.texts().take().into_iter().collect());
        let mut defined = Vec::new();
        for change in changes.iter_mut() {
            let Change::Request(request) = change else { continue };
            if !has_result(request.outcome) || !is_read_by_models(&request.method) {
                continue;
            }
            let frame = self.texts.remove(&request.id).or_else(|| self.earlier.remove(&request.id));
            let result = frame.as_deref().and_then(result_of).and_then(|result| std::str::from_utf8(result).ok());
            if let Some(result) = result.filter(|_| request.method == TOOLS_LIST) {
                self.define(result, request.timestamp, &mut defined);
            }
            let name = request.tool_name.as_deref().unwrap_or(&request.method);
            let bytes = result.map_or(request.response_bytes.saturating_sub(ENVELOPE), |result| result.len() as u64);
            let estimator = self.estimator.get_or_insert_default();
            request.response_tokens = Some(estimator.estimate(name, bytes, result));
        }
        changes.extend(defined);
        if let Some(estimator) = &mut self.estimator {
            self.books.texts().set_room(estimator.room());
        }
    }

    fn define(&mut self, list: &str, at: DateTime<Utc>, defined: &mut Vec<Change>) {
        let hash = self.hasher.hash_one(list);
        if self.lists.contains(&hash) {
            return;
        }
        if self.lists.len() == KNOWN_LISTS {
            self.lists.pop_front();
        }
        self.lists.push_back(hash);
        let list = serde_json::from_str::<Value>(list).unwrap_or_default();
        for tool in list["tools"].as_array().into_iter().flatten().take(MAX_TOOLS) {
            if let Some(name) = tool["name"].as_str() {
                let tool_name = super::slot::cut(name.to_owned(), super::slot::MAX_NAME);
                let tokens = definition_tokens(&tool.to_string());
                defined.push(Change::Defined(ToolDefinition { tool_name, tokens, at }));
            }
        }
    }
}

/// Whether the request was answered with a result.
fn has_result(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Ok | Outcome::InputRequired | Outcome::ToolError | Outcome::Timeout)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::{clock::SystemClock, spool::Spool, tracking::Recorder};

    #[test]
    fn no_more_is_kept_than_can_be_counted() {
        let directory = TempDir::new().unwrap();
        let (spool, _reader) = Spool::open(directory.path(), 1 << 20).unwrap();
        let recorder = Recorder::new(spool, 0, Arc::new(SystemClock));
        let mut estimates = Estimates::new(recorder.books());
        let kept = || {
            for _ in 0..100 {
                recorder.keep_text(Uuid::nil(), &Bytes::from(vec![b' '; 10_000]), false);
            }
            recorder.books().texts().take().len()
        };
        assert_eq!(kept(), 100);
        let estimator = estimates.estimator.get_or_insert_default();
        let result = "a result ".repeat(1_000);
        while estimator.room() > 100_000 {
            estimator.estimate("find", result.len() as u64, Some(&result));
        }
        estimates.add_to(&mut Vec::new());
        assert!((1..=20).contains(&kept()));
    }
}
