//! Results on their way to the one who counts their tokens, which is not the one who answers.
//!
//! By reference count, never copied; few, and only until the writer asks for them. A result that is not here when its record
//! is written is estimated from its size.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use uuid::Uuid;

/// More are not kept, bytes. A server that answers faster than this is counted is sampled.
const MAX_BYTES: usize = 4 << 20;
/// As many as can be counted within their share of the time between two batches of a busy server.
const MAX_TEXTS: usize = 128;

/// The answers since the writer last asked, each under its request's id.
#[derive(Debug, Default)]
pub(super) struct Texts {
    kept: Mutex<Frames>,
    /// Asked before the lock is.
    is_full: AtomicBool,
}

#[derive(Debug, Default)]
struct Frames {
    frames: Vec<(Uuid, Bytes)>,
    bytes: usize,
}

impl Texts {
    /// Keeps the frame that answers a request, if there is room.
    pub fn offer(&self, id: Uuid, frame: &Bytes) {
        // One that is too large by itself is no reason to keep none of the others.
        if frame.len() > MAX_BYTES / 2 || self.is_full.load(Ordering::Relaxed) {
            return;
        }
        let mut kept = self.kept();
        if kept.frames.len() < MAX_TEXTS && kept.bytes + frame.len() <= MAX_BYTES {
            kept.bytes += frame.len();
            kept.frames.push((id, frame.clone()));
        } else {
            self.is_full.store(true, Ordering::Relaxed);
        }
    }

    /// All that were kept.
    pub fn take(&self) -> Vec<(Uuid, Bytes)> {
        let mut kept = self.kept();
        self.is_full.store(false, Ordering::Relaxed);
        std::mem::take(&mut *kept).frames
    }

    fn kept(&self) -> MutexGuard<'_, Frames> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
