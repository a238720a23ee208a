//! The schemas that tools publish. Each client pays for every token of them, so they say what its model needs and no more: no
//! titles, no dialect, no formats that JSON Schema does not know, and nothing twice.

use std::sync::Arc;

use rmcp::model::JsonObject;
use schemars::{JsonSchema, Schema, generate::SchemaSettings, transform::transform_subschemas};
use serde_json::{Value, json};

/// Of a tool's arguments. `null` counts as left out, which goes without saying.
pub(super) fn input<T: JsonSchema>() -> Arc<JsonObject> {
    let mut schema = bare::<T>();
    without_null(&mut schema);
    object_of(schema)
}

/// Of a tool's result, be it a success or a failure: whatever the first of them has, the other has not. Says which keys there
/// are and of which type; what an object of them holds its reader sees.
pub(super) fn output<T: JsonSchema>() -> Arc<JsonObject> {
    let mut object = Arc::unwrap_or_clone(object_of(bare::<T>()));
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        properties.values_mut().for_each(only_type);
        properties.insert("success".to_owned(), json!({"type": "boolean"}));
        properties.insert("error".to_owned(), json!({"type": "object"}));
    }
    object.insert("required".to_owned(), json!(["success"]));
    Arc::new(object)
}

/// Leaves of a schema the type, and that of the items of a list.
fn only_type(schema: &mut Value) {
    if let Value::Object(schema) = schema {
        schema.retain(|key, _| matches!(key.as_str(), "type" | "items"));
        if let Some(items) = schema.get_mut("items") {
            only_type(items);
        }
    }
}

fn bare<T: JsonSchema>() -> Schema {
    let mut schema = SchemaSettings::draft2020_12()
        .with(|settings| {
            settings.inline_subschemas = true;
            settings.meta_schema = None;
        })
        .into_generator()
        .into_root_schema_for::<T>();
    strip(&mut schema);
    // The description of the whole is the tool's own.
    schema.remove("description");
    schema
}

fn strip(schema: &mut Schema) {
    for key in ["title", "format", "default"] {
        schema.remove(key);
    }
    // What an object may hold besides is only said where it is nothing.
    if schema.get("additionalProperties").is_some_and(|allowed| *allowed != json!(false)) {
        schema.remove("additionalProperties");
    }
    if schema.get("minimum") == Some(&json!(0)) {
        schema.remove("minimum");
    }
    transform_subschemas(&mut strip, schema);
}

fn without_null(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get("type") {
        let others: Vec<Value> = types.iter().filter(|kind| **kind != json!("null")).cloned().collect();
        if let [only] = &*others {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(words)) = schema.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
    transform_subschemas(&mut without_null, schema);
}

fn object_of(schema: Schema) -> Arc<JsonObject> {
    // Types that are published are objects.
    Arc::new(schema.to_value().as_object().cloned().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    /// Not published.
    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        /// Published.
        name: String,
        count: Option<u32>,
        kind: Option<Kind>,
        anything: serde_json::Map<String, Value>,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        Small,
        Large,
    }

    /// Has what has keys of its own.
    #[derive(Serialize, JsonSchema)]
    struct Nested {
        /// Not published, as is what it holds.
        one: Option<Sample>,
        many: Vec<Sample>,
    }

    #[test]
    fn only_what_a_model_needs_is_published() {
        assert_eq!(
            Value::Object(Arc::unwrap_or_clone(input::<Sample>())),
            json!({
                "type": "object", "additionalProperties": false, "required": ["name", "anything"],
                "properties": {
                    "name": {"type": "string", "description": "Published."},
                    "count": {"type": "integer"},
                    "kind": {"type": "string", "enum": ["small", "large"]},
                    "anything": {"type": "object"},
                },
            })
        );
        let published = output::<Sample>();
        assert_eq!(published["required"], json!(["success"]));
        assert_eq!(published["properties"]["error"], json!({"type": "object"}));
        assert_eq!(published["properties"]["count"], json!({"type": ["integer", "null"]}));
        let nested = output::<Nested>();
        assert_eq!(nested["properties"]["one"], json!({"type": ["object", "null"]}));
        assert_eq!(nested["properties"]["many"], json!({"type": "array", "items": {"type": "object"}}));
    }
}
