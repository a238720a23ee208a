//! One session in memory.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU32, AtomicU64, Ordering},
};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::store::SessionRecord;

/// One session, as long as it lives.
#[derive(Debug)]
pub struct LiveSession {
    /// Without the capabilities, which only its opening records.
    pub record: Arc<SessionRecord>,
    /// Recorded requests and those of them that failed.
    pub requests: AtomicU64,
    pub errors: AtomicU64,
    /// Calls that run and streams that are open: while there is one, the client is there.
    pub(super) holds: AtomicU32,
    /// Once the recorder has settled as much, the opening was written, or refused; [`NEVER`] when it was lost.
    pub(super) stored_from: u64,
    /// Once the recorder has settled as much, rmcp can bring it back; [`NEVER`] when it cannot.
    pub(super) parkable_from: AtomicU64,
    seen: Mutex<Seen>,
}

/// A position that is never reached.
pub(super) const NEVER: u64 = u64::MAX;

/// What is kept in memory of a session that rmcp let go.
#[derive(Debug)]
pub(super) struct Parked {
    pub(super) key: Uuid,
    pub(super) is_probe: bool,
    pub(super) session_id: Uuid,
    pub(super) stored_from: u64,
    pub(super) connected_at: DateTime<Utc>,
    pub(super) last: DateTime<Utc>,
    pub(super) requests: u64,
    pub(super) errors: u64,
}

#[derive(Debug)]
pub(super) struct Seen {
    pub(super) last: DateTime<Utc>,
    /// When it was last seen to have something open.
    pub(super) held: DateTime<Utc>,
    /// When it was last heard of as far as the database is told.
    pub(super) told: DateTime<Utc>,
    /// It is silent, and what is kept of it in memory can be let go.
    pub(super) is_idle: bool,
}

impl Seen {
    pub(super) fn at(at: DateTime<Utc>) -> Self {
        Self { last: at, held: at, told: at, is_idle: false }
    }

    /// When the client was last there, by word or by something that it had open.
    pub(super) fn there(&self) -> DateTime<Utc> {
        self.last.max(self.held)
    }

    pub(super) fn heard(&mut self, at: DateTime<Utc>) {
        self.last = self.last.max(at);
        self.is_idle = false;
    }
}

impl LiveSession {
    pub(super) fn new(record: SessionRecord, stored_from: u64, seen: Seen) -> Self {
        Self {
            record: Arc::new(SessionRecord { client_capabilities: None, ..record }),
            requests: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            holds: AtomicU32::new(0),
            stored_from,
            parkable_from: AtomicU64::new(NEVER),
            seen: Mutex::new(seen),
        }
    }

    /// The one that was parked; the rest of it from the record of one that would start now.
    pub(super) fn restored(parked: Parked, record: SessionRecord) -> Self {
        let record = SessionRecord { session_id: parked.session_id, connected_at: parked.connected_at, ..record };
        let seen = Seen { is_idle: true, ..Seen::at(parked.last) };
        Self {
            requests: AtomicU64::new(parked.requests),
            errors: AtomicU64::new(parked.errors),
            ..Self::new(record, parked.stored_from, seen)
        }
    }

    pub(super) fn parked(&self) -> Parked {
        Parked {
            key: self.record.key.key,
            is_probe: self.record.is_probe,
            session_id: self.record.session_id,
            stored_from: self.stored_from,
            connected_at: self.record.connected_at,
            last: self.seen().there(),
            requests: self.requests.load(Ordering::Relaxed),
            errors: self.errors.load(Ordering::Relaxed),
        }
    }

    pub(super) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// While it exists, its session does not time out.
#[derive(Debug)]
pub struct Hold(pub(super) Arc<LiveSession>);

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.holds.fetch_sub(1, Ordering::AcqRel);
    }
}
