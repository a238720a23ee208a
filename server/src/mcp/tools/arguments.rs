//! The arguments of a tool, read such that whatever is wrong with them is named.

use rmcp::model::JsonObject;
use schemars::{Schema, json_schema};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use tracon_app::workspace::{Priority, TaskStatus, VersionField};

use super::{answer::Failure, items::Extent};
use crate::{store::workspace::Window, workspace::cut};

/// The arguments as what a tool takes.
///
/// # Errors
/// The argument, what was sent, and what is allowed.
pub(super) fn read<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, Failure> {
    serde_path_to_error::deserialize(Value::Object(arguments)).map_err(|error| {
        // A name that nobody knows may be as long as the message.
        let argument = cut(&error.path().to_string(), 80);
        let reason = in_words(&error.into_inner().to_string());
        if argument == "action" && reason.contains("unknown variant") {
            return Failure::invalid_action(format!("`action`: {reason}"));
        }
        // Of what is missing the reason has the name, and the path is where it would be.
        if argument == "." {
            Failure::invalid(reason.split('`').nth(1).unwrap_or(&argument), &reason)
        } else {
            Failure::invalid(&argument, format!("`{argument}`: {reason}"))
        }
    })
}

/// The deserializer's words, without this program's own types, and without all of what may be long.
fn in_words(reason: &str) -> String {
    const MOST: usize = 400;
    let mut words = reason.to_owned();
    for number in ["u16", "u32", "u64", "i64", "usize"] {
        for end in [" ", ",", ""] {
            let (from, to) = (format!("expected {number}{end}"), format!("expected a whole number{end}"));
            if !end.is_empty() || words.ends_with(&from) {
                words = words.replace(&from, &to);
            }
        }
    }
    if words.chars().count() > MOST {
        let half: String = words.chars().take(MOST / 4).collect();
        let length = words.chars().count();
        let end: String = words.chars().skip(length - MOST / 2).collect();
        words = format!("{half}…{end}");
    }
    words
}

/// What is there and not empty: agents send empty texts for what they leave out.
pub(super) fn given(text: Option<&String>) -> Option<&str> {
    text.map(|text| text.trim()).filter(|text| !text.is_empty())
}

/// What an action cannot do without.
pub(super) fn required<'a>(argument: &'static str, text: Option<&'a String>, action: &str) -> Result<&'a str, Failure> {
    given(text).ok_or_else(|| Failure::invalid(argument, format!("`{argument}` is required for `{action}`")))
}

/// What an action has no use for: not silently passed over.
pub(super) fn refused(argument: &str, is_given: bool, action: &str) -> Result<(), Failure> {
    if is_given { Err(Failure::invalid(argument, format!("`{argument}` is not for `{action}`"))) } else { Ok(()) }
}

/// The arguments that say something: clients fill in what they leave out.
pub(super) fn filled(arguments: &JsonObject) -> Vec<String> {
    let is_filled = |value: &Value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Bool(true) => true,
    };
    arguments.iter().filter(|(_, value)| is_filled(value)).map(|(name, _)| name.clone()).collect()
}

/// Refuses all of these but what an action takes.
pub(super) fn only(filled: &[String], action: &str, taken: &[&str]) -> Result<(), Failure> {
    match filled.iter().find(|name| *name != "action" && !taken.contains(&name.as_str())) {
        Some(argument) => refused(argument, true, action),
        None => Ok(()),
    }
}

/// Which part of a list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub page: u32,
    pub per_page: u32,
}

impl Page {
    /// # Errors
    /// A page before the first, or one of none or of more than a hundred.
    pub(super) fn of(page: Option<u32>, per_page: Option<u32>) -> Result<Self, Failure> {
        let page = within("page", page, 1, 1..=1_000_000)?;
        let per_page = within("per_page", per_page, 10, 1..=100)?;
        Ok(Self { page, per_page })
    }

    pub(super) fn window(self) -> Window {
        Window { limit: self.per_page, offset: u64::from(self.page - 1) * u64::from(self.per_page) }
    }
}

/// A number within its limits.
pub(super) fn within(
    argument: &'static str,
    number: Option<u32>,
    default: u32,
    allowed: std::ops::RangeInclusive<u32>,
) -> Result<u32, Failure> {
    let number = number.unwrap_or(default);
    if allowed.contains(&number) {
        return Ok(number);
    }
    let (least, most) = allowed.into_inner();
    Err(Failure::invalid(argument, format!("`{argument}` must be from {least} to {most}, not {number}")))
}

/// The schema of a word from a list.
fn words(words: impl IntoIterator<Item = &'static str>) -> Schema {
    let words: Vec<&str> = words.into_iter().collect();
    json_schema!({ "enum": words })
}

pub(super) fn status_words(_: &mut schemars::SchemaGenerator) -> Schema {
    words(TaskStatus::ALL.map(TaskStatus::as_str))
}

pub(super) fn priority_words(_: &mut schemars::SchemaGenerator) -> Schema {
    words(Priority::ALL.map(Priority::as_str))
}

pub(super) fn field_words(_: &mut schemars::SchemaGenerator) -> Schema {
    words(VersionField::ALL.map(VersionField::as_str))
}

/// Of a list of objects.
pub(super) fn objects(_: &mut schemars::SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": { "type": "object" } })
}

/// Of an object or an array.
pub(super) fn structure(_: &mut schemars::SchemaGenerator) -> Schema {
    json_schema!({ "type": ["object", "array"] })
}

/// Of an object or a text.
pub(super) fn object_or_text(_: &mut schemars::SchemaGenerator) -> Schema {
    json_schema!({ "type": ["object", "string"] })
}

/// The keys of items that are asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Fields(Option<Vec<String>>);

impl Fields {
    /// How much of an item there has to be to select from.
    pub(super) fn extent(&self) -> Extent {
        if self.0.as_ref().is_none_or(Vec::is_empty) { Extent::Trimmed } else { Extent::Keyed }
    }

    /// Keeps of an item what was asked for; all of it if nothing was. A key of `known` that this one has not is left out.
    ///
    /// # Errors
    /// A key that no item has, or more of them than there are.
    pub(super) fn select(&self, mut item: JsonObject, known: &[&str]) -> Result<JsonObject, Failure> {
        const MOST: usize = 50;
        let Some(fields) = self.0.as_ref().filter(|fields| !fields.is_empty()) else { return Ok(item) };
        if fields.len() > MOST {
            let message = format!("`fields` has {} keys, at most {MOST} are allowed", fields.len());
            return Err(Failure::invalid("fields", message));
        }
        let is_unknown = |field: &&String| !item.contains_key(*field) && !known.contains(&field.as_str());
        if let Some(unknown) = fields.iter().find(is_unknown) {
            let known: Vec<&str> = item.keys().map(String::as_str).collect();
            let shown: String = unknown.chars().take(80).collect();
            return Err(Failure::invalid("fields", format!("`fields`: {shown:?} is none of {}", known.join(", "))));
        }
        item.retain(|key, _| fields.contains(key));
        Ok(item)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only what is wrong is looked at")]
    struct Sample {
        action: Action,
        count: Option<u32>,
        tags: Option<Vec<String>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Action {
        Create,
    }

    fn refusal(arguments: &Value) -> Value {
        let refused = read::<Sample>(arguments.as_object().cloned().expect("an object")).expect_err("refused");
        serde_json::to_value(refused).expect("JSON")
    }

    #[test]
    fn what_is_wrong_with_an_argument_is_named() {
        for (arguments, argument, message) in [
            (
                json!({"action": "create", "count": "7"}),
                "count",
                "`count`: invalid type: string \"7\", expected a whole number",
            ),
            (
                json!({"action": "create", "count": -1}),
                "count",
                "`count`: invalid value: integer `-1`, expected a whole number",
            ),
            (
                json!({"action": "create", "tags": ["a", 1]}),
                "tags[1]",
                "`tags[1]`: invalid type: integer `1`, expected a string",
            ),
            (
                json!({"action": "create", "colour": 1}),
                "colour",
                "`colour`: unknown field `colour`, expected one of `action`, `count`, `tags`",
            ),
            (json!({}), "action", "missing field `action`"),
        ] {
            let refused = refusal(&arguments);
            assert_eq!(refused["type"], "validation_error", "{refused}");
            assert_eq!(refused["message"], message);
            assert_eq!(refused["details"]["argument"], argument);
        }
        let refused = refusal(&json!({"action": "destroy"}));
        assert_eq!(refused["type"], "invalid_action");
        assert_eq!(refused["message"], "`action`: unknown variant `destroy`, expected `create`");
    }

    #[test]
    fn a_huge_argument_makes_no_huge_message() {
        let refused = refusal(&json!({"action": "create", "count": "x".repeat(1 << 20)}));
        let message = refused["message"].as_str().expect("a message");
        assert!(message.len() < 500 && message.ends_with("expected a whole number"), "{message}");
        let name = "x".repeat(1 << 20);
        let refused = refusal(&json!({"action": "create", (name): 1}));
        let length = refused.to_string().len();
        assert!(length < 1_000, "{length}");
    }

    #[test]
    fn a_page_has_limits() {
        assert_eq!(Page::of(Some(3), Some(20)).map(Page::window), Ok(Window { limit: 20, offset: 40 }));
        assert!(Page::of(Some(0), None).is_err() && Page::of(None, Some(101)).is_err());
    }

    #[test]
    fn fields_select_and_unknown_ones_are_named() {
        let item = json!({"id": 1, "title": "a"}).as_object().cloned().expect("an object");
        let fields = |names: &[&str]| Fields(Some(names.iter().map(|name| (*name).to_owned()).collect()));
        assert_eq!(fields(&["title"]).select(item.clone(), &[]).map(Value::Object), Ok(json!({"title": "a"})));
        assert_eq!(fields(&[]).select(item.clone(), &[]), Ok(item.clone()));
        assert_eq!(fields(&["tags"]).select(item.clone(), &["tags"]), Ok(JsonObject::new()));
        assert!(fields(&["colour"]).select(item.clone(), &["tags"]).is_err());
        assert!(fields(&["id"; 51]).select(item, &[]).is_err());
    }
}
