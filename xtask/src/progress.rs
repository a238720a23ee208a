//! One short line a step, with the seconds since the command began.

use std::time::{Duration, Instant};

/// Tells on standard error what is happening; standard output stays free for the server's and the tests' own.
#[derive(Debug)]
pub struct Progress {
    started: Instant,
}

impl Progress {
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }

    /// Prints one line, marked with the time since the start.
    pub fn say(&self, line: impl AsRef<str>) {
        eprintln!("[{:>6.1} s] {}", self.elapsed().as_secs_f64(), line.as_ref());
    }

    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}
