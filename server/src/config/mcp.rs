//! The MCP endpoint: how long, how large, how many.

use super::{Invalid, duration};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Limits of `/mcp`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mcp {
    /// How long one tool may run before its call is answered with an error; 10 ms to 1 h.
    #[serde(with = "duration")]
    pub tool_timeout: Duration,
    /// The largest request body that is read, in bytes; 1 KiB to 64 MiB.
    pub max_body_bytes: usize,
    /// Live sessions of the `initialize` era. At this many, further `initialize` requests are refused. A session holds
    /// about 52 kB, so higher costs memory and lower turns clients away.
    pub max_sessions: usize,
}

impl Default for Mcp {
    fn default() -> Self {
        Self { tool_timeout: Duration::from_mins(2), max_body_bytes: 4 << 20, max_sessions: 10_000 }
    }
}

impl Mcp {
    pub(super) fn validate(&self) -> Result<(), Invalid> {
        if !(Duration::from_millis(10)..=Duration::from_hours(1)).contains(&self.tool_timeout) {
            return Err(Invalid::value("mcp.tool_timeout"));
        }
        if !(1 << 10..=64 << 20).contains(&self.max_body_bytes) {
            return Err(Invalid::value("mcp.max_body_bytes"));
        }
        if !(1..=1_000_000).contains(&self.max_sessions) {
            return Err(Invalid::value("mcp.max_sessions"));
        }
        Ok(())
    }
}
