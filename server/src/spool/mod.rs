//! Bytes that survive `kill -9`: an append-only folder of segment files between those who record and the one who writes.
//!
//! A record is in the spool when [`Spool::append`] returns: in the page cache, which outlives the process (not a power cut). The
//! [`Reader`] takes records out in their order and gives space back once they are [committed](Reader::commit). What is found at
//! the start is read first. Bytes that are no record, wherever they stand, are counted and set aside beside the segments; what
//! stands before and after them is kept.
//!
//! No crate does this: `okaywal` and `yaque` have had no release for years, and neither reads on behind damage.

mod frame;
mod reader;
mod segment;
#[cfg(test)]
mod tests;

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

pub use self::reader::Reader;
use self::segment::Segment;

/// A segment that has become this long is followed by a new one, bytes. As much as this is mapped into memory.
const SEGMENT: u64 = 1 << 20;
/// So many segments are kept to be used again: as many as a busy server fills between two commits. Each is in memory.
const MOST_KEPT: usize = 12;
/// What is set aside is kept up to this size a file, bytes.
const MAX_SET_ASIDE: u64 = 64 << 20;
const EXTENSION: &str = "spool";

/// The end that is appended to. Clones append to the same spool.
#[derive(Clone, Debug)]
pub struct Spool(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    directory: PathBuf,
    quota: u64,
    tail: Mutex<Tail>,
    /// Held as long as the spool is open: a second process would read and cut the same segments.
    _lock: File,
}

#[derive(Debug)]
struct Tail {
    /// Made with its first record: an idle spool leaves no files behind.
    segment: Option<Segment>,
    /// Of the segment; names its file.
    number: u64,
    /// Of whole records in it, bytes.
    length: u64,
    /// Of all segments before it, bytes.
    before: u64,
    /// Records since the spool was opened.
    appended: u64,
    /// Segments that are not appended to any more, and are used again once they are committed.
    full: Vec<Full>,
    spare: Vec<Segment>,
}

#[derive(Debug)]
struct Full {
    number: u64,
    /// Of whole records in it, bytes.
    length: u64,
    segment: Segment,
}

/// Why a record is not in the spool.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// It would be larger than it may be.
    #[error("the spool is full ({0} bytes)")]
    Full(u64),
    #[error("the record is larger than a record may be ({0} bytes)")]
    TooLarge(usize),
    #[error("the spool cannot be written ({0})")]
    Io(#[from] io::Error),
}

/// Why there is no spool.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the spool {} cannot be opened ({source}): grant write access, or use another --data-dir", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("the spool {} is in use by another tracon: stop that one, or use another --data-dir", path.display())]
    InUse { path: PathBuf },
}

impl Spool {
    /// Opens the spool in `directory`, makes it if it is missing. `quota` is in bytes, for all segments together.
    ///
    /// # Errors
    /// The folder cannot be used at all. What is in the segments is never a reason.
    pub fn open(directory: &Path, quota: u64) -> Result<(Self, Reader), OpenError> {
        let failed = |source| OpenError::Io { path: directory.to_owned(), source };
        fs::create_dir_all(directory).map_err(failed)?;
        let lock = OpenOptions::new().create(true).append(true).open(directory.join("lock")).map_err(failed)?;
        lock.try_lock().map_err(|error| match error {
            fs::TryLockError::WouldBlock => OpenError::InUse { path: directory.to_owned() },
            fs::TryLockError::Error(source) => failed(source),
        })?;
        let mut found = Vec::new();
        let (mut next, mut unreadable) = (0, 0);
        for entry in fs::read_dir(directory).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if let Some(number) = number_of(&path) {
                next = next.max(number + 1);
                match used_bytes(&path) {
                    Ok(bytes) => found.push((number, bytes)),
                    // It stays where it is, for the next start.
                    Err(error) => {
                        tracing::error!(%error, path = %path.display(), "a segment of the spool cannot be read");
                        unreadable +=
                            fs::metadata(&path).ok().filter(fs::Metadata::is_file).map_or(0, |file| file.len());
                    }
                }
            } else if path.extension().is_some_and(|extension| extension == segment::SPARE) {
                segment::remove(&path);
            }
        }
        found.sort_unstable();
        // Always a new segment: the last one may end in the middle of a record.
        let number = next;
        let before = found.iter().map(|(_, length)| length).sum();
        let tail = Tail { segment: None, number, length: 0, before, appended: 0, full: Vec::new(), spare: Vec::new() };
        let shared = Arc::new(Shared { directory: directory.to_owned(), quota, tail: Mutex::new(tail), _lock: lock });
        Ok((Self(Arc::clone(&shared)), Reader::new(shared, found, unreadable)))
    }

    /// Appends the record that `fill` writes. It is there, whole, when this returns; after an error nothing of it is. Gives
    /// its number: the first since the spool was opened is 1, and they are read in this order.
    ///
    /// `scratch` is overwritten: it saves an allocation where it is used again.
    pub fn append(
        &self,
        scratch: &mut Vec<u8>,
        fill: impl FnOnce(&mut Vec<u8>) -> Result<(), AppendError>,
    ) -> Result<u64, AppendError> {
        frame::write(scratch, fill)?;
        if scratch.len() - frame::HEADER > frame::MAX_RECORD {
            return Err(AppendError::TooLarge(scratch.len()));
        }
        let mut tail = self.0.tail();
        if tail.before + tail.length + scratch.len() as u64 > self.0.quota {
            return Err(AppendError::Full(self.0.quota));
        }
        if let Err(error) = tail.append(&self.0, scratch) {
            tail.mend();
            // What is kept to be used again takes room that is needed now.
            if tail.spare.is_empty() {
                return Err(error.into());
            }
            tail.spare.drain(..).for_each(Segment::remove);
            if let Err(error) = tail.append(&self.0, scratch) {
                tail.mend();
                return Err(error.into());
            }
        }
        tail.length += scratch.len() as u64;
        tail.appended += 1;
        Ok(tail.appended)
    }

    /// How many records were appended since the spool was opened.
    #[must_use]
    pub fn appended(&self) -> u64 {
        self.0.tail().appended
    }

    /// What the records in the segments take, bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let tail = self.0.tail();
        tail.before + tail.length
    }

    /// What they may take, bytes.
    #[must_use]
    pub fn quota(&self) -> u64 {
        self.0.quota
    }
}

impl Tail {
    fn append(&mut self, shared: &Shared, bytes: &[u8]) -> io::Result<()> {
        let is_full = |segment: &Segment| !segment.has_room(self.length, bytes.len());
        if self.length >= SEGMENT || self.segment.as_ref().is_some_and(is_full) {
            self.next();
        }
        let segment = match &mut self.segment {
            Some(segment) => segment,
            none => {
                let path = path_of(&shared.directory, self.number);
                let room = SEGMENT.min(shared.quota.saturating_sub(self.before)).max(bytes.len() as u64);
                let spare = self.spare.pop_if(|spare| spare.has_room(0, bytes.len()));
                let spare = spare.and_then(|spare| spare.reuse(path.clone()));
                none.insert(spare.map_or_else(|| Segment::create(path, room), Ok)?)
            }
        };
        segment.append(self.length, bytes)
    }

    /// A part of what was appended last may be there. What cannot be cut off is left behind in a segment that is read, not written.
    fn mend(&mut self) {
        if self.segment.as_mut().is_some_and(|segment| segment.cut(self.length).is_err()) {
            self.next();
        }
    }

    /// Goes on to the next segment, and keeps this one to be used again.
    fn next(&mut self) {
        // All of one size: each is as good as the other.
        let is_kept =
            |segment: &mut Segment| segment.mapped() == Some(SEGMENT) && self.full.len() + self.spare.len() < MOST_KEPT;
        if let Some(segment) = self.segment.take_if(is_kept) {
            self.full.push(Full { number: self.number, length: self.length, segment });
        }
        self.leave();
    }

    /// Goes on to the next segment.
    fn leave(&mut self) {
        if let Some(segment) = self.segment.take() {
            segment.close(self.length);
        }
        self.before += self.length;
        self.length = 0;
        self.number += 1;
    }

    /// How much of a segment is records, where its file is longer or grows.
    fn length_of(&self, number: u64) -> Option<u64> {
        if number == self.number {
            return Some(self.length);
        }
        self.full.iter().find(|full| full.number == number).map(|full| full.length)
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        if let Some(segment) = self.segment.take() {
            segment.close(self.length);
        }
        for Full { length, segment, .. } in self.full.drain(..) {
            segment.close(length);
        }
        for spare in self.spare.drain(..) {
            spare.remove();
        }
    }
}

impl Shared {
    fn tail(&self) -> MutexGuard<'_, Tail> {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps bytes that are of no use to the reader for whoever wants to look at them: whole, or not at all.
    fn set_aside(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).open(self.directory.join(name))?;
        let kept = file.metadata()?.len();
        if kept + bytes.len() as u64 > MAX_SET_ASIDE {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        file.write_all(bytes).inspect_err(|_| {
            let _ = file.set_len(kept);
        })
    }
}

/// The length of a segment that was found, without the zeros at its end: room that was not used.
fn used_bytes(path: &Path) -> io::Result<u64> {
    let bytes = fs::read(path)?;
    Ok(bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last as u64 + 1))
}

fn path_of(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("{number:020}.{EXTENSION}"))
}

/// The number of a segment; `None` for what the spool has not named so itself.
fn number_of(path: &Path) -> Option<u64> {
    let number = path.file_stem()?.to_str()?.parse().ok().filter(|number| *number < u64::MAX / 2)?;
    (path_of(path.parent()?, number) == path).then_some(number)
}
