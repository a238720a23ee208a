//! The end of the spool that is read: records in their order, each until it is committed.

use std::{
    collections::VecDeque,
    fs::{self, File},
    io::{self, Read},
    sync::Arc,
};

use super::{
    Shared, Tail,
    frame::{self, Parsed},
    path_of,
    segment::{self, Segment},
};

/// How much is read at once, bytes.
const CHUNK: u64 = 256 << 10;
/// Where bytes go that are no record.
const DAMAGED: &str = "damaged.bin";

/// Takes records out of a spool. There is one.
#[derive(Debug)]
pub struct Reader {
    shared: Arc<Shared>,
    /// Segments that were there at the start and are not read to their end yet, the oldest first, with their sizes.
    found: VecDeque<(u64, u64)>,
    /// The first segment that was not there at the start: behind those found, and behind those that cannot be read.
    first_new: u64,
    /// The segment that is being read.
    number: u64,
    /// Its size, where it was there at the start.
    size: Option<u64>,
    file: Option<File>,
    /// Bytes of it that were read into `buffer`, ever.
    read: u64,
    /// What was read and not given out yet begins at `start`.
    buffer: Vec<u8>,
    start: usize,
    /// Segments that were given out whole and are not committed, with their sizes.
    done: Vec<(u64, u64)>,
    damaged: u64,
}

impl Reader {
    /// `damaged`: bytes of segments that are not among those found, since they cannot be read.
    pub(super) fn new(shared: Arc<Shared>, found: Vec<(u64, u64)>, damaged: u64) -> Self {
        let mut found = VecDeque::from(found);
        let (number, size) = found.pop_front().unzip();
        let first_new = shared.tail().number;
        let number = number.unwrap_or(first_new);
        Self {
            shared,
            found,
            first_new,
            number,
            size,
            file: None,
            read: 0,
            buffer: Vec::new(),
            start: 0,
            done: Vec::new(),
            damaged,
        }
    }

    /// How many whole records are waiting, without taking any: for the start, when nobody has counted them.
    ///
    /// # Errors
    /// A segment could not be read.
    pub fn count(&self) -> io::Result<u64> {
        let tail = self.shared.tail().number;
        let mut records = 0;
        for number in std::iter::once(self.number)
            .chain(self.found.iter().map(|(number, _)| *number))
            .filter(|number| *number != tail)
        {
            let bytes = fs::read(path_of(&self.shared.directory, number))?;
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                rest = match frame::parse(rest, true) {
                    Parsed::Record { size, .. } => {
                        records += 1;
                        &rest[size..]
                    }
                    Parsed::Damaged(size) => &rest[size..],
                    Parsed::Unused(_) | Parsed::Incomplete => &[],
                };
            }
        }
        Ok(records)
    }

    /// Gives the next records to `take`, at most `max_records`, and no more once they have `max_bytes`. When it gives none,
    /// all that is there was taken.
    ///
    /// # Errors
    /// A segment could not be read; records that were given out before count as taken.
    pub fn take(&mut self, max_records: usize, max_bytes: usize, mut take: impl FnMut(&[u8])) -> io::Result<()> {
        let mut records = 0;
        let mut bytes = 0;
        while records < max_records && bytes < max_bytes {
            // What is whole in the buffer needs no look at the other end, which would keep those waiting who append.
            let rest = &self.buffer[self.start..];
            if !rest.is_empty()
                && let Parsed::Record { record, size } = frame::parse(rest, false)
            {
                take(record);
                records += 1;
                bytes += size;
                self.start += size;
                continue;
            }
            // Asked before it is read: what is appended in between must not be taken for the end.
            let is_closed = self.is_closed();
            let is_end = !self.fill(frame::HEADER)? && is_closed;
            let rest = &self.buffer[self.start..];
            if rest.is_empty() {
                if is_closed {
                    self.next_segment();
                    continue;
                }
                break;
            }
            match frame::parse(rest, is_end) {
                // Just read.
                Parsed::Record { .. } => {}
                Parsed::Damaged(size) => self.damage(size),
                Parsed::Unused(size) => self.start += size,
                Parsed::Incomplete => {
                    let wanted = rest.len() + 1;
                    if !self.fill(wanted)? {
                        if !is_closed {
                            break;
                        }
                        match frame::parse(&self.buffer[self.start..], true) {
                            // Its length is wrong: behind it there may be records all the same.
                            Parsed::Damaged(size) => self.damage(size),
                            Parsed::Unused(size) => self.start += size,
                            Parsed::Record { .. } | Parsed::Incomplete => {}
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Bytes that were no record, since the spool was opened.
    #[must_use]
    pub fn damaged_bytes(&self) -> u64 {
        self.damaged
    }

    /// The next `size` bytes are no record.
    fn damage(&mut self, size: usize) {
        // Best effort: it is damage already.
        if let Err(error) = self.set_aside(DAMAGED, &self.buffer[self.start..self.start + size]) {
            tracing::warn!(%error, size, "damaged bytes of the spool could not be set aside");
        }
        self.damaged += size as u64;
        self.start += size;
    }

    /// Everything that was taken is kept elsewhere now: its space is given back.
    pub fn commit(&mut self) {
        let is_at_end = self.is_at_end(&self.shared.tail());
        self.give_back(is_at_end);
        if is_at_end && self.begin_anew() {
            self.give_back(true);
        }
    }

    /// Gives back the space of segments that were taken whole. Those that are mapped are kept to be used again; at the end, where not
    /// much is to be done, one.
    fn give_back(&mut self, is_at_end: bool) {
        for (number, size) in std::mem::take(&mut self.done) {
            let full = {
                let mut tail = self.shared.tail();
                tail.before = tail.before.saturating_sub(size);
                // Where no room could be had for the segment that is appended to, that is what this one's is needed for.
                let has_room = tail.segment.as_ref().is_none_or(|segment| segment.mapped().is_some());
                let is_kept = has_room && (tail.spare.is_empty() || !is_at_end);
                let at = tail.full.iter().position(|full| full.number == number);
                at.map(|at| (tail.full.swap_remove(at).segment, is_kept))
            };
            match full {
                Some((segment, true)) => self.shared.tail().spare.extend(segment.set_aside()),
                Some((segment, false)) => segment.remove(),
                None => segment::remove(&path_of(&self.shared.directory, number)),
            }
        }
    }

    /// Whether all was taken that was appended.
    fn is_at_end(&self, tail: &Tail) -> bool {
        self.start == self.buffer.len() && tail.number == self.number && tail.length == self.read && self.read > 0
    }

    /// Takes all away from the segment that is appended to, where all was taken. Whether another one follows it.
    fn begin_anew(&mut self) -> bool {
        let mut tail = self.shared.tail();
        // Only when nothing came in between; under the lock nothing can.
        if !self.is_at_end(&tail) {
            return false;
        }
        let spare = std::mem::take(&mut tail.spare);
        let written = tail.segment.as_mut().filter(|segment| segment.mapped().is_none());
        let is_cut = written.is_some_and(|segment| match segment.cut(0) {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%error, "the spool could not be cut");
                false
            }
        });
        if is_cut {
            tail.length = 0;
            self.read = 0;
            self.buffer.clear();
            self.start = 0;
        } else {
            // What is mapped is cleared where nobody waits for it.
            tail.next();
        }
        drop(tail);
        if !is_cut {
            self.next_segment();
        }
        spare.into_iter().for_each(Segment::remove);
        !is_cut
    }

    /// Keeps a record that nobody takes for whoever wants to look at it.
    ///
    /// # Errors
    /// It is not kept: there is too much already, or it cannot be written.
    pub fn set_aside(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.shared.set_aside(name, bytes)
    }

    /// Whether nothing is appended to the segment any more.
    fn is_closed(&self) -> bool {
        self.shared.tail().number != self.number
    }

    /// Reads on until there are `wanted` bytes; `false` when there are not so many yet.
    fn fill(&mut self, wanted: usize) -> io::Result<bool> {
        while self.buffer.len() - self.start < wanted {
            // Of a file that has more room only what is whole.
            let limit = self.shared.tail().length_of(self.number);
            if limit.is_some_and(|limit| self.read >= limit) {
                return Ok(false);
            }
            if self.file.is_none() {
                self.file = match File::open(path_of(&self.shared.directory, self.number)) {
                    Ok(file) => Some(file),
                    // Closed before anything was written to it.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
                    Err(error) => return Err(error),
                };
            }
            let Some(file) = &mut self.file else { return Ok(false) };
            if self.start > 0 {
                self.buffer.drain(..self.start);
                self.start = 0;
            }
            let most = limit.map_or(CHUNK, |limit| CHUNK.min(limit - self.read)).max(1);
            if self.read == 0 {
                // After a cut the file begins anew.
                io::Seek::rewind(file)?;
            }
            let count = file.take(most).read_to_end(&mut self.buffer)?;
            if count == 0 {
                return Ok(false);
            }
            self.read += count as u64;
        }
        Ok(true)
    }

    /// Goes on to the next segment: this one is read to its end, and nothing is appended to it any more.
    fn next_segment(&mut self) {
        let tail = self.shared.tail().number;
        self.done.push((self.number, self.size.unwrap_or(self.read)));
        let (number, size) = self.found.pop_front().unzip();
        self.number = number.unwrap_or_else(|| (self.number + 1).max(self.first_new).min(tail));
        self.size = size;
        self.file = None;
        self.read = 0;
        self.buffer.clear();
        self.start = 0;
    }
}
