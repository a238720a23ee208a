//! What a client said it can do.

use leptos::prelude::*;
use serde_json::Value;

/// The declared capabilities as a list; as sent, where they are no JSON object.
#[component]
pub fn Capabilities(json: String) -> impl IntoView {
    match capabilities(&json) {
        None => view! { <code>{json}</code> }.into_any(),
        Some(list) if list.is_empty() => view! { <span class="none">"nothing declared"</span> }.into_any(),
        Some(list) => {
            let entries = list
                .into_iter()
                .map(|(name, parts)| {
                    view! {
                        <li>
                            {name}
                            {(!parts.is_empty()).then(|| view! { <span class="beside">{parts.join(", ")}</span> })}
                        </li>
                    }
                })
                .collect_view();
            view! { <ul class="chips">{entries}</ul> }.into_any()
        }
    }
}

/// Each capability with its parts: what is `false` or `null` is not declared.
fn capabilities(json: &str) -> Option<Vec<(String, Vec<String>)>> {
    let Ok(Value::Object(declared)) = serde_json::from_str(json) else { return None };
    let on = |value: &Value| !matches!(value, Value::Null | Value::Bool(false));
    let list = declared.into_iter().filter(|(_, value)| on(value)).map(|(name, value)| {
        let parts = match value {
            Value::Object(parts) => parts.into_iter().filter(|(_, value)| on(value)).map(|(name, _)| name).collect(),
            _ => Vec::new(),
        };
        (name, parts)
    });
    Some(list.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_listed_and_what_is_off_is_not() {
        let list = capabilities(r#"{"roots":{"listChanged":true,"x":false},"sampling":{},"gone":null}"#);
        assert_eq!(
            list,
            Some(vec![("roots".to_owned(), vec!["listChanged".to_owned()]), ("sampling".to_owned(), vec![])])
        );
    }

    #[test]
    fn what_is_no_object_is_shown_as_it_is() {
        assert_eq!(capabilities("[1]"), None);
        assert_eq!(capabilities("{"), None);
        assert_eq!(capabilities("{}"), Some(vec![]));
    }
}
