//! Ids that clients send of themselves in `_meta`: they group requests and grant nothing.

use serde_json::{Map, Value};

/// What a key tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tells {
    Conversation,
    Turn,
}

/// The known keys, the first that is present counts; a path of two goes one object down.
const KEYS: &[(&[&str], Tells)] = &[
    // VS Code's source.
    (&["vscode.conversationId"], Tells::Conversation),
    (&["vscode.requestId"], Tells::Turn),
    // Recorded from Codex 0.169.
    (&["x-codex-turn-metadata", "session_id"], Tells::Conversation),
    (&["x-codex-turn-metadata", "thread_id"], Tells::Conversation),
    (&["x-codex-turn-metadata", "turn_id"], Tells::Turn),
    (&["threadId"], Tells::Conversation),
    // OpenAI's Apps SDK documentation.
    (&["openai/session"], Tells::Conversation),
    // OpenCode's source, older and newer.
    (&["sessionID"], Tells::Conversation),
    (&["ai.opencode/sessionID"], Tells::Conversation),
    // Antigravity's documentation.
    (&["antigravity.google/conversation_id"], Tells::Conversation),
    // Recorded from Claude Code 2.1: one id a call.
    (&["claudecode/toolUseId"], Tells::Turn),
];

/// Longer ids are cut: they come from outside and are stored with each request.
const MAX_CHARS: usize = 200;

/// The ids that a request carries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conversation {
    pub conversation_id: Option<String>,
    pub turn_id: Option<String>,
}

/// Reads the known keys of a request's `_meta`.
#[must_use]
pub fn conversation(meta: &Map<String, Value>) -> Conversation {
    // What most requests carry is no more than one or two keys: the known ones are looked for only where one of them is there.
    if !meta.keys().any(|key| KEYS.iter().any(|(path, _)| path.first() == Some(&&**key))) {
        return Conversation::default();
    }
    let first = |wanted: Tells| {
        KEYS.iter().filter(|(_, tells)| *tells == wanted).find_map(|(path, _)| {
            let (last, above) = path.split_last()?;
            let object = above.iter().try_fold(meta, |object, key| object.get(*key)?.as_object())?;
            let id = object.get(*last)?.as_str().filter(|id| !id.is_empty())?;
            let end = id.char_indices().nth(MAX_CHARS).map_or(id.len(), |(end, _)| end);
            Some(id[..end].to_owned())
        })
    };
    Conversation { conversation_id: first(Tells::Conversation), turn_id: first(Tells::Turn) }
}

/// The trace id of `_meta.traceparent`.
#[must_use]
pub fn trace_of(meta: &Map<String, Value>) -> Option<String> {
    trace_id(meta.get("traceparent")?.as_str()?).map(str::to_owned)
}

/// The trace id of a W3C `traceparent` (`00-<32 hex digits>-<16 hex digits>-<2 hex digits>`).
#[must_use]
pub fn trace_id(traceparent: &str) -> Option<&str> {
    let mut parts = traceparent.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let valid = hex(version, 2) && version != "ff" && hex(trace, 32) && hex(span, 16) && hex(flags, 2);
    (valid && trace.bytes().any(|byte| byte != b'0')).then_some(trace)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(meta: Value) -> (Option<String>, Option<String>) {
        let Value::Object(meta) = meta else { panic!("not an object") };
        let found = conversation(&meta);
        (found.conversation_id, found.turn_id)
    }

    #[test]
    fn each_client_s_ids_are_found() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(of(json!({"vscode.conversationId": "c", "vscode.requestId": "t"})), (text("c"), text("t")));
        assert_eq!(
            of(json!({"threadId": "x", "x-codex-turn-metadata": {"session_id": "c", "turn_id": "t"}})),
            (text("c"), text("t"))
        );
        assert_eq!(of(json!({"claudecode/toolUseId": "toolu_1"})), (None, text("toolu_1")));
        assert_eq!(of(json!({"progressToken": 1})), (None, None));
    }

    #[test]
    fn ids_of_a_wrong_type_are_passed_over() {
        assert_eq!(of(json!({"threadId": 7, "openai/session": ""})), (None, None));
        assert_eq!(of(json!({"x-codex-turn-metadata": "text"})), (None, None));
        let long = "é".repeat(5_000);
        assert_eq!(of(json!({"threadId": long})).0.map(|id| id.chars().count()), Some(MAX_CHARS));
    }

    #[test]
    fn only_a_well_formed_traceparent_has_a_trace_id() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(trace_id(&format!("00-{trace}-00f067aa0ba902b7-01")), Some(trace));
        for bad in ["", "00", "00-xyz-1-1", "00-00000000000000000000000000000000-00f067aa0ba902b7-01"] {
            assert_eq!(trace_id(bad), None, "{bad}");
        }
    }
}
