//! JSON over several lines. Only white space is added and taken away: order, numbers and escapes stay as they were sent,
//! and the server and the browser write the same.

use serde::de::IgnoredAny;

/// Deeper levels are not indented further: a text of brackets would grow beyond reason.
const DEEPEST: usize = 16;
const STEP: &str = "  ";

/// The text indented; `None` when it is no JSON.
#[must_use]
pub fn indented(json: &str) -> Option<String> {
    serde_json::from_str::<IgnoredAny>(json).ok()?;
    let mut out = Lines { text: String::with_capacity(json.len() * 2), depth: 0 };
    let mut letters = json.chars().peekable();
    let mut in_string = false;
    let mut escaped = false;
    while let Some(letter) = letters.next() {
        if in_string {
            out.text.push(letter);
            match letter {
                '\\' => escaped = !escaped,
                '"' if !escaped => in_string = false,
                _ => escaped = false,
            }
            continue;
        }
        match letter {
            '{' | '[' => {
                out.text.push(letter);
                while letters.next_if(char::is_ascii_whitespace).is_some() {}
                // What is empty stays on its line.
                if let Some(end) = letters.next_if(|next| matches!(next, '}' | ']')) {
                    out.text.push(end);
                } else {
                    out.depth += 1;
                    out.new_line();
                }
            }
            '}' | ']' => {
                out.depth = out.depth.saturating_sub(1);
                out.new_line();
                out.text.push(letter);
            }
            ',' => {
                out.text.push(letter);
                out.new_line();
            }
            ':' => out.text.push_str(": "),
            ' ' | '\t' | '\r' | '\n' => {}
            _ => {
                in_string = letter == '"';
                out.text.push(letter);
            }
        }
    }
    Some(out.text)
}

struct Lines {
    text: String,
    depth: usize,
}

impl Lines {
    fn new_line(&mut self) {
        self.text.push('\n');
        self.text.push_str(&STEP.repeat(self.depth.min(DEEPEST)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_member_gets_its_line_and_keeps_its_place() {
        let text = indented(r#"{"z":1,"a":[true,{"b":null}],"n":1.50e3}"#);
        let expected =
            "{\n  \"z\": 1,\n  \"a\": [\n    true,\n    {\n      \"b\": null\n    }\n  ],\n  \"n\": 1.50e3\n}";
        assert_eq!(text.as_deref(), Some(expected));
    }

    #[test]
    fn what_is_empty_stays_on_its_line() {
        assert_eq!(indented(r#"{"a": { }, "b":[ ]}"#).as_deref(), Some("{\n  \"a\": {},\n  \"b\": []\n}"));
        assert_eq!(indented(" [] ").as_deref(), Some("[]"));
    }

    #[test]
    fn strings_stay_as_they_are() {
        for json in [r#""a, b: {c} [d]""#, r#""a\"b, {\\""#, r#""\\""#, r#""\u005b  x""#] {
            assert_eq!(indented(json).as_deref(), Some(json));
        }
        assert_eq!(indented(r#"["\\","a,b"]"#).as_deref(), Some("[\n  \"\\\\\",\n  \"a,b\"\n]"));
    }

    #[test]
    fn what_was_laid_out_already_is_laid_out_anew() {
        let wide = "{\n\t\"a\" :\t[ 1 ,\r\n 2 ]\n}";
        assert_eq!(indented(wide), indented(r#"{"a":[1,2]}"#));
    }

    #[test]
    fn what_is_no_json_is_left_alone() {
        for text in ["", "{", r#"{"a":"b"#, "[1,]", "GET / HTTP/1.1"] {
            assert_eq!(indented(text), None, "{text}");
        }
    }

    #[test]
    fn the_text_does_not_grow_beyond_reason() {
        let json = format!("{}{}{}", "[".repeat(100), vec!["[]"; 5_000].join(","), "]".repeat(100));
        let text = indented(&json).unwrap_or_default();
        assert!(text.len() < json.len() * 15, "{} bytes of {}", text.len(), json.len());
        assert_eq!(text.split_whitespace().collect::<String>(), json);
    }
}
