//! Latency percentiles that can be added up: over buckets, over tools, over any range.
//!
//! A sketch counts durations in bins that grow with them, so that two sketches are merged by adding their counts and a
//! percentile of the sum is as good as one of a part. It is an HDR histogram over microseconds with two significant
//! digits: 128 bins an octave. A percentile is given as the middle of its bin, which is at most 0.4 % from every duration
//! in it; up to 255 µs a bin is one value and the percentile is exact.
//!
//! Why not `DDSketch`, which needs a quarter of the bins: the crate `sketches-ddsketch` interpolates ranks (`q · (n - 1)`), so
//! that of few requests it names another one than the nearest rank, by which everything else here counts; it keeps its
//! bins to itself, so that the rank cannot be put right from outside; and it has no format for storage but serde's. HDR's V2
//! format is documented, read by other tools, and run-length coded: a minute of sixty calls takes some 150 bytes.

use hdrhistogram::{
    Histogram,
    serialization::{Deserializer, Serializer, V2Serializer},
};

/// Two digits promise 1 %; see above for what they keep.
const SIGNIFICANT_DIGITS: u8 = 2;

/// What takes longer, some 12 days, counts as that long: a histogram takes memory by its longest duration.
const LONGEST_MICROS: u64 = 1 << 40;

/// The durations of a group of requests.
#[derive(Clone, Debug)]
pub struct Sketch(Option<Histogram<u64>>);

/// Bytes that are no sketch.
#[derive(Debug, thiserror::Error)]
#[error("it is no latency sketch: {0}")]
pub struct NotASketch(String);

impl Default for Sketch {
    fn default() -> Self {
        // Digits from 0 to 5 are never refused.
        Self(Histogram::new(SIGNIFICANT_DIGITS).ok())
    }
}

impl Sketch {
    pub fn record(&mut self, micros: u64) {
        if let Some(histogram) = &mut self.0 {
            // It grows as needed, so that no value is out of its range.
            let _ = histogram.record(micros.min(LONGEST_MICROS));
        }
    }

    pub fn merge(&mut self, other: &Self) {
        if let (Some(histogram), Some(other)) = (&mut self.0, &other.0) {
            // As above.
            let _ = histogram.add(other);
        }
    }

    /// The durations at these percentiles, which ascend, in ms: each of the nearest rank, which is the value at position
    /// ⌈p·n⌉ in ascending order. `None` when there are no durations.
    pub fn percentiles<const N: usize>(&self, percents: [u64; N]) -> [Option<f64>; N] {
        let mut found = [None; N];
        let Some(histogram) = self.0.as_ref().filter(|histogram| !histogram.is_empty()) else { return found };
        let rank = |percent: u64| (u128::from(histogram.len()) * u128::from(percent)).div_ceil(100).max(1);
        let (mut passed, mut at) = (0_u128, 0);
        for bin in histogram.iter_recorded() {
            passed += u128::from(bin.count_at_value());
            while at < N && rank(percents[at]) <= passed {
                found[at] = Some(histogram.median_equivalent(bin.value_iterated_to()) as f64 / 1e3);
                at += 1;
            }
        }
        found
    }

    /// The sketch as HDR's V2 format, uncompressed.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if let Some(histogram) = &self.0 {
            // Writing to memory cannot fail, and no count reaches 2^63.
            let _ = V2Serializer::new().serialize(histogram, &mut bytes);
        }
        bytes
    }

    /// The sketch that [`Sketch::to_bytes`] wrote.
    pub fn from_bytes(mut bytes: &[u8]) -> Result<Self, NotASketch> {
        // The length is stated again inside: a wrong one must not ask for memory that is not there.
        let stated = bytes.get(4..8).and_then(|length| length.try_into().ok()).map(u32::from_be_bytes);
        if stated.and_then(|length| usize::try_from(length).ok()) != bytes.len().checked_sub(HEADER_BYTES) {
            return Err(NotASketch("its length is not what it says".to_owned()));
        }
        let mut histogram =
            Deserializer::new().deserialize::<u64, _>(&mut bytes).map_err(|error| NotASketch(error.to_string()))?;
        histogram.auto(true);
        Ok(Self(Some(histogram)))
    }
}

/// Of the V2 format.
const HEADER_BYTES: usize = 40;

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn sketch(durations: &[u64]) -> Sketch {
        let mut sketch = Sketch::default();
        for micros in durations {
            sketch.record(*micros);
        }
        sketch
    }

    fn exact(durations: &[u64], percent: usize) -> Option<f64> {
        let mut sorted = durations.to_vec();
        sorted.sort_unstable();
        sorted.get((sorted.len() * percent).div_ceil(100).max(1) - 1).map(|micros| *micros as f64 / 1e3)
    }

    fn is_close(found: Option<f64>, exact: Option<f64>) -> bool {
        match (found, exact) {
            (Some(found), Some(exact)) => (found - exact).abs() <= exact * 0.01,
            (found, exact) => found == exact,
        }
    }

    proptest! {
        #[test]
        fn percentiles_are_within_one_per_cent_also_after_a_merge_and_from_bytes(
            first in vec(prop_oneof![0_u64..300, 0_u64..5_000_000, 0_u64..40_000_000_000], 0..200),
            second in vec(0_u64..2_000_000, 0..200),
        ) {
            let mut merged = Sketch::from_bytes(&sketch(&first).to_bytes()).unwrap();
            merged.merge(&Sketch::from_bytes(&sketch(&second).to_bytes()).unwrap());
            let all = [first, second].concat();
            let found = merged.percentiles([0, 50, 95, 99, 100]);
            for (found, percent) in found.into_iter().zip([0, 50, 95, 99, 100]) {
                prop_assert!(is_close(found, exact(&all, percent)), "p{percent}: {found:?}");
            }
        }

        #[test]
        fn what_is_no_sketch_is_refused(bytes in vec(any::<u8>(), 0..100)) {
            prop_assert!(Sketch::from_bytes(&bytes).is_err());
        }
    }

    #[test]
    fn a_duration_of_years_is_as_long_as_can_be_told() {
        let found = sketch(&[u64::MAX]).percentiles([50])[0].unwrap();
        assert!((found - LONGEST_MICROS as f64 / 1e3).abs() < found / 100.0);
    }
}
