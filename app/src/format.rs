//! Figures as people read them. Pure: the server and the browser write the same text.

use chrono::{DateTime, Utc};

/// A count with thousands set apart: `1,234,567`.
#[must_use]
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A count in the width of a tile or an axis: `9,999`, `12.3k`, `1.23M`.
#[must_use]
pub fn short_count(value: u64) -> String {
    let value_f = value as f64;
    match value {
        0..10_000 => count(value),
        10_000..999_950 => format!("{}k", figures(value_f / 1e3)),
        999_950..999_950_000 => format!("{}M", figures(value_f / 1e6)),
        _ => format!("{}G", figures(value_f / 1e9)),
    }
}

/// A count of tokens, which is an estimate and says so: `≈ 310`, `≈ 12.4k`; none is certain.
#[must_use]
pub fn tokens(value: u64) -> String {
    if value == 0 { "0".to_owned() } else { format!("≈ {}", short_count(value)) }
}

/// Tokens a call, to the nearest; `None` without a call.
#[must_use]
pub fn tokens_per_call(tokens_in_all: u64, calls: u64) -> Option<String> {
    (calls > 0).then(|| tokens((tokens_in_all + calls / 2) / calls))
}

/// A count with its noun in the right number: `1 request`, `2 requests`.
#[must_use]
pub fn counted(value: u64, noun: &str) -> String {
    let ending = if value == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", count(value))
}

/// A duration in ms, three figures: `0.42 ms`, `12.3 ms`, `1.23 s`, `2 min 5 s`, `3 h 12 min`.
#[must_use]
pub fn duration(ms: f64) -> String {
    if ms < 999.5 {
        return format!("{} ms", figures(ms));
    }
    if ms < 59_950.0 {
        return format!("{} s", figures(ms / 1e3));
    }
    let seconds = whole(ms / 1e3);
    match seconds {
        0..3_600 => two_units(seconds / 60, "min", seconds % 60, "s"),
        3_600..86_400 => two_units(seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        _ => two_units(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h"),
    }
}

/// A duration that may not be known.
#[must_use]
pub fn optional_duration(ms: Option<f64>) -> String {
    ms.map_or_else(|| "–".to_owned(), duration)
}

/// How long from one time to another; nought when the clock went back.
#[must_use]
pub fn span(from: DateTime<Utc>, to: DateTime<Utc>) -> String {
    duration((to - from).num_milliseconds().max(0) as f64)
}

/// Bytes in decimal units, three figures: `512 B`, `1.23 kB`, `45.6 MB`.
#[must_use]
pub fn bytes(value: u64) -> String {
    let value_f = value as f64;
    match value {
        0..1_000 => format!("{value} B"),
        1_000..999_500 => format!("{} kB", figures(value_f / 1e3)),
        999_500..999_500_000 => format!("{} MB", figures(value_f / 1e6)),
        999_500_000..999_500_000_000 => format!("{} GB", figures(value_f / 1e9)),
        _ => format!("{} TB", figures(value_f / 1e12)),
    }
}

/// A part of a whole in per cent: `0 %`, `0.4 %`, `12 %`; nothing of nothing is `–`.
#[must_use]
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let percent = part as f64 * 100.0 / whole as f64;
    match part {
        0 => "0 %".to_owned(),
        _ if percent < 0.1 => "< 0.1 %".to_owned(),
        _ if part < whole && percent > 99.9 => "> 99.9 %".to_owned(),
        // All but a few is not all.
        _ if part < whole && percent >= 99.5 => format!("{percent:.1} %"),
        _ if percent < 9.95 => format!("{percent:.1} %"),
        _ => format!("{percent:.0} %"),
    }
}

/// How long before `now`: `just now`, `12 s ago`, `3 min ago`, `2 h ago`, `5 d ago`.
#[must_use]
pub fn ago(time: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let seconds = (now - time).num_seconds();
    match seconds {
        ..2 => "just now".to_owned(),
        2..60 => format!("{seconds} s ago"),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

/// A time to the second, in UTC: `2026-11-22 14:03:07 UTC`.
#[must_use]
pub fn utc(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// A time to the millisecond, in UTC.
#[must_use]
pub fn utc_exact(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S%.3f UTC").to_string()
}

/// A time as `<time datetime>` wants it.
#[must_use]
pub fn machine(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Three significant figures, and no fraction from a hundred on.
fn figures(value: f64) -> String {
    let decimals = match value {
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    };
    let text = format!("{value:.decimals$}");
    if decimals == 0 { text } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() }
}

fn two_units(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    if small == 0 { format!("{large} {large_unit}") } else { format!("{large} {large_unit} {small} {small_unit}") }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float cast saturates; durations are not negative"
)]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{Duration, TimeZone};

    #[test]
    fn counts_are_grouped_and_shortened() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(
            [9_999, 12_345, 999_949, 999_950, 12_000_000, 3_210_000_000].map(short_count),
            ["9,999", "12.3k", "1000k", "1M", "12M", "3.21G"]
        );
        assert_eq!(counted(1, "request"), "1 request");
        assert_eq!(counted(0, "request"), "0 requests");
    }

    #[test]
    fn tokens_are_shown_as_the_estimate_that_they_are() {
        assert_eq!([0, 310, 12_400].map(tokens), ["0", "≈ 310", "≈ 12.4k"]);
        assert_eq!(tokens_per_call(100, 3).as_deref(), Some("≈ 33"));
        assert_eq!(tokens_per_call(5, 2).as_deref(), Some("≈ 3"), "half of one is one");
        assert_eq!(tokens_per_call(0, 3).as_deref(), Some("0"));
        assert_eq!(tokens_per_call(0, 0), None);
    }

    #[test]
    fn durations_keep_three_figures() {
        assert_eq!(
            [0.0, 0.042, 0.42, 9.996, 42.14, 999.4, 999.6, 1_234.0, 59_940.0].map(duration),
            ["0 ms", "0.04 ms", "0.42 ms", "10 ms", "42.1 ms", "999 ms", "1 s", "1.23 s", "59.9 s"]
        );
        assert_eq!(
            [60_000.0, 125_000.0, 3_600_000.0, 11_520_000.0, 180_000_000.0].map(duration),
            ["1 min", "2 min 5 s", "1 h", "3 h 12 min", "2 d 2 h"]
        );
        assert_eq!(optional_duration(None), "–");
    }

    #[test]
    fn bytes_are_decimal() {
        assert_eq!(
            [0, 999, 1_000, 1_234, 999_499, 45_600_000, 7_000_000_000].map(bytes),
            ["0 B", "999 B", "1 kB", "1.23 kB", "999 kB", "45.6 MB", "7 GB"]
        );
    }

    #[test]
    fn a_share_never_hides_a_failure_or_a_success() {
        assert_eq!(share(0, 0), "–");
        assert_eq!(share(0, 5), "0 %");
        assert_eq!(share(1, 100_000), "< 0.1 %");
        assert_eq!(share(99_999, 100_000), "> 99.9 %");
        assert_eq!(share(996, 1_000), "99.6 %");
        assert_eq!(share(994, 1_000), "99 %");
        assert_eq!(share(1, 30), "3.3 %");
        assert_eq!(share(5, 5), "100 %");
    }

    #[test]
    fn times_are_relative_to_the_report() -> Result<(), &'static str> {
        let now = Utc.with_ymd_and_hms(2026, 11, 22, 14, 0, 0).single().ok_or("no such time")?;
        let before = |seconds| ago(now - Duration::seconds(seconds), now);
        assert_eq!(
            [-5, 1, 59, 60, 3_599, 3_600, 86_400 * 3].map(before),
            ["just now", "just now", "59 s ago", "1 min ago", "59 min ago", "1 h ago", "3 d ago"]
        );
        assert_eq!(span(now, now - Duration::seconds(4)), "0 ms");
        assert_eq!(utc(now), "2026-11-22 14:00:00 UTC");
        assert_eq!(machine(now), "2026-11-22T14:00:00.000Z");
        Ok(())
    }
}
