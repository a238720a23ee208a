//! What can be wrong with the recording: found in one place, so that the health page and the mark on every other page
//! say the same.

use crate::{
    format,
    reports::{Health, RecorderHealth},
};
use chrono::{DateTime, Utc};

/// One thing that somebody should look after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// So many records could be kept nowhere.
    Lost(u64),
    /// The spool takes no records.
    SpoolFailing,
    /// The database takes no records.
    Unreachable {
        since: DateTime<Utc>,
        /// So many records wait for it.
        waiting: u64,
    },
    /// The database takes records, or tracking is off, but it gives no figures.
    Silent,
}

impl Trouble {
    /// What the recorder knows of, the worst first.
    #[must_use]
    pub fn of_recorder(recorder: &RecorderHealth) -> Vec<Self> {
        let lost = (recorder.lost > 0).then_some(Self::Lost(recorder.lost));
        let spool = recorder.spool_failing.then_some(Self::SpoolFailing);
        let waiting = recorder.waiting;
        let database = recorder.failing_since.map(|since| Self::Unreachable { since, waiting });
        [lost, spool, database].into_iter().flatten().collect()
    }

    /// All there is, the worst first.
    #[must_use]
    pub fn of(health: &Health) -> Vec<Self> {
        let mut troubles = health.recorder.as_ref().map(Self::of_recorder).unwrap_or_default();
        let known = troubles.iter().any(|trouble| matches!(trouble, Self::Unreachable { .. }));
        if !health.database.answers && !known {
            troubles.push(Self::Silent);
        }
        troubles
    }

    /// The name in `data-trouble`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lost(_) => "lost",
            Self::SpoolFailing => "spool",
            Self::Unreachable { .. } => "unreachable",
            Self::Silent => "silent",
        }
    }

    /// It in a line. Says nothing that changes by the second: where the line is read aloud, it is read once.
    #[must_use]
    pub fn headline(self) -> String {
        match self {
            Self::Lost(1) => "1 record is lost".to_owned(),
            Self::Lost(count) => format!("{} records are lost", format::count(count)),
            Self::SpoolFailing => "The spool cannot be written".to_owned(),
            Self::Unreachable { since, .. } => format!("Database unreachable since {}", format::utc(since)),
            Self::Silent => "The database does not answer".to_owned(),
        }
    }

    /// What it means, and what to do.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Lost(_) => {
                "They could be kept nowhere: the spool was full, or could not be written. The calls themselves were \
                 answered. Counted since the server started."
            }
            Self::SpoolFailing => {
                "The file in which records wait for the database takes none: look for a full disk or missing rights. \
                 Records are being lost as long as this lasts."
            }
            Self::Unreachable { .. } => "Calls go on. What waits is written once the database takes records again.",
            Self::Silent => "There are no figures to show until it does. The server’s log says why.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::{DatabaseHealth, Retention};

    fn time() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }

    fn health(answers: bool, recorder: Option<RecorderHealth>) -> Health {
        Health {
            now: time(),
            started_at: time(),
            version: String::new(),
            recorder,
            database: DatabaseHealth { answers, ..DatabaseHealth::default() },
            coverage: None,
            retention: Retention::default(),
        }
    }

    #[test]
    fn what_works_is_no_trouble() {
        let busy = RecorderHealth { written: 9, waiting: 7, ..RecorderHealth::default() };
        assert_eq!(Trouble::of(&health(true, Some(busy))), []);
        assert_eq!(Trouble::of(&health(true, None)), [], "tracking is off");
    }

    #[test]
    fn a_loss_comes_first() {
        let recorder = RecorderHealth {
            lost: 3,
            waiting: 42,
            spool_failing: true,
            failing_since: Some(time()),
            ..RecorderHealth::default()
        };
        let expected = [Trouble::Lost(3), Trouble::SpoolFailing, Trouble::Unreachable { since: time(), waiting: 42 }];
        assert_eq!(Trouble::of_recorder(&recorder), expected);
        assert_eq!(Trouble::of(&health(false, Some(recorder))), expected, "one database, one trouble");
    }

    #[test]
    fn a_database_that_gives_no_figures_is_told_with_and_without_a_recorder() {
        assert_eq!(Trouble::of(&health(false, Some(RecorderHealth::default()))), [Trouble::Silent]);
        assert_eq!(Trouble::of(&health(false, None)), [Trouble::Silent]);
    }

    #[test]
    fn a_headline_counts() {
        assert_eq!(Trouble::Lost(1).headline(), "1 record is lost");
        assert_eq!(Trouble::Lost(1_200).headline(), "1,200 records are lost");
        let away = Trouble::Unreachable { since: time(), waiting: 5 };
        assert_eq!(away.headline(), "Database unreachable since 1970-01-01 00:00:00 UTC");
    }
}
