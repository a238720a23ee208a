//! Results on their way to the one who counts their tokens, which is not the one who answers.
//!
//! By reference count, never copied; few, and only as long as the writer has not come to their record. A result that is
//! not here when its record is written is estimated from its size.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use uuid::Uuid;

/// More are not kept, bytes. A server that answers faster than this is counted is sampled.
const MAX_BYTES: usize = 4 << 20;
const MAX_TEXTS: usize = 256;

/// The answers whose records are not written yet.
#[derive(Debug, Default)]
pub(super) struct Texts {
    kept: Mutex<HashMap<Uuid, Bytes>>,
    /// [`MAX_BYTES`] as soon as it is full: asked before the lock is.
    bytes: AtomicUsize,
}

impl Texts {
    /// Keeps the frame that answers a request, if there is room.
    pub fn offer(&self, id: Uuid, frame: &Bytes) {
        if self.bytes.load(Ordering::Relaxed) + frame.len() > MAX_BYTES {
            return;
        }
        let mut kept = self.kept();
        if kept.len() < MAX_TEXTS {
            self.bytes.fetch_add(frame.len(), Ordering::Relaxed);
            kept.insert(id, frame.clone());
        }
    }

    /// The frame that answered the request, if it was kept.
    pub fn take(&self, id: Uuid) -> Option<Bytes> {
        let frame = self.kept().remove(&id)?;
        self.bytes.fetch_sub(frame.len(), Ordering::Relaxed);
        Some(frame)
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<Uuid, Bytes>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
