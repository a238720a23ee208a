//! `tracon config`: the effective configuration as a `tracon.toml`, each value with where it comes from.

use crate::config::Loaded;
use std::fmt::Write;
use toml::Value;

/// Usable as a `tracon.toml`, save for hidden passwords.
pub(super) fn as_toml(loaded: &Loaded) -> String {
    let mut text = String::new();
    let mut section = "";
    for (setting, value) in loaded.values() {
        let (its_section, name) = setting.key.split_once('.').unwrap_or(("", setting.key));
        if its_section != section {
            section = its_section;
            let _ = writeln!(text, "\n[{section}]");
        }
        let line = format!("{name} = {}", on_one_line(&value));
        let _ = writeln!(text, "{line:<44} # {}", loaded.place(setting));
    }
    text
}

/// TOML writes text with line breaks over several lines, where a comment behind it would become part of it.
fn on_one_line(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(entries) => format!("[{}]", entries.iter().map(on_one_line).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// A basic string, with every control escaped.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(letter));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}
