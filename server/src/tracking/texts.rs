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

/// More are not kept, bytes. A server that answers faster than this is counted is sampled: no more is kept of what it says than can be
/// counted, since memory that is kept is memory that the next answer cannot use again.
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

#[derive(Debug)]
struct Frames {
    frames: Vec<(Uuid, Bytes)>,
    /// For so many more bytes.
    room: usize,
}

impl Default for Frames {
    fn default() -> Self {
        Self { frames: Vec::new(), room: MAX_BYTES }
    }
}

impl Texts {
    /// Keeps the frame that answers a request, if there is room.
    pub fn offer(&self, id: Uuid, frame: &Bytes) {
        // One that is too large by itself is no reason to keep none of the others.
        if frame.len() > MAX_BYTES / 2 || self.is_full.load(Ordering::Relaxed) {
            return;
        }
        let mut kept = self.kept();
        if kept.frames.len() < MAX_TEXTS && kept.room > 0 {
            // The last one may be longer than the room that is left: no result is too long to be counted ever.
            kept.room = kept.room.saturating_sub(frame.len());
            kept.frames.push((id, frame.clone()));
        } else {
            self.is_full.store(true, Ordering::Relaxed);
        }
    }

    /// All that were kept. The next are kept up to so many bytes.
    pub fn take(&self, room: usize) -> Vec<(Uuid, Bytes)> {
        let mut kept = self.kept();
        self.is_full.store(false, Ordering::Relaxed);
        std::mem::replace(&mut *kept, Frames { frames: Vec::new(), room: room.min(MAX_BYTES) }).frames
    }

    fn kept(&self) -> MutexGuard<'_, Frames> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of ten answers of this length are kept.
    fn kept(texts: &Texts, length: usize) -> usize {
        let before = texts.kept().frames.len();
        for _ in 0..10 {
            texts.offer(Uuid::nil(), &Bytes::from(vec![b' '; length]));
        }
        texts.kept().frames.len() - before
    }

    #[test]
    fn as_much_is_kept_as_there_is_room_for() {
        let texts = Texts::default();
        assert_eq!(kept(&texts, 10_000), 10);
        assert_eq!(texts.take(25_000).len(), 10);
        // The third begins within the room.
        assert_eq!(kept(&texts, 10_000), 3);
        assert_eq!(kept(&texts, 1), 0);
        assert_eq!(texts.take(1).len(), 3);
        assert_eq!(kept(&texts, 10_000), 1, "one is always counted");
        texts.take(usize::MAX);
        assert_eq!(kept(&texts, MAX_BYTES / 2 + 1), 0, "too large by itself");
        assert_eq!(kept(&texts, MAX_BYTES / 2), 2);
        texts.take(usize::MAX);
        assert_eq!((0..20).map(|_| kept(&texts, 1)).sum::<usize>(), MAX_TEXTS);
    }
}
