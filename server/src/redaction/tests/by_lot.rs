//! Secrets, documents and cuts drawn by lot.

use super::super::{MARK, cards::is_card, clean, cut_json, escapes::Escapes, find_in_layers, redact_json, shapes};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::{borrow::Cow, fmt::Write as _};

/// A secret's text, and a part of it that must never be seen.
#[derive(Clone, Debug)]
struct Secret {
    text: String,
    needle: String,
}

fn secret(text: impl Into<String>, needle: impl Into<String>) -> Secret {
    Secret { text: text.into(), needle: needle.into() }
}

/// What stands at the start of each secret drawn, so that a part of one that was cut off is found as well.
const NEEDLE: &str = "Zq7x";

fn known_by_shape() -> impl Strategy<Value = Secret> {
    let token = "[A-Za-z0-9]{36,48}";
    let prefix = prop::sample::select(vec![
        "sk-",
        "sk-ant-api03-",
        "sk-proj-",
        "ghp_",
        "gho_",
        "ghs_",
        "github_pat_",
        "glpat-",
        "xoxb-",
        "xoxp-",
        "AKIA",
        "ASIA",
        "AIza",
        "npm_",
        "hf_",
        "sk_live_",
        "pk_live_",
        "rk_live_",
        "SG.",
        "dop_v1_",
        "ya29.",
        "tracon_",
        "hvs.",
        "whsec_",
    ]);
    let password = "[A-Za-z0-9!$%^*()+=/?#@,;:~-]{0,12}[a-z]";
    prop_oneof![
        (prefix, token).prop_map(|(prefix, rest)| secret(format!("{prefix}{NEEDLE}{rest}"), NEEDLE)),
        ("[a-z+]{1,8}[a-z]", "[a-z]{0,6}", password).prop_map(|(scheme, user, rest)| {
            secret(format!("{scheme}://{user}:{NEEDLE}{rest}@db.example.com/x"), NEEDLE)
        }),
        ("[a-z]{1,6}", token).prop_map(|(user, rest)| {
            // In base64 the needle would not stand as it is: the whole value is looked for.
            let value = base64(&format!("{user}:{NEEDLE}{rest}"));
            secret(format!("Basic {value}"), value[..10].to_owned())
        }),
        token.prop_map(|rest| secret(format!("Bearer {NEEDLE}{rest}"), NEEDLE)),
        (token, token).prop_map(|(payload, signature)| {
            secret(format!("eyJhbGciOiJ{NEEDLE}.eyJ{payload}.{signature}"), NEEDLE)
        }),
        prop::collection::vec("[A-Za-z0-9+/]{64}", 1..30).prop_map(|lines| {
            let body = format!("{NEEDLE}{}", lines.join("\n"));
            secret(format!("-----BEGIN EC PRIVATE KEY-----\n{body}\n-----END EC PRIVATE KEY-----"), NEEDLE)
        }),
        ("[0-9]{10}", prop::sample::select(vec!["", " ", "-"])).prop_map(|(digits, separator)| {
            let number = checked(&format!("41111{digits}"));
            let groups: Vec<&str> = (0..4).map(|index| &number[4 * index..4 * index + 4]).collect();
            let text = groups.join(separator);
            secret(text.clone(), &text[..12])
        }),
    ]
}

fn secret_name() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "password",
        "Passwd",
        "PWD",
        "secret",
        "token",
        "api_key",
        "apiKey",
        "X-Api-Key",
        "access_key",
        "privateKey",
        "client-secret",
        "Authorization",
        "cookie",
        "Set-Cookie",
        "sessionToken",
        "DB_CREDENTIAL",
        "AWS_SECRET_ACCESS_KEY",
    ])
    .prop_map(str::to_owned)
}

fn known_by_name() -> impl Strategy<Value = Secret> {
    let word = "[A-Za-z0-9!$%^*+/?#@~_.-]{2,16}";
    let words = "[A-Za-z0-9!$%^*+/?#@~_., ;-]{2,16}";
    (secret_name(), word, words, naming_key(), value_key(), 0..11).prop_map(|(name, word, words, naming, key, form)| {
        let text = match form {
            0 => format!("{name}={NEEDLE}{word}"),
            1 => format!("{name}: {NEEDLE}{word}"),
            2 => format!("{name} = \"{NEEDLE}{words}\""),
            3 => format!("{{\"{name}\":\"{NEEDLE}{words}\"}}"),
            4 => format!("{{\"a\":1,\"{name}\":[{{\"x\":\"{NEEDLE}{words}\"}}]}}"),
            5 => format!("{{'{name}': '{NEEDLE}{words}'}}"),
            6 => format!("--{name} {NEEDLE}{word}"),
            7 => format!("{{\"{naming}\":\"{name}\",\"{key}\":\"{NEEDLE}{words}\"}}"),
            8 => {
                format!("{{\n  \"{naming}\" : \"{name}\",\n  \"a\": [1, \"x\"],\n  \"{key}\": \"{NEEDLE}{words}\"\n}}")
            }
            9 => format!("['{word}', '--{name}', '{NEEDLE}{words}']"),
            _ => format!("[\n  \"--{name}\",\n  \"{NEEDLE}{words}\"\n]"),
        };
        secret(text, NEEDLE)
    })
}

/// Keys of names, and of their values: each stands in the tables.
fn naming_key() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["name", "key", "Header", "field", "variable", "param", "parameter", "env"])
}

fn value_key() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["value", "val", "Value"])
}

/// As [`known_by_name`], where the name stands behind the value.
fn known_by_name_behind() -> impl Strategy<Value = Secret> {
    let words = "[A-Za-z0-9!$%^*+/?#@~_., ;-]{2,16}";
    (secret_name(), words, naming_key(), value_key(), 0..3).prop_map(|(name, words, naming, key, form)| {
        let text = match form {
            0 => format!("{{\"{key}\":\"{NEEDLE}{words}\",\"{naming}\":\"{name}\"}}"),
            1 => format!("{{'{key}': '{NEEDLE}{words}', 'a': None, '{naming}': '{name}', 'b': 1}}"),
            _ => format!("{{\n  \"{key}\" : \"{NEEDLE}{words}\",\n  \"a\": \"x\",\n  \"{naming}\": \"{name}\"\n}}"),
        };
        secret(text, NEEDLE)
    })
}

/// A value with a secret somewhere in it.
/// The value, what must not be seen of it, and whether that is so even where the document ends within it.
fn document() -> impl Strategy<Value = (Value, String, bool)> {
    let harmless = "[a-z .,\"\\\\\n\tü😀-]{0,20}";
    let either = prop_oneof![
        (known_by_shape(), Just(false)),
        (known_by_name(), Just(true)),
        (known_by_name_behind(), Just(false)),
    ];
    let in_text = (harmless, either, harmless).prop_map(|(before, (secret, is_known), after)| {
        (json!(format!("{before} {} {after}", secret.text)), secret.needle, is_known)
    });
    let in_value = (secret_name(), "[ -~]{0,20}", 0..3).prop_map(|(name, rest, form)| {
        let value = json!(format!("{NEEDLE}{rest}"));
        let value = match form {
            0 => value,
            1 => json!([1, value]),
            _ => json!({"a": {"b": [value]}}),
        };
        (json!({name: value}), NEEDLE.to_owned(), true)
    });
    let beside =
        (secret_name(), "[ -~]{0,20}", naming_key(), value_key(), 0..5).prop_map(|(name, rest, naming, key, form)| {
            let value = json!(format!("{NEEDLE}{rest}"));
            // Keys are sorted: the name may stand behind its value.
            let value = match form {
                0 => json!({naming: name, "n": [1], key: value}),
                1 => json!({naming: name, key: [value]}),
                2 => json!(["x", format!("--{name}"), value]),
                3 => json!({"value": value, "variable": name}),
                _ => json!({"VAL": value, "a": {"value": "x"}, naming: name}),
            };
            (value, NEEDLE.to_owned(), form == 2 || (form < 2 && naming < key))
        });
    prop_oneof![in_text, in_value, beside].prop_recursive(5, 12, 3, move |inner| {
        // Not `z`, which would take the place of the value.
        (inner, "[a-y]{1,5}", harmless, 0..4).prop_map(|((value, needle, is_known), key, text, form)| {
            let value = match form {
                0 => json!([text, value, 1.5]),
                1 => json!({"a": text, key: value, "z": null}),
                2 => json!({"type": "text", "text": value.to_string()}),
                _ => json!({"content": [{"type": "text", "text": format!("{text} {value}")}]}),
            };
            (value, needle, is_known)
        })
    })
}

/// JSON with some of its letters written as escapes, and blanks between.
fn escaped(value: &Value, every: usize) -> String {
    let mut out = String::new();
    let (mut inside, mut after_backslash) = (false, false);
    for (index, letter) in value.to_string().chars().enumerate() {
        let is_plain = inside && !after_backslash && letter.is_ascii() && !matches!(letter, '"' | '\\');
        let is_mark = letter == '"' && !after_backslash;
        after_backslash = inside && letter == '\\' && !after_backslash;
        if is_mark {
            inside = !inside;
        }
        if is_plain && every > 0 && index % every == 0 {
            let _ = write!(out, "\\u{:04x}", u32::from(letter));
        } else if is_plain && letter == '/' && every > 0 {
            out.push_str("\\/");
        } else {
            out.push(letter);
        }
        if !inside && matches!(letter, ',' | ':') {
            out.push('\n');
        }
    }
    out
}

fn checked(digits: &str) -> String {
    (0..10).map(|last| format!("{digits}{last}")).find(|number| is_card(number.as_bytes())).unwrap()
}

fn base64(text: &str) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits = text.bytes().fold(String::new(), |bits, byte| format!("{bits}{byte:08b}"));
    bits.as_bytes()
        .chunks(6)
        .map(|bits| {
            let bits = format!("{:0<6}", std::str::from_utf8(bits).unwrap());
            char::from(LETTERS[usize::from_str_radix(&bits, 2).unwrap()])
        })
        .collect()
}

/// Everything but texts, which may have lost a secret, and what stood under a secret's name.
fn is_alike(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (_, Value::String(text)) if text == MARK => true,
        (Value::String(_), Value::String(_)) => true,
        (Value::Array(before), Value::Array(after)) => {
            before.len() == after.len() && before.iter().zip(after).all(|(before, after)| is_alike(before, after))
        }
        (Value::Object(before), Value::Object(after)) => {
            before.keys().eq(after.keys()) && before.iter().all(|(key, value)| is_alike(value, &after[key]))
        }
        _ => before == after,
    }
}

fn harmless_document() -> impl Strategy<Value = Value> {
    let text = "[a-zA-Z ü😀\"\\\\\n]{0,30}";
    let leaf = prop_oneof![
        text.prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        (-1e9..1e9).prop_map(Value::from),
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "name",
        "max_tokens",
        "token_count",
        "author",
        "authorId",
        "key",
        "keyboard",
        "primary_key",
        "id",
    ]);
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

proptest! {
    #[test]
    fn no_secret_survives_in_text(
        before in "[a-z .,(\n]{0,20}[ (\n]", secret in prop_oneof![known_by_shape(), known_by_name(), known_by_name_behind()],
        after in "([ \n][a-z .,)\n]{0,20})?",
    ) {
        let text = format!("{before}{}{after}", secret.text);
        prop_assert!(text.contains(&secret.needle));
        let cleaned = clean(&text).into_owned();
        prop_assert!(!cleaned.contains(&secret.needle), "{text:?} gave {cleaned:?}");
        prop_assert_eq!(clean(&cleaned), cleaned.as_str());
        let quoted = format!("{text:?}");
        prop_assert!(!clean(&quoted).contains(&secret.needle), "{quoted} gave {}", clean(&quoted));
    }

    #[test]
    fn no_secret_survives_in_a_document((value, needle, is_known) in document(), every in 0_usize..5) {
        let json = escaped(&value, every);
        prop_assert_eq!(&serde_json::from_str::<Value>(&json).unwrap(), &value);
        prop_assert!(value.to_string().contains(&needle));
        let (whole, is_cut) = redact_json(json.as_bytes(), usize::MAX);
        prop_assert!(!is_cut);
        let parsed: Value = serde_json::from_str(&whole).unwrap();
        prop_assert!(!parsed.to_string().contains(&needle), "{json} gave {whole}");
        prop_assert!(is_alike(&value, &parsed), "{json} gave {whole}");
        for max_bytes in (0..=whole.len()).step_by(1 + whole.len() / 100) {
            let (part, is_cut) = redact_json(json.as_bytes(), max_bytes);
            prop_assert_eq!(part, &whole[..whole.floor_char_boundary(max_bytes)], "{} at {}", json, max_bytes);
            prop_assert_eq!(is_cut, max_bytes < whole.len());
        }
        // A document that was itself cut off is text, where names are known before their values.
        for length in (0..json.len()).step_by(1 + json.len() / 50).filter(|_| is_known) {
            let (part, _) = redact_json(&json.as_bytes()[..length], usize::MAX);
            prop_assert!(!part.contains(&needle), "{} gave {part}", String::from_utf8_lossy(&json.as_bytes()[..length]));
        }
    }

    #[test]
    fn no_secret_survives_in_a_result_that_says_the_same_twice(
        (value, needle, _) in document(), every in 0_usize..5, is_compact: bool, less in 0_usize..200,
    ) {
        let content = json!({ "found": value });
        let content = if is_compact { content.to_string() } else { escaped(&content, every) };
        let result = format!(
            r#"{{"content":[{{"type":"text","text":{}}}],"structuredContent":{content},"isError":false}}"#,
            Value::from(content.as_str())
        );
        let (shown, is_cut) = redact_json(result.as_bytes(), usize::MAX);
        prop_assert!(!is_cut);
        let parsed: Value = serde_json::from_str(&shown).unwrap();
        prop_assert!(!parsed["structuredContent"].to_string().contains(&needle), "{result} gave {shown}");
        let text = parsed["content"][0]["text"].as_str().unwrap();
        prop_assert!(!text.contains(&needle), "{result} gave {shown}");
        for max_bytes in [result.len().saturating_sub(less), shown.len().saturating_sub(less)] {
            let (part, _) = redact_json(result.as_bytes(), max_bytes);
            prop_assert!(part.len() <= max_bytes && !part.contains(&needle), "{result} at {max_bytes} gave {part}");
        }
    }

    #[test]
    fn what_says_the_same_twice_without_a_secret_stays(value in harmless_document(), is_first: bool) {
        let content = json!({ "found": value }).to_string();
        let text = Value::from(content.as_str());
        let result = if is_first {
            format!(r#"{{"structuredContent":{content},"content":[{{"text":{text}}}]}}"#)
        } else {
            format!(r#"{{"content":[{{"text":{text}}}],"structuredContent":{content}}}"#)
        };
        let shown = redact_json(result.as_bytes(), usize::MAX).0;
        prop_assert!(matches!(shown, Cow::Borrowed(_)), "{shown}");
        prop_assert_eq!(&shown, &result);
    }

    /// Most text with escapes is not read through them: only where that could find nothing.
    #[test]
    fn text_whose_escapes_are_not_read_holds_no_secret(
        (value, _, _) in document(), layers in 0_usize..4, is_json: bool, parts in prop::collection::vec(prop::sample::select(vec![
            "\\n", "\\t", "\\b", "\\\\", "\\\"", "\\", "\"", " ", "=", ": ", "key", "API", "password", "pass", "sig", "nsig", "token", "s", "n", "-", "_",
            ".", "hunter2", "4111 1111 1111 1111", "4111111111111111", "://", "a", ":", "@", "/", "sk-", "a1b2c3d4e5f6g7h8i9", "Bearer ", "basic ",
            "QTpCQ0RFRg==", "eyJhbGciOi", "@tcp(", "-----BEGIN PRIVATE KEY-----",
        ]), 0..12),
    ) {
        let nested = (0..layers).fold(value.to_string(), |text, _| {
            let text = Value::from(text).to_string();
            text[1..text.len() - 1].to_owned()
        });
        for text in [nested, parts.concat()] {
            let escapes = Escapes::of(text.as_bytes());
            if escapes.any && !escapes.may_hide && !shapes::may_hold(&text) {
                let mut found = Vec::new();
                find_in_layers(&text, is_json, 0, &mut found);
                prop_assert!(found.is_empty(), "{text}: {found:?}");
            }
        }
    }

    /// Of a long string only a part is read: the cut falls into the secret, or beside it.
    #[test]
    fn no_secret_survives_at_the_cut_of_a_long_text(
        secret in prop_oneof![known_by_shape(), known_by_name(), known_by_name_behind()],
        words in 0_usize..600, hidden in 0_usize..3, is_json in any::<bool>(),
    ) {
        let keys = "-----BEGIN PRIVATE KEY----- MIIE -----END PRIVATE KEY----- ".repeat(200 * hidden);
        let before = "words ".repeat(words);
        let text = format!("{keys}{before}{} {}", secret.text, "words\n".repeat(8000));
        let json = if is_json { Value::from(text).to_string() } else { format!("not JSON {text}") };
        let place = before.len() + keys.len() / 59 * (MARK.len() + 1);
        for max_bytes in [place.saturating_sub(10), place + 5, place + 25, place + 60, place + 2000] {
            let (part, is_cut) = redact_json(json.as_bytes(), max_bytes);
            prop_assert!(is_cut && part.len() == max_bytes);
            prop_assert!(!part.contains(&secret.needle), "{} at {max_bytes} gave {}", secret.text, &part[part.len().saturating_sub(99)..]);
        }
    }

    #[test]
    fn harmless_documents_stay(value in harmless_document()) {
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        let compact = value.to_string();
        prop_assert_eq!(redact_json(pretty.as_bytes(), usize::MAX), (compact.as_str().into(), false));
        let shown = redact_json(compact.as_bytes(), usize::MAX).0;
        prop_assert!(matches!(shown, Cow::Borrowed(_)), "{shown}");
        prop_assert_eq!(&shown, &compact);
    }

    #[test]
    fn nothing_panics(
        bytes in prop::collection::vec(any::<u8>(), 0..200), max_bytes in 0_usize..250,
        parts in prop::collection::vec(prop::sample::select(vec![
            "\"", "\\", "\\\"", "{", "}", "[", "]", ":", ",", " ", "\n", "ä", "\u{1F600}", "1", "-", "null", "4111111111111111", "a", "hunter2", MARK,
            "\"password\":", "\"password\":\"", "\"tokens\":{", "\"structuredContent\":{", "\"text\":\"{", "{\"name\":\"API_KEY\",\"value\":\"",
            "{\"value\":", ",\"name\":\"API_KEY\"", "\"--token\",", "'",
        ]), 0..25),
    ) {
        let _ = clean(&String::from_utf8_lossy(&bytes));
        for bytes in [bytes, parts.concat().into_bytes()] {
            prop_assert!(redact_json(&bytes, max_bytes).0.len() <= max_bytes);
            prop_assert!(cut_json(&bytes, max_bytes).0.len() <= max_bytes);
            let _ = redact_json(&bytes, usize::MAX);
        }
    }

    #[test]
    fn cleaning_again_changes_nothing(parts in prop::collection::vec(prop::sample::select(vec![
        "password", "=", ":", "\"", "'", "{", "}", "[", "]", " ", "\n", "\\", "\\\"", "\\u0070", "token", "sk-a1b2c3d4e5f6g7h8i9", "://", "@", "a",
        "1", ",", ";", "Bearer ", "eyJhbGciOi", ".", "4111111111111111", "--", "<", ">", "</", "cookie", "authorization", "-----BEGIN PRIVATE KEY-----",
        "-----END PRIVATE KEY-----", MARK, "basic QTpCQ0RFRg==", "\"name\":\"token\"", "\"value\":\"", "\"value\":", "\"--token\"",
    ]), 0..25), max_bytes in 0_usize..300) {
        let text = parts.concat();
        let cleaned = clean(&text).into_owned();
        prop_assert_eq!(clean(&cleaned), cleaned.as_str(), "from {:?}", text);
        let json = Value::from(text).to_string();
        let (once, _) = redact_json(json.as_bytes(), usize::MAX);
        prop_assert_eq!(&redact_json(once.as_bytes(), usize::MAX).0, &once);
        let _ = redact_json(json.as_bytes(), max_bytes);
    }
}
