//! Estimates of how many tokens a text costs the model that reads it.
//!
//! Which model reads it is not known here, so all are counted as `o200k`, the vocabulary of `OpenAI`'s current models; other
//! vendors' differ by a tenth or two, which is why what is stored is called an estimate.
//!
//! Two crates count offline with the vocabulary built in; measured on a 2-core container, release, thin LTO:
//!
//! | | `tiktoken-rs` 0.12.1 | `bpe-openai` 0.3.2 |
//! |---|---|---|
//! | JSON, 1 MiB | 24 MB/s | 39 MB/s |
//! | 300 bytes | 12 µs | 7 µs |
//! | 100,000 times `a`, or a blank | 18 ms, 29 ms | 0.9 ms, 0.6 ms |
//! | 1,000,000 times `a` | 416 ms | 10 ms |
//! | added to the binary | 4.1 MB | 32.6 MB |
//! | memory once loaded | 45 MiB | 65 MiB |
//! | loading | 160 ms, once | 48 ms, once |
//! | build, one job | 28 s | 94 s |
//! | crates in the tree, less those of `regex` | 9 | 21 |
//!
//! The second is faster, and linear on the worst input. But no more than [`SAMPLE`] bytes are ever counted, off the way of
//! the answer and within a budget, so that speed is worth less here than 28 MB of every download: it is the first.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
    time::{Duration, Instant},
};

/// Of longer texts only so much is counted, and the rest is taken to be like it. Bytes.
pub const SAMPLE: usize = 64 * 1024;

/// Tokens per byte where nothing was counted yet: the usual rule of thumb.
const DEFAULT_RATIO: f64 = 0.25;

/// How much the latest count weighs against what was learned before.
const WEIGHT: f64 = 0.2;

/// Names that are learned about; further ones get the overall ratio.
const MOST_NAMES: usize = 256;

/// The share of wall time that may be spent counting, some eighty results of 300 bytes a second, and what may be spent at once before
/// that. Five times as much was a twentieth of what tracking cost a server that is busy, by perf; the tokenizer also takes from the
/// caches what the calls have there.
const SHARE: f64 = 0.001;
const BURST: Duration = Duration::from_millis(200);

/// Bytes that are counted in a second, about, and of how many the results are worth being kept in any case.
const SPEED: f64 = 24e6;
const LEAST_ROOM: usize = 64 * 1024;

static NONE_SPECIAL: LazyLock<HashSet<&'static str>> = LazyLock::new(HashSet::new);

/// The tokens of all of `text`. The first call loads the vocabulary.
///
/// Text that the tokenizer gives up on is counted as [`DEFAULT_RATIO`] says.
#[must_use]
pub fn count(text: &str) -> u32 {
    // Not `count_ordinary`, which panics where this gives an error. Special tokens are plain text either way.
    match tiktoken_rs::o200k_base_singleton().count(text, &NONE_SPECIAL) {
        Ok(tokens) => u32::try_from(tokens).unwrap_or(u32::MAX),
        Err(_) => scaled(text.len() as u64, DEFAULT_RATIO),
    }
}

/// What a tool's definition costs in each conversation that may use it.
#[must_use]
pub fn definition_tokens(definition_json: &str) -> u32 {
    count_sample(definition_json).0
}

/// Tokens of `text`, and how many there are per byte.
fn count_sample(text: &str) -> (u32, f64) {
    let sample = &text[..text.floor_char_boundary(SAMPLE)];
    if sample.is_empty() {
        return (0, DEFAULT_RATIO);
    }
    let tokens = count(sample);
    let ratio = f64::from(tokens) / sample.len() as f64;
    (if sample.len() == text.len() { tokens } else { scaled(text.len() as u64, ratio) }, ratio)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast of a float saturates; ratios are positive"
)]
fn scaled(bytes: u64, ratio: f64) -> u32 {
    (bytes as f64 * ratio).round() as u32
}

/// The time that passes: the machine's, or a test's.
pub trait Watch {
    fn now(&self) -> Instant;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemWatch;

impl Watch for SystemWatch {
    fn now(&self) -> Instant {
        Instant::now()
    }
}

/// Estimates tokens within a budget of time: counts while there is budget, and learns from it how many tokens a byte of
/// each tool's results makes, for when there is none.
#[derive(Debug)]
pub struct Estimator<W: Watch = SystemWatch> {
    watch: W,
    /// The bucket that counting is paid from: how much is in it, and when that was so. Overdrawn by a long count, it is
    /// empty until it has filled up again.
    budget: f64,
    filled: Instant,
    overall: Option<f64>,
    names: HashMap<String, f64>,
}

impl Estimator {
    #[must_use]
    pub fn new() -> Self {
        Self::with_watch(SystemWatch)
    }
}

impl Default for Estimator {
    fn default() -> Self {
        Self::new()
    }
}

impl<W: Watch> Estimator<W> {
    /// Loads the vocabulary now, so that its time is not taken for that of a count.
    pub fn with_watch(watch: W) -> Self {
        let _ = count("");
        let filled = watch.now();
        Self { watch, budget: BURST.as_secs_f64(), filled, overall: None, names: HashMap::new() }
    }

    /// The tokens of a result of `bytes` bytes. `name` is the tool's or the method's; `text` is the result where it is at
    /// hand, whole or its beginning.
    pub fn estimate(&mut self, name: &str, bytes: u64, text: Option<&str>) -> u32 {
        if bytes == 0 {
            return 0;
        }
        let text = text.filter(|text| !text.is_empty());
        let Some(text) = text.filter(|_| self.has_budget()) else { return scaled(bytes, self.ratio(name)) };
        let started = self.watch.now();
        let (tokens, ratio) = count_sample(text);
        self.budget -= self.watch.now().saturating_duration_since(started).as_secs_f64();
        self.learn(name, ratio);
        if text.len() as u64 == bytes { tokens } else { scaled(bytes, ratio) }
    }

    /// How many bytes of results are worth being kept until the next are estimated: of more, hardly any would be counted.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast of a float saturates, and an empty budget is no room"
    )]
    pub fn room(&mut self) -> usize {
        self.fill();
        LEAST_ROOM + (self.budget * SPEED) as usize
    }

    fn has_budget(&mut self) -> bool {
        self.fill();
        self.budget > 0.0
    }

    fn fill(&mut self) {
        let now = self.watch.now();
        let earned = now.saturating_duration_since(self.filled).as_secs_f64() * SHARE;
        self.budget = (self.budget + earned).min(BURST.as_secs_f64());
        self.filled = now;
    }

    fn ratio(&self, name: &str) -> f64 {
        self.names.get(name).copied().or(self.overall).unwrap_or(DEFAULT_RATIO)
    }

    fn learn(&mut self, name: &str, ratio: f64) {
        let moved = |known: f64| known + WEIGHT * (ratio - known);
        self.overall = Some(self.overall.map_or(ratio, moved));
        if let Some(known) = self.names.get_mut(name) {
            *known = moved(*known);
        } else if self.names.len() < MOST_NAMES && name.len() <= 256 {
            self.names.insert(name.to_owned(), ratio);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{cell::Cell, rc::Rc};

    /// Each look at it takes `step`, so that a count seems to take that long.
    #[derive(Clone)]
    struct Stepping {
        now: Rc<Cell<Instant>>,
        step: Rc<Cell<Duration>>,
    }

    impl Watch for Stepping {
        fn now(&self) -> Instant {
            self.now.set(self.now.get() + self.step.get());
            self.now.get()
        }
    }

    fn stepping(step: Duration) -> (Stepping, Estimator<Stepping>) {
        let watch = Stepping { now: Rc::new(Cell::new(Instant::now())), step: Rc::new(Cell::new(step)) };
        (watch.clone(), Estimator::with_watch(watch))
    }

    fn result(seed: usize) -> String {
        let rows: Vec<String> = (0..5 + seed * 7 % 40)
            .map(|row| {
                let id = (seed * 7919 + row * 104_729) % 1_000_003;
                format!(r#"{{"id":"{id:06x}","title":"Fix the parser for item {row}","open":true,"score":0.{id}}}"#)
            })
            .collect();
        format!(r#"{{"content":[{{"type":"text","text":"found {} issues"}}],"rows":[{}]}}"#, rows.len(), rows.join(","))
    }

    #[test]
    fn tokens_are_those_of_o200k() {
        assert_eq!(count(""), 0);
        assert_eq!(count("hello world"), 2);
        assert_eq!(count("<|endoftext|>"), count("<|endoftext|>"));
        assert!(count("<|endoftext|>") > 1, "special tokens are plain text");
        assert_eq!(definition_tokens(r#"{"name":"echo"}"#), count(r#"{"name":"echo"}"#));
    }

    #[test]
    fn long_texts_are_taken_to_be_like_their_beginning() {
        let text = "the quick brown fox ".repeat(50_000);
        let (estimated, exact) = (f64::from(definition_tokens(&text)), f64::from(count(&text)));
        assert!((estimated / exact - 1.0).abs() < 0.01, "{estimated} of {exact}");
    }

    #[test]
    fn nothing_learned_is_a_quarter_of_the_bytes() {
        let mut estimator = Estimator::new();
        assert_eq!(estimator.estimate("echo", 1000, None), 250);
        assert_eq!(estimator.estimate("echo", 0, Some("")), 0);
        assert_eq!(estimator.estimate("echo", u64::MAX, None), u32::MAX);
    }

    #[test]
    fn without_budget_the_learned_ratio_is_within_a_tenth() {
        let (watch, mut estimator) = stepping(Duration::ZERO);
        for seed in 0..20 {
            let text = result(seed);
            assert_eq!(estimator.estimate("list", text.len() as u64, Some(&text)), count(&text));
            estimator.estimate("prose", 44, Some("The quick brown fox jumps over the lazy dog."));
        }
        watch.step.set(Duration::from_secs(1));
        estimator.estimate("spend", 1, Some("x"));
        watch.step.set(Duration::ZERO);
        let mut errors = Vec::new();
        for seed in 100..200 {
            let text = result(seed);
            let estimated = estimator.estimate("list", text.len() as u64, Some(&text));
            errors.push((f64::from(estimated) / f64::from(count(&text)) - 1.0).abs());
        }
        let average = errors.iter().sum::<f64>() / errors.len() as f64;
        assert!(average > 0.0 && average < 0.1, "off by {average} on average");
        assert_eq!(estimator.estimate("prose", 440, None), 100);
        let other = estimator.estimate("unseen", 10_000, None);
        assert_eq!(other, scaled(10_000, estimator.overall.unwrap()), "a new name gets the overall ratio");
    }

    #[test]
    fn there_is_room_for_what_can_be_counted() {
        let (watch, mut estimator) = stepping(Duration::ZERO);
        let full = estimator.room();
        assert!(full > 4 << 20, "{full}");
        watch.step.set(Duration::from_secs(1));
        estimator.estimate("spend", 1, Some("x"));
        watch.step.set(Duration::ZERO);
        assert_eq!(estimator.room(), LEAST_ROOM, "nothing can be");
        // Of what was overdrawn nothing is left, but for this.
        estimator.budget = 0.010;
        assert_eq!(estimator.room(), LEAST_ROOM + 240_000);
        watch.step.set(Duration::from_secs(1_000_000));
        assert_eq!(estimator.room(), full, "the budget has filled up again");
    }

    #[test]
    fn counting_takes_no_more_than_its_share() {
        let (watch, mut estimator) = stepping(Duration::ZERO);
        let (mut counted, start) = (0_u32, watch.now.get());
        for _ in 0..60_000 {
            // One call each 10 ms; a count takes 5 ms.
            watch.step.set(Duration::ZERO);
            if estimator.has_budget() {
                counted += 1;
                watch.step.set(Duration::from_micros(2_500));
            }
            estimator.estimate("list", 5, Some("hello"));
            watch.now.set(watch.now.get() + Duration::from_millis(10));
        }
        let wall = (watch.now.get() - start).as_secs_f64();
        let spent = f64::from(counted) * 0.0025;
        assert!(spent <= BURST.as_secs_f64() + SHARE * wall + 0.01, "{spent} s of {wall} s");
        assert!(spent > 0.9 * SHARE * wall, "the budget is used: {spent} s of {wall} s");
    }

    #[test]
    fn memory_is_bounded() {
        let mut estimator = Estimator::new();
        for name in 0..10 * MOST_NAMES {
            estimator.learn(&name.to_string(), 0.3);
        }
        assert_eq!(estimator.names.len(), MOST_NAMES);
    }

    #[test]
    fn the_worst_texts_take_a_bounded_time() {
        for part in ["a", " ", "\n", "!", "0", "ab", "漢", "👩‍👩‍👧"] {
            let text = part.repeat(200_000 / part.len());
            let started = Instant::now();
            assert!(count_sample(&text).0 > 0);
            assert!(started.elapsed() < Duration::from_secs(20), "{part:?}: {:?}", started.elapsed());
        }
    }
}
