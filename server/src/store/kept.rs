//! What was captured of a request, as it is kept: long text that gets much shorter by it is packed.
//!
//! Tools answer in JSON, often with the same words twice, as text and as structured content: a list of ten tasks is a seventh as long
//! packed. That takes less time than is saved by what is not copied, logged and stored.

use std::borrow::Cow;

use lz4_flex::block;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_bytes::ByteBuf;
use thiserror::Error;
use tracon_app::reports::Captured;

/// Shorter text is kept as it is, bytes: packed it takes hardly less room.
const SHORTEST: usize = 1024;
/// More than this many times as long as it is packed no text can be.
const MOST_PACKED: usize = 255;

/// See the [module](self).
#[derive(Clone, PartialEq, Eq)]
pub struct Kept {
    text: Text,
    is_cut: bool,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Text {
    Plain(String),
    /// An LZ4 block behind its length before packing, four bytes, the lowest first.
    Packed(ByteBuf),
}

/// What was packed cannot be read.
#[derive(Debug, Error)]
pub enum UnpackError {
    #[error("it is no LZ4 block behind its length: {0}")]
    NoBlock(#[from] block::DecompressError),
    #[error("{packed} bytes cannot be {claimed} bytes packed")]
    TooLong { packed: usize, claimed: usize },
    #[error("it should be {claimed} bytes, and is {found}")]
    OtherLength { claimed: usize, found: usize },
    #[error("it is no text: {0}")]
    NoText(#[from] std::string::FromUtf8Error),
}

impl From<Captured> for Kept {
    fn from(Captured { json, is_cut }: Captured) -> Self {
        Self::new(json.into(), is_cut)
    }
}

impl Kept {
    /// Keeps `json`; `is_cut` says that it is only the beginning of what there was.
    #[must_use]
    pub fn new(json: Cow<'_, str>, is_cut: bool) -> Self {
        let packed = (json.len() >= SHORTEST).then(|| block::compress_prepend_size(json.as_bytes()));
        // Text that hardly gets shorter is not worth being unpacked by whoever reads it.
        let text = match packed.filter(|packed| packed.len() < json.len() / 4 * 3) {
            Some(packed) => Text::Packed(ByteBuf::from(packed)),
            None => Text::Plain(json.into_owned()),
        };
        Self { text, is_cut }
    }

    /// What was captured.
    ///
    /// # Errors
    /// It was packed, and cannot be unpacked.
    pub fn captured(&self) -> Result<Captured, UnpackError> {
        let json = match &self.text {
            Text::Plain(json) => json.clone(),
            Text::Packed(packed) => unpacked(packed)?,
        };
        Ok(Captured { json, is_cut: self.is_cut })
    }

    /// The text, unless it is packed.
    #[must_use]
    pub fn plain(&self) -> Option<&str> {
        if let Text::Plain(json) = &self.text { Some(json) } else { None }
    }

    /// The text, where it is packed.
    #[must_use]
    pub fn packed(&self) -> Option<&[u8]> {
        if let Text::Packed(packed) = &self.text { Some(packed) } else { None }
    }

    /// Whether only its beginning was captured.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.captured() {
            Ok(captured) => captured.fmt(f),
            Err(error) => error.fmt(f),
        }
    }
}

/// The text that was packed.
pub fn unpacked(packed: &[u8]) -> Result<String, UnpackError> {
    let (claimed, block) = block::uncompressed_size(packed)?;
    // As much memory is asked for as it says.
    if claimed > block.len().saturating_mul(MOST_PACKED) {
        return Err(UnpackError::TooLong { packed: block.len(), claimed });
    }
    let text = block::decompress(block, claimed)?;
    if text.len() != claimed {
        return Err(UnpackError::OtherLength { claimed, found: text.len() });
    }
    Ok(String::from_utf8(text)?)
}

/// For people, as in what was set aside because a database refused it, what was captured, or why that cannot be read; else as it is kept.
impl Serialize for Kept {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            // Not an error: the rest of the record is worth being shown.
            let captured = self.captured();
            let unreadable = |error: UnpackError| Captured { json: error.to_string(), is_cut: self.is_cut };
            captured.unwrap_or_else(unreadable).serialize(serializer)
        } else {
            (&self.text, self.is_cut).serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Kept {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return Captured::deserialize(deserializer).map(Self::from);
        }
        let (text, is_cut) = Deserialize::deserialize(deserializer)?;
        Ok(Self { text, is_cut })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn captured(json: String) -> Captured {
        Captured { json, is_cut: false }
    }

    proptest! {
        #[test]
        fn what_is_kept_is_what_was_captured(part in "\\PC{0,40}", times in 0_usize..80, is_cut: bool) {
            let captured = Captured { json: part.repeat(times), is_cut };
            let kept = Kept::from(captured.clone());
            prop_assert_eq!(kept.captured().unwrap(), captured);
            prop_assert_eq!(kept.plain().is_none(), kept.packed().is_some());
            let bytes = postcard::to_allocvec(&kept).unwrap();
            prop_assert_eq!(&postcard::from_bytes::<Kept>(&bytes).unwrap(), &kept);
            let json = serde_json::to_string(&kept).unwrap();
            prop_assert_eq!(serde_json::from_str::<Kept>(&json).unwrap(), kept);
        }

        #[test]
        fn what_was_damaged_is_an_error_or_a_text_of_its_length(
            part in "\\PC{1,40}", places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4), end: prop::sample::Index,
        ) {
            let mut packed = block::compress_prepend_size(part.repeat(20).as_bytes());
            let cut_off = 4 + end.index(packed.len() - 4);
            prop_assert!(unpacked(&packed[..cut_off]).is_err());
            for (place, byte) in places {
                // Behind the length, which has a test of its own.
                let place = 4 + place.index(packed.len() - 4);
                packed[place] = byte;
            }
            if let Ok(text) = unpacked(&packed) {
                prop_assert_eq!(text.len(), part.len() * 20);
            }
        }
    }

    #[test]
    fn only_what_gets_shorter_is_packed() {
        let packed = |json: String| Kept::from(captured(json)).packed().map(<[u8]>::len);
        assert_eq!(packed("a".repeat(SHORTEST - 1)), None);
        assert!(packed("a".repeat(SHORTEST)).unwrap() < 50);
        let mut dice = 1_u64;
        let mut roll = || {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            dice
        };
        let random = (0..250).map(|_| roll().to_string()).collect::<String>();
        assert_eq!(packed(random), None);
    }

    #[test]
    fn a_wrong_length_is_an_error_and_asks_for_no_memory() {
        let error = unpacked(&[0xff, 0xff, 0xff, 0xff, 0]).unwrap_err();
        assert_eq!(error.to_string(), "1 bytes cannot be 4294967295 bytes packed");
        assert!(unpacked(&[1]).is_err());
        let short = unpacked(&[3, 0, 0, 0, 0x20, b'a', b'b']).unwrap_err();
        assert_eq!(short.to_string(), "it should be 3 bytes, and is 2");
        let packed = block::compress_prepend_size(&[0xff; 2_000]);
        assert!(unpacked(&packed).unwrap_err().to_string().starts_with("it is no text: "));
    }

    #[test]
    fn the_form_is_that_of_other_libraries() {
        // What Python's `lz4.block.compress` made of it: letters, matches, letters.
        let packed = b",\x00\x00\x00\xf5\x00{\"task\":\"one\"},\x0f\x008two\x0f\x00Pone\"}";
        assert_eq!(unpacked(packed).unwrap(), r#"{"task":"one"},{"task":"two"},{"task":"one"}"#);
    }
}
