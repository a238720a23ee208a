//! How a record stands in a segment: a mark, its length, its checksum, its bytes.
//!
//! The mark is no part of any UTF-8 text, so that a record's own texts cannot be taken for the start of another one, and
//! reading can begin again behind bytes that are broken.

/// Stands before each record.
const MARK: [u8; 4] = [0xD3, b't', b'r', 0x9A];
/// Mark, length and checksum.
pub const HEADER: usize = 12;
/// Larger records are none: a length beyond it is damage.
pub const MAX_RECORD: usize = 16 << 20;

/// Writes one framed record over whatever was in `frame`. `fill` appends the record's bytes.
pub fn write<E>(frame: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<(), E> {
    frame.clear();
    frame.extend_from_slice(&MARK);
    frame.resize(HEADER, 0);
    fill(frame)?;
    let length = u32::try_from(frame.len() - HEADER).unwrap_or(u32::MAX);
    let checksum = checksum(length, &frame[HEADER..]);
    frame[4..8].copy_from_slice(&length.to_le_bytes());
    frame[8..12].copy_from_slice(&checksum.to_le_bytes());
    Ok(())
}

/// What stands at the start of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub enum Parsed<'a> {
    /// A whole record; the next one begins behind `size` bytes.
    Record { record: &'a [u8], size: usize },
    /// So many bytes are no record. Behind them something may begin.
    Damaged(usize),
    /// Nothing but zeros until the end: room that was never written to, as a process leaves it that is killed.
    Unused(usize),
    /// More bytes are needed to tell.
    Incomplete,
}

/// Looks at the start of `bytes`, which are not empty. `is_end`: nothing follows them.
pub fn parse(bytes: &[u8], is_end: bool) -> Parsed<'_> {
    if bytes.starts_with(&MARK) {
        if let Some(header) = bytes.get(..HEADER) {
            let length = word(&header[4..8]);
            let size = HEADER + length as usize;
            if length as usize <= MAX_RECORD {
                match bytes.get(HEADER..size) {
                    Some(record) if checksum(length, record) == word(&header[8..12]) => {
                        return Parsed::Record { record, size };
                    }
                    None if !is_end => return Parsed::Incomplete,
                    _ => {}
                }
            }
        } else if !is_end {
            return Parsed::Incomplete;
        }
    }
    if let Some(next) = memchr::memmem::find(&bytes[1..], &MARK) {
        return Parsed::Damaged(1 + next);
    }
    match bytes.iter().rposition(|byte| *byte != 0) {
        None if is_end => Parsed::Unused(bytes.len()),
        Some(last) if is_end => Parsed::Damaged(last + 1),
        // The last bytes may be the beginning of a mark.
        Some(last) if bytes.len() >= MARK.len() => Parsed::Damaged((last + 1).min(bytes.len() + 1 - MARK.len())),
        _ => Parsed::Incomplete,
    }
}

/// Over the length, too: of a torn header no record is made.
fn checksum(length: u32, record: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&length.to_le_bytes());
    hasher.update(record);
    hasher.finalize()
}

fn word(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte))
}
