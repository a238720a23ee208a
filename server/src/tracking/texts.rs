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

/// Once so much is kept there is no room for another, bytes. Longer ones than half of it are not kept at all.
const MAX_BYTES: usize = 4 << 20;
/// As many at most, however short.
const MAX_TEXTS: usize = 128;

/// The answers since the writer last asked, each under its request's id.
///
/// A server that answers faster than is counted is sampled, and keeps no more than that takes: what is kept is memory that the next
/// answer cannot use again.
#[derive(Debug)]
pub(super) struct Texts {
    kept: Mutex<Kept>,
    /// Asked before the lock is.
    is_full: AtomicBool,
}

#[derive(Debug)]
struct Kept {
    frames: Vec<(Uuid, Bytes)>,
    bytes: usize,
    /// Once so many bytes are kept, only definitions still are.
    room: usize,
}

impl Default for Texts {
    fn default() -> Self {
        let kept = Kept { frames: Vec::new(), bytes: 0, room: MAX_BYTES };
        Self { kept: Mutex::new(kept), is_full: AtomicBool::new(false) }
    }
}

impl Texts {
    /// Keeps the frame that answers a request, if there is room. `defines`: it is a list of tools, which is counted in any case.
    pub fn offer(&self, id: Uuid, frame: &Bytes, defines: bool) {
        // One that is too large by itself is no reason to keep none of the others.
        if frame.len() > MAX_BYTES / 2 || (self.is_full.load(Ordering::Relaxed) && !defines) {
            return;
        }
        let mut kept = self.kept();
        let room = if defines { MAX_BYTES } else { kept.room };
        if kept.frames.len() < MAX_TEXTS && kept.bytes < room {
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
        kept.bytes = 0;
        std::mem::take(&mut kept.frames)
    }

    /// From now on so many bytes are kept.
    pub fn set_room(&self, bytes: usize) {
        self.kept().room = bytes.min(MAX_BYTES);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of ten answers of this length are kept.
    fn kept(texts: &Texts, length: usize, defines: bool) -> usize {
        let before = texts.kept().frames.len();
        for _ in 0..10 {
            texts.offer(Uuid::nil(), &Bytes::from(vec![b' '; length]), defines);
        }
        texts.kept().frames.len() - before
    }

    #[test]
    fn as_much_is_kept_as_there_is_room_for() {
        let texts = Texts::default();
        assert_eq!(kept(&texts, 10_000, false), 10);
        assert_eq!(texts.take().len(), 10);
        texts.set_room(25_000);
        // The third begins within the room.
        assert_eq!(kept(&texts, 10_000, false), 3);
        assert_eq!(kept(&texts, 1, false), 0);
        assert_eq!(kept(&texts, 10_000, true), 10);
        assert_eq!(texts.take().len(), 13);
        texts.set_room(1);
        assert_eq!(kept(&texts, 10_000, false), 1, "one is always counted");
    }

    #[test]
    fn there_is_an_end_to_it() {
        let texts = Texts::default();
        texts.set_room(usize::MAX);
        assert_eq!(kept(&texts, MAX_BYTES / 2 + 1, true), 0, "too large by itself");
        assert_eq!(kept(&texts, MAX_BYTES / 2, false), 2);
        assert_eq!(kept(&texts, 1, true), 0);
        texts.take();
        assert_eq!((0..20).map(|_| kept(&texts, 1, true)).sum::<usize>(), MAX_TEXTS);
    }
}
