//! Durations as people write them ("120s", "1h 30m"), for `#[serde(with = "duration")]`.

use serde::{Deserialize, Deserializer, Serializer, de::Error};
use std::time::Duration;

const DAY: u64 = 86_400;

/// Writes the shortest exact form, such as `2m`; whole days as days, since a month is no number of them.
pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    let (days, rest) = (duration.as_secs() / DAY, duration.as_secs() % DAY);
    if days > 1 && rest == 0 && duration.subsec_nanos() == 0 {
        return serializer.collect_str(&format_args!("{days}days"));
    }
    serializer.collect_str(&humantime::format_duration(*duration))
}

/// Reads text only: a bare number would leave open whether it counts seconds or milliseconds.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    humantime::parse_duration(text.trim()).map_err(D::Error::custom)
}
