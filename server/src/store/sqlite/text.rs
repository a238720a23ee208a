//! Times as this engine's columns hold them: text that a person can read and that sorts like the time it names.

use chrono::{DateTime, SecondsFormat, Utc};

/// `2026-01-09T14:40:00.123456Z`, always with six decimals.
pub fn time_text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// The time that [`time_text`] wrote.
pub fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.with_timezone(&Utc))
}

/// A JSON array of texts that need no escaping (ids, times): the one parameter that stands for a list.
pub fn json_list<T: std::fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    use std::fmt::Write;

    let mut list = String::from("[");
    for item in items {
        let separator = if list.len() == 1 { "" } else { "," };
        // Writing to a string cannot fail.
        let _ = write!(list, "{separator}\"{item}\"");
    }
    list.push(']');
    list
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_time_is_written_with_six_decimals_and_read_back() {
        let whole = DateTime::UNIX_EPOCH + TimeDelta::seconds(1_767_969_600);
        assert_eq!(time_text(whole), "2026-01-09T14:40:00.000000Z");
        let micros = whole + TimeDelta::microseconds(123_456);
        assert_eq!(time_text(micros), "2026-01-09T14:40:00.123456Z");
        assert_eq!(parse_time(&time_text(micros)), Some(micros));
    }

    #[test]
    fn a_list_is_json() {
        assert_eq!(json_list::<&str>([]), "[]");
        assert_eq!(json_list(["a", "b"]), r#"["a","b"]"#);
    }
}
