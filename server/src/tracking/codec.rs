//! A change as bytes, for the spool. The first byte is the version of all that follows.

use crate::{spool::AppendError, store::Change};

/// Raised whenever a record's fields change: what another version wrote is set aside, never misread.
const VERSION: u8 = 4;

/// Appends the change.
pub(super) fn encode(change: &Change, bytes: &mut Vec<u8>) -> Result<(), AppendError> {
    bytes.push(VERSION);
    postcard::to_io(change, bytes).map(|_| ()).map_err(|error| AppendError::Io(std::io::Error::other(error)))
}

/// Reads it back; `None` when it is none of this version.
pub(super) fn decode(bytes: &[u8]) -> Option<Change> {
    let (version, rest) = bytes.split_first()?;
    if *version != VERSION {
        return None;
    }
    postcard::from_bytes(rest).ok()
}
