//! The folder of a private server, in the system's temporary folder, and what is left of those whose run was killed.
//!
//! A run holds a lock in its folder, which the system takes back when the run ends, however it ends. So a folder whose
//! lock can be had is a leftover. The number of a process says less: it is reused, and each system is asked about it in
//! another way.

use std::{
    env,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process,
};

use anyhow::{Context, Result};

use super::installation::Installation;

const PREFIX: &str = "tracon-postgres-";
const LOCK: &str = "lock";

/// Exists as long as this value.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    pub(super) lock: File,
}

impl Folder {
    /// A new one, for the account that runs the server. Its name is short: a Unix socket's path has about 100 bytes.
    pub fn create(installation: &Installation) -> Result<Self> {
        let path = |number| env::temp_dir().join(format!("{PREFIX}{}-{number}", process::id()));
        let mut created = Self::at(path(0));
        // The name may be a leftover's, and another run may take a new folder for one before it is locked.
        for number in 1..10 {
            if created.is_err() {
                created = Self::at(path(number));
            }
        }
        let folder = created.with_context(|| format!("cannot create a folder in {}", env::temp_dir().display()))?;
        installation.account.give(&folder.path)?;
        Ok(folder)
    }

    fn at(path: PathBuf) -> io::Result<Self> {
        fs::create_dir(&path)?;
        let lock = File::create(path.join(LOCK))?;
        lock.try_lock()?;
        Ok(Self { path, lock })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn data(&self) -> PathBuf {
        data(&self.path)
    }

    /// What the server says.
    pub fn log(&self) -> PathBuf {
        self.path.join("log")
    }

    /// Removes what runs have left that did not end by themselves, and first their servers, as far as that can be done.
    pub fn remove_leftovers(&self, installation: &Installation) {
        let entries = fs::read_dir(env::temp_dir()).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX)) {
            let path = entry.path();
            // Somebody else's folder could name any process as its server.
            if !same_owner(&path, &self.path) {
                continue;
            }
            // Its lock may be missing: it goes with the rest, and the rest may not have gone with it.
            let Ok(lock) = File::options().create(true).append(true).open(path.join(LOCK)) else { continue };
            if lock.try_lock().is_ok() {
                if is_serving(&path) {
                    let _ = installation.stop(&data(&path), "immediate");
                }
                let _ = fs::remove_dir_all(&path);
            }
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next run.
        let _ = fs::remove_dir_all(&self.path);
        let _ = self.lock.unlock();
    }
}

fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

/// Whether a server listens on a socket in this folder. Who it is needs no further question; the process that
/// `postmaster.pid` names may by now be another.
#[cfg(unix)]
fn is_serving(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(".s.PGSQL."))
        .any(|socket| std::os::unix::net::UnixStream::connect(socket.path()).is_ok())
}

/// Without sockets there is no telling. Files that are open cannot be removed, and so its folder stays.
#[cfg(not(unix))]
fn is_serving(_: &Path) -> bool {
    false
}

#[cfg(unix)]
fn same_owner(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let owner = |path| fs::symlink_metadata(path).ok().filter(fs::Metadata::is_dir).map(|entry| entry.uid());
    owner(one).is_some() && owner(one) == owner(other)
}

/// Here everybody has a temporary folder of their own.
#[cfg(not(unix))]
fn same_owner(_: &Path, _: &Path) -> bool {
    true
}
