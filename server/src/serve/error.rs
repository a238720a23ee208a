//! Why the server did not start, or did not go on.

use std::{io, net::SocketAddr, path::PathBuf};

use crate::{spool, store::StoreError};

/// One line each, saying what was wrong and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("cannot listen on {address} ({source}): {}", advice(source))]
    Bind { address: SocketAddr, source: io::Error },
    #[error("cannot make the data directory {} ({source}): grant write access, or use another --data-dir", path.display())]
    DataDir { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "the database has a part of what is moved from {file}: let `tracon migrate` come to its end, or use another \
         --database-url"
    )]
    HalfMoved { file: String },
    #[error("the database could not be closed: {0}")]
    Closing(StoreError),
    #[error(transparent)]
    Spool(#[from] spool::OpenError),
    #[error("the spool cannot be read ({0}): grant access to it, or use another --data-dir")]
    SpoolUnreadable(io::Error),
    #[error(
        "the database took nothing more when the server stopped: {records} records wait in the spool and are written at the \
         next start"
    )]
    Waiting { records: u64 },
    #[error("the network failed: {0}")]
    Broken(io::Error),
    #[error("the task that writes to the database ended; the log says why")]
    WriterEnded,
    #[error("the task that serves HTTP ended; the log says why")]
    ServerEnded,
    #[error("the task that {0} ended; the log says why")]
    TaskEnded(&'static str),
}

impl ServeError {
    /// 2: it did not start, and nothing was written. 1: it broke on the way.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Bind { .. }
            | Self::DataDir { .. }
            | Self::Store(_)
            | Self::HalfMoved { .. }
            | Self::Spool(_)
            | Self::SpoolUnreadable(_) => 2,
            Self::Closing(_)
            | Self::Waiting { .. }
            | Self::Broken(_)
            | Self::WriterEnded
            | Self::ServerEnded
            | Self::TaskEnded(_) => 1,
        }
    }
}

fn advice(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::AddrInUse => "stop what listens there, or use another --bind",
        io::ErrorKind::PermissionDenied => "ports below 1024 need a privilege; use another --bind",
        _ => "use another --bind",
    }
}
