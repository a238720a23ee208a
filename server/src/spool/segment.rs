//! The file that records are appended to.
//!
//! What is copied into a mapped file outlives the process as what is written does, and takes a tenth of the time: a `write` of one
//! record is one to three microseconds of its call. But where the disk has no room for a page that was mapped, the process ends by
//! a signal. So a file is mapped only once its room is had, and only on file systems that keep it; elsewhere it is written to. A
//! disk that fails, or a file that somebody else cuts off, ends it all the same; what was appended before is read at the next start.
//!
//! To touch a page for the first time takes as long as a `write`, or longer. So a file that is mapped is used again.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use memmap2::MmapMut;

/// Of a file that is kept to be used again. What a killed process leaves of these is removed.
pub const SPARE: &str = "spare";

#[derive(Debug)]
pub struct Segment {
    path: PathBuf,
    file: File,
    /// As long as the file.
    map: Option<MmapMut>,
    /// Behind so many bytes there is nothing but zeros.
    touched: u64,
}

impl Segment {
    /// Makes the file, with room for so many bytes where that can be had.
    pub fn create(path: PathBuf, room: u64) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).read(true).append(true).open(&path)?;
        let map = reserve(&file, room);
        if map.is_none() && file.metadata()?.is_file() {
            // Less than was asked for may have been had.
            file.set_len(0)?;
        }
        Ok(Self { path, file, map, touched: 0 })
    }

    /// Whether so many bytes have room after the first `length`.
    pub fn has_room(&self, length: u64, bytes: usize) -> bool {
        self.map.as_ref().is_none_or(|map| length + bytes as u64 <= map.len() as u64)
    }

    /// How much of it is mapped, bytes; `None` where its room could not be had.
    pub fn mapped(&self) -> Option<u64> {
        self.map.as_ref().map(|map| map.len() as u64)
    }

    /// Puts bytes behind the first `length`, which are all that were put before.
    pub fn append(&mut self, length: u64, bytes: &[u8]) -> io::Result<()> {
        let Some(map) = &mut self.map else { return self.file.write_all(bytes) };
        let room = usize::try_from(length).ok().and_then(|start| map.get_mut(start..start + bytes.len()));
        room.ok_or(io::ErrorKind::StorageFull)?.copy_from_slice(bytes);
        self.touched = self.touched.max(length + bytes.len() as u64);
        Ok(())
    }

    /// Takes away what stands behind the first `length` bytes.
    pub fn cut(&mut self, length: u64) -> io::Result<()> {
        let Some(map) = &mut self.map else { return self.file.set_len(length) };
        let place = |length: u64| usize::try_from(length).map_or(map.len(), |place| place.min(map.len()));
        let (from, to) = (place(length), place(self.touched.max(length)));
        map[from..to].fill(0);
        self.touched = self.touched.min(length);
        Ok(())
    }

    /// Takes all away, and itself out of the spool, to be [used again](Self::reuse); `None` where that cannot be: then it is gone.
    pub fn set_aside(mut self) -> Option<Self> {
        // First of all: of what is half taken away nothing may be read.
        let set_aside = self.rename(self.path.with_extension(SPARE)).and_then(|()| self.cut(0));
        self.or_removed(set_aside)
    }

    /// Puts it back into the spool; `None` where that cannot be: then it is gone.
    pub fn reuse(mut self, path: PathBuf) -> Option<Self> {
        let renamed = self.rename(path);
        self.or_removed(renamed)
    }

    fn or_removed(self, result: io::Result<()>) -> Option<Self> {
        let Err(error) = result else { return Some(self) };
        tracing::warn!(%error, path = %self.path.display(), "a segment of the spool could not be used again");
        self.remove();
        None
    }

    fn rename(&mut self, path: PathBuf) -> io::Result<()> {
        fs::rename(&self.path, &path)?;
        self.path = path;
        Ok(())
    }

    /// Gives back the room behind the first `length` bytes. Where that fails, the reader finds zeros there, and passes over them.
    pub fn close(self, length: u64) {
        if self.map.is_some() {
            // Nothing may be mapped behind a file's end.
            drop(self.map);
            let _ = self.file.set_len(length);
        }
    }

    /// Gives back all its room.
    pub fn remove(self) {
        drop(self.map);
        remove(&self.path);
    }
}

/// Removes a file of the spool's, if it is there.
pub fn remove(path: &Path) {
    match fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        // It will be read again at the next start, which changes nothing.
        Err(error) => tracing::warn!(%error, path = %path.display(), "a segment of the spool could not be removed"),
    }
}

/// Maps a file that is empty, with room for so many bytes.
#[cfg(target_os = "linux")]
fn reserve(file: &File, room: u64) -> Option<MmapMut> {
    use rustix::fs::{FallocateFlags, fallocate, fstatfs};

    /// What is reserved there stays so, also when it is first written to: ext4 (which ext3 and ext2 say as well, and then reserve
    /// nothing) and tmpfs. Those that may write a block anew elsewhere, as btrfs and XFS do when a file shares it with a copy, are
    /// not among them.
    const KEEP_ROOM: [i64; 2] = [0xEF53, 0x0102_1994];

    let kind = fstatfs(file).ok()?.f_type;
    if !KEEP_ROOM.contains(&kind) {
        return None;
    }
    fallocate(file, FallocateFlags::empty(), 0, room).ok()?;
    #[expect(
        unsafe_code,
        reason = "to map a file, which nobody shortens: the spool is locked, and `close` unmaps it before it does"
    )]
    // SAFETY: the file is this process's own, by the lock on its folder; it is read by `read`, and only behind what was appended.
    let map = unsafe { memmap2::MmapOptions::new().map_mut(file) };
    map.ok()
}

/// Elsewhere nothing is known of what keeps its room.
#[cfg(not(target_os = "linux"))]
fn reserve(_file: &File, _room: u64) -> Option<MmapMut> {
    None
}
