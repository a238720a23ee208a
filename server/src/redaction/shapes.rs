//! Secrets that are known by their shape, and the one scan over a text that looks for all secrets.
//!
//! Every secret has something in it that is looked for first: a token's prefix, `://`, a part of a name. One pass finds all of
//! these anchors, without a look at their neighbourhood; only where one stands is the text examined. Each examination decides
//! from a bounded number of bytes, so that no text makes the scan quadratic, and the beginning of a text can be judged without
//! its end (see [`LOOKAHEAD`]).

use super::{
    anchors::Anchors,
    cards,
    pairs::{self, Pairs},
};
use std::{ops::Range, sync::LazyLock};

/// No secret needs more bytes behind its first to be known as one: some 1,100, or 5,100 where its name stands behind it, and more of them
/// where each is escaped.
pub(super) const LOOKAHEAD: usize = 8 * 1024;

/// How far user information reaches, from the `://` of a URL.
const LONGEST_USER_INFO: usize = 1024;

/// A longer part of a JWT is taken for one without the dot that ends it.
const LONGEST_HEADER: usize = 1024;

/// Parts of names. Each entry of the tables in `names.rs` holds one of them.
pub(super) const NAMES: [&str; 19] = [
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "auth",
    "cookie",
    "credential",
    "jwt",
    "bearer",
    "cvv",
    "cvc",
    "otp",
    "psk",
    "sig",
    "sess",
    "verifier",
    "assertion",
    "phrase",
];

/// Parts of names that stand apart, to keep the list above to what is common.
const RARE_NAMES: [&str; 2] = ["recovery", "backup"];

/// Which bytes a token is made of.
type Letters = fn(u8) -> bool;

/// Letters, digits, `_` and `-`.
const WORD: Letters = |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
/// Also `.`.
const DOTTED: Letters = |byte| WORD(byte) || byte == b'.';
/// Also what stands in base64 and paths.
const PATH: Letters = |byte| DOTTED(byte) || matches!(byte, b'/' | b'+' | b'=' | b':');

/// Tokens by prefix: what they begin with, the least that follows, and what it is made of.
const PREFIXES: [(&str, usize, Letters); 62] = [
    ("sk-", 16, WORD),      // OpenAI, Anthropic and many others
    ("sk_live_", 10, WORD), // Stripe
    ("sk_test_", 10, WORD),
    ("pk_live_", 10, WORD),
    ("pk_test_", 10, WORD),
    ("rk_live_", 10, WORD),
    ("rk_test_", 10, WORD),
    ("whsec_", 16, WORD),
    ("ghp_", 20, WORD), // GitHub
    ("gho_", 20, WORD),
    ("ghu_", 20, WORD),
    ("ghs_", 20, DOTTED),
    ("ghr_", 20, WORD),
    ("github_pat_", 20, WORD),
    ("glpat-", 16, DOTTED), // GitLab
    ("gldt-", 16, WORD),
    ("glrt-", 16, DOTTED),
    ("glcbt-", 16, WORD),
    ("glptt-", 16, WORD),
    ("xoxa-", 10, WORD), // Slack
    ("xoxb-", 10, WORD),
    ("xoxc-", 10, WORD),
    ("xoxd-", 10, WORD),
    ("xoxe-", 10, WORD),
    ("xoxp-", 10, WORD),
    ("xoxr-", 10, WORD),
    ("xoxs-", 10, WORD),
    ("xapp-", 10, WORD),
    ("hooks.slack.com/services/", 16, PATH),
    ("AKIA", 16, WORD), // AWS
    ("ASIA", 16, WORD),
    ("AIza", 30, WORD), // Google
    ("ya29.", 16, DOTTED),
    ("GOCSPX-", 16, WORD),
    ("npm_", 30, WORD),
    ("pypi-", 32, WORD),
    ("hf_", 20, WORD),     // Hugging Face
    ("SG.", 20, DOTTED),   // SendGrid
    ("dop_v1_", 16, WORD), // DigitalOcean
    ("doo_v1_", 16, WORD),
    ("dor_v1_", 16, WORD),
    ("dckr_pat_", 16, WORD), // Docker
    ("tracon_", 16, WORD),   // this server's own
    ("gsk_", 20, WORD),      // Groq
    ("xai-", 20, WORD),
    ("pplx-", 20, WORD),
    ("tvly-", 16, WORD),
    ("r8_", 30, WORD),  // Replicate
    ("hvs.", 20, WORD), // Vault
    ("hvb.", 20, WORD),
    ("glsa_", 20, WORD), // Grafana
    ("glc_", 20, PATH),
    ("shpat_", 16, WORD), // Shopify
    ("shpss_", 16, WORD),
    ("lin_api_", 16, WORD), // Linear
    ("ntn_", 30, WORD),     // Notion
    ("figd_", 20, WORD),    // Figma
    ("sbp_", 20, WORD),     // Supabase
    ("sntrys_", 20, PATH),  // Sentry
    ("ATATT3", 30, PATH),   // Atlassian
    ("AGE-SECRET-KEY-1", 20, WORD),
    ("sq0csp-", 16, WORD), // Square
];

#[derive(Clone, Copy)]
enum Anchor {
    Name,
    Prefix(usize),
    Url,
    /// `user:password@tcp(host)/database`, as Go's driver for `MySQL` has it.
    Socket,
    PrivateKey,
    Jwt,
    Basic,
}

const OTHERS: [(&str, Anchor); 6] = [
    ("://", Anchor::Url),
    ("@tcp(", Anchor::Socket),
    ("@unix(", Anchor::Socket),
    ("-----BEGIN ", Anchor::PrivateKey),
    ("eyJ", Anchor::Jwt),
    ("basic", Anchor::Basic),
];

static ANCHORS: LazyLock<Anchors<Anchor>> = LazyLock::new(|| {
    let names = NAMES.iter().chain(&RARE_NAMES).map(|text| (*text, Anchor::Name));
    let prefixes = PREFIXES.iter().enumerate().map(|(index, (text, ..))| (*text, Anchor::Prefix(index)));
    Anchors::new(names.chain(prefixes).chain(OTHERS))
});

/// Whether a secret may stand in a text with escapes, in whichever of its layers. They must be escapes that [hide
/// nothing](super::escapes::Escapes::may_hide): what stands between two backslashes is then the same in all layers, but for its first
/// letter, which may be the escape's.
///
/// False says that there is none; true, that the text has to be read through its escapes: nearly all text that was written as JSON
/// is spared that here.
pub(super) fn may_hold(text: &str) -> bool {
    let bytes = text.as_bytes();
    ANCHORS.find(bytes).any(|(anchor, at)| !is_harmless(text, anchor, at)) || cards::may_hold(bytes)
}

/// Whether no secret stands where this anchor does, as far as can be told from what no escape changes.
fn is_harmless(text: &str, anchor: Anchor, at: Range<usize>) -> bool {
    let bytes = text.as_bytes();
    match anchor {
        Anchor::Name => !bytes[at.clone()].eq_ignore_ascii_case(b"bearer") && pairs::names_no_secret(text, &at),
        Anchor::Prefix(index) => !is_token(bytes, index, &at),
        Anchor::Url => {
            let rest = bytes[at.end..].iter().take(LONGEST_USER_INFO);
            let mark = rest.copied().find(|byte| byte.is_ascii_whitespace() || b":/?#@\"<>\\".contains(byte));
            !matches!(mark, Some(b':' | b'\\'))
        }
        Anchor::Jwt => &bytes[at] != b"eyJ",
        Anchor::Basic => !matches!(bytes.get(at.end), Some(b' ' | b'\t' | b'\\')),
        Anchor::Socket | Anchor::PrivateKey => false,
    }
}

/// Whether behind a prefix stands what makes a token of it.
fn is_token(bytes: &[u8], index: usize, at: &Range<usize>) -> bool {
    let (prefix, least, is_part) = PREFIXES[index];
    if &bytes[at.clone()] != prefix.as_bytes() {
        return false;
    }
    let length = bytes[at.end..].iter().take(64).take_while(|byte| is_part(**byte)).count();
    length >= least && is_random(&bytes[at.end..at.end + length])
}

/// Puts the places of the secrets of `text` into `found`, in no order. `deepest` says that no further layer of escapes
/// will be read.
pub(super) fn find(text: &str, deepest: bool, found: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let mut scan = Scan { text, bytes, deepest, pairs: Pairs::default(), token_end: 0, key_end: 0 };
    for (anchor, at) in ANCHORS.find(bytes) {
        found.extend(scan.examine(anchor, at));
    }
    cards::find(bytes, found);
}

struct Scan<'a> {
    text: &'a str,
    bytes: &'a [u8],
    deepest: bool,
    pairs: Pairs,
    /// The end of the last token: what stands before it is a part of it.
    token_end: usize,
    /// The end of the last private key, likewise.
    key_end: usize,
}

impl Scan<'_> {
    fn examine(&mut self, anchor: Anchor, at: Range<usize>) -> Option<Range<usize>> {
        match anchor {
            Anchor::Name => {
                if self.text[at.clone()].eq_ignore_ascii_case("bearer")
                    && let Some(bearer) = self.bearer(&at)
                {
                    return Some(bearer);
                }
                self.pairs.find(self.text, at, self.deepest)
            }
            Anchor::Prefix(index) => self.prefixed(index, at),
            Anchor::Url => self.url_password(&at),
            Anchor::Socket => self.socket_password(&at),
            Anchor::PrivateKey => self.private_key(at),
            Anchor::Jwt => self.jwt(at),
            Anchor::Basic => self.basic(&at),
        }
    }

    fn prefixed(&mut self, index: usize, at: Range<usize>) -> Option<Range<usize>> {
        if at.start < self.token_end || !self.is_word_start(at.start) || !is_token(self.bytes, index, &at) {
            return None;
        }
        let (_, _, is_part) = PREFIXES[index];
        self.token_end = at.end + self.run(at.end, is_part);
        Some(at.start..self.token_end)
    }

    fn bearer(&self, at: &Range<usize>) -> Option<Range<usize>> {
        let start = self.behind_blank(at)?;
        let length = self.run(start, |byte| PATH(byte) || byte == b'~');
        let token = &self.bytes[start..start + length.min(64)];
        // `bearer authentication` is no secret.
        let is_word = token.iter().all(u8::is_ascii_alphabetic) && !is_random(token);
        (length >= 20 || (length >= 6 && !is_word && is_random(token))).then_some(start..start + length)
    }

    fn basic(&self, at: &Range<usize>) -> Option<Range<usize>> {
        let start = self.behind_blank(at)?;
        let length = self.run(start, |byte| WORD(byte) || matches!(byte, b'+' | b'/' | b'='));
        let value = &self.bytes[start..start + length.min(LONGEST_USER_INFO)];
        let decoded = decode_base64(value);
        // `basic authentication` is no secret: a user's name, a colon and a password are.
        let is_text = match std::str::from_utf8(&decoded) {
            Ok(_) => true,
            Err(error) => error.error_len().is_none(),
        };
        (is_text && decoded.contains(&b':') && !decoded.iter().any(u8::is_ascii_control))
            .then_some(start..start + length)
    }

    /// Where the word behind the blank behind `at` begins.
    fn behind_blank(&self, at: &Range<usize>) -> Option<usize> {
        let blanks = self.bytes[at.end..].iter().take(8).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        (blanks > 0 && self.is_word_start(at.start)).then_some(at.end + blanks)
    }

    fn jwt(&mut self, at: Range<usize>) -> Option<Range<usize>> {
        if at.start < self.token_end || &self.bytes[at.clone()] != b"eyJ" || !self.is_word_start(at.start) {
            return None;
        }
        let header = self.bytes[at.end..].iter().take(LONGEST_HEADER).take_while(|byte| WORD(**byte)).count();
        let dot = at.end + header;
        let payload =
            self.bytes.get(dot + 1..).unwrap_or_default().iter().take(4).take_while(|byte| WORD(**byte)).count();
        let is_whole = header >= 8 && self.bytes.get(dot) == Some(&b'.') && payload == 4;
        // `{"alg":`, `{"typ":` and `{"kid":`: known without the rest. `eyJ` alone is any JSON in base64.
        let begins =
            [b"hbGci".as_slice(), b"0eXAi", b"raWQi"].iter().any(|start| self.bytes[at.end..].starts_with(start));
        if !is_whole && !begins && header < LONGEST_HEADER {
            return None;
        }
        self.token_end = at.end + self.run(at.end, |byte| DOTTED(byte) || byte == b'=');
        Some(at.start..self.token_end)
    }

    /// From `-----BEGIN … PRIVATE KEY` to the end of the key, or to the end of the text where it was cut off.
    fn private_key(&mut self, at: Range<usize>) -> Option<Range<usize>> {
        if at.start < self.key_end {
            return None;
        }
        let label = &self.bytes[at.end..self.bytes.len().min(at.end + 64)];
        let label = &label[..memchr::memmem::find(label, b"-----").unwrap_or(label.len())];
        let is_private = label.windows(11).any(|part| part.eq_ignore_ascii_case(b"PRIVATE KEY"));
        if !is_private {
            return None;
        }
        self.key_end = memchr::memmem::find(&self.bytes[at.end..], b"-----END")
            .map(|length| at.end + length + 8)
            .and_then(|end| {
                Some(end + memchr::memmem::find(&self.bytes[end..self.bytes.len().min(end + 80)], b"-----")? + 5)
            })
            .unwrap_or(self.bytes.len());
        Some(at.start..self.key_end)
    }

    /// The password of `scheme://user:password@host`, up to the last `@`, since it may hold `@`, `/` and `?` that somebody
    /// forgot to encode.
    fn url_password(&self, at: &Range<usize>) -> Option<Range<usize>> {
        let scheme = self.bytes[..at.start].last()?;
        if !scheme.is_ascii_alphanumeric() {
            return None;
        }
        let rest = &self.bytes[at.end..self.bytes.len().min(at.end + LONGEST_USER_INFO)];
        let end = rest.iter().position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'<' | b'>'));
        let rest = &rest[..end.unwrap_or(rest.len())];
        let colon = rest.iter().position(|byte| matches!(byte, b':' | b'/' | b'?' | b'#' | b'@'))?;
        if rest[colon] != b':' {
            return None;
        }
        let end = memchr::memrchr(b'@', &rest[colon..])? + colon;
        let digits = rest[colon + 1..end].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let is_port = (1..=5).contains(&digits) && matches!(rest[colon + 1 + digits], b'/' | b'?' | b'#');
        (!is_port && end > colon + 1).then_some(at.end + colon + 1..at.end + end)
    }

    fn socket_password(&self, at: &Range<usize>) -> Option<Range<usize>> {
        let before = &self.bytes[at.start.saturating_sub(256)..at.start];
        let length =
            before.iter().rev().take_while(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b'"')).count();
        let colon = memchr::memchr(b':', &before[before.len() - length..])?;
        Some(at.start - length + colon + 1..at.start)
    }

    fn is_word_start(&self, at: usize) -> bool {
        at == 0 || !self.bytes[at - 1].is_ascii_alphanumeric()
    }

    fn run(&self, start: usize, is_part: impl Fn(u8) -> bool) -> usize {
        self.bytes[start..].iter().take_while(|byte| is_part(**byte)).count()
    }
}

/// Whether this looks drawn by lot rather than written by hand: with digits, or capitals among small letters.
fn is_random(rest: &[u8]) -> bool {
    let has = |what: fn(&u8) -> bool| rest.iter().any(what);
    has(u8::is_ascii_digit) || (has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase))
}

/// What base64 stands for, in either alphabet; up to what is none.
fn decode_base64(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => break,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            decoded.push(u8::try_from(bits >> count & 0xFF).unwrap_or_default());
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::{super::MARK, *};

    #[test]
    fn every_name_of_a_secret_holds_an_anchor() {
        for name in super::super::names::all() {
            assert!(NAMES.iter().chain(&RARE_NAMES).any(|part| name.contains(part)), "{name}");
        }
    }

    #[test]
    fn the_mark_is_no_secret() {
        let mut found = Vec::new();
        find(MARK, true, &mut found);
        assert!(found.is_empty());
    }
}
