//! Which names are names of secrets: `password`, `X-Api-Key`, `clientSecret`.
//!
//! Names are compared by their letters and digits alone, in lower case, so that `api_key`, `API-Key` and `apiKey` are one
//! name. What counts is how a name **ends**: `stripe_secret_key` is a secret, `secret_name` and `token_count` are not.
//! All decisions are data, in the tables below.

/// What is done with the value of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// The value is shown.
    Shown,
    /// The value is hidden whole, whatever it is, save `null`, `true` and `false`.
    Hidden,
    /// Text is hidden, numbers are shown: `tokens` may be credentials or a quantity.
    NumbersShown,
    /// As `NumbersShown`, and in running text only directly behind `=`: `PASS: test_foo` is a test's report.
    Assigned,
}

/// Ends of names. `key` alone is none (`{"key": "a", "value": 1}`), nor are `primary_key`, `public_key`, `cache_key` and
/// `key_id`: only the keys that open something are listed.
const ENDS: [(&str, Rule); 61] = [
    ("password", Rule::Hidden),
    ("passwd", Rule::Hidden),
    ("passphrase", Rule::Hidden),
    ("passcode", Rule::Hidden),
    ("passkey", Rule::Hidden),
    ("pwd", Rule::Hidden),
    ("secret", Rule::Hidden),
    ("token", Rule::Hidden),
    ("jwt", Rule::Hidden),
    ("bearer", Rule::Hidden),
    ("authorization", Rule::Hidden),
    ("credential", Rule::Hidden),
    ("credentials", Rule::Hidden),
    ("cookie", Rule::Hidden),
    ("apikey", Rule::Hidden),
    ("accesskey", Rule::Hidden),
    ("privatekey", Rule::Hidden),
    ("privkey", Rule::Hidden),
    ("secretkey", Rule::Hidden),
    ("secretkeybase", Rule::Hidden),
    ("signingkey", Rule::Hidden),
    ("signaturekey", Rule::Hidden),
    ("encryptionkey", Rule::Hidden),
    ("decryptionkey", Rule::Hidden),
    ("masterkey", Rule::Hidden),
    ("rootkey", Rule::Hidden),
    ("adminkey", Rule::Hidden),
    ("authkey", Rule::Hidden),
    ("sharedkey", Rule::Hidden),
    ("presharedkey", Rule::Hidden),
    ("sessionkey", Rule::Hidden),
    ("sessioncookie", Rule::Hidden),
    ("servicekey", Rule::Hidden),
    ("serviceaccountkey", Rule::Hidden),
    ("servicerolekey", Rule::Hidden),
    ("accountkey", Rule::Hidden),
    ("storagekey", Rule::Hidden),
    ("subscriptionkey", Rule::Hidden),
    ("functionskey", Rule::Hidden),
    ("deploykey", Rule::Hidden),
    ("licensekey", Rule::Hidden),
    ("hmackey", Rule::Hidden),
    ("aeskey", Rule::Hidden),
    ("sshkey", Rule::Hidden),
    ("webhookkey", Rule::Hidden),
    ("clientkey", Rule::Hidden),
    ("clientkeydata", Rule::Hidden),
    ("xamzsignature", Rule::Hidden),
    ("xgoogsignature", Rule::Hidden),
    ("codeverifier", Rule::Hidden),
    ("clientassertion", Rule::Hidden),
    ("seedphrase", Rule::Hidden),
    ("recoveryphrase", Rule::Hidden),
    ("recoverycode", Rule::Hidden),
    ("backupcode", Rule::Hidden),
    ("sessid", Rule::Hidden),
    ("jsessionid", Rule::Hidden),
    ("cvv", Rule::Hidden),
    ("cvc", Rule::Hidden),
    ("cvv2", Rule::Hidden),
    ("totp", Rule::Hidden),
];

/// Whole names that are too short, or too common as an end, to be searched for as one.
const WHOLE: [(&str, Rule); 5] = [
    ("auth", Rule::Assigned),
    ("pass", Rule::Assigned),
    ("otp", Rule::NumbersShown),
    ("psk", Rule::NumbersShown),
    ("sig", Rule::Assigned),
];

const LONGEST_WHOLE: usize = 4;

/// Anywhere in a name, unless it ends as one of [`ABOUT`]: `password_confirmation`, `passwordNew`.
const ANYWHERE: [&str; 3] = ["password", "passwd", "passphrase"];

/// Ends of names that say something *about* a password.
const ABOUT: [&str; 22] = [
    "length",
    "policy",
    "required",
    "enabled",
    "strength",
    "at",
    "expires",
    "expiry",
    "field",
    "label",
    "placeholder",
    "prompt",
    "manager",
    "rules",
    "type",
    "count",
    "file",
    "path",
    "url",
    "id",
    "error",
    "status",
];

/// Ends that change nothing: `password_hash`, `token_value`, `private_key_pem`.
const TAILS: [&str; 11] =
    ["value", "string", "data", "text", "plain", "raw", "pem", "base64", "hash", "encrypted", "header"];

/// Ends of names that would be secrets and are none, nor are their plurals: cursors of pages, ids of progress, words and
/// quantities of language models.
const HARMLESS: [&str; 38] = [
    "pagetoken",
    "nexttoken",
    "prevtoken",
    "previoustoken",
    "continuationtoken",
    "paginationtoken",
    "cursortoken",
    "synctoken",
    "progresstoken",
    "cancellationtoken",
    "pertoken",
    "firsttoken",
    "lasttoken",
    "stoptoken",
    "endtoken",
    "starttoken",
    "bostoken",
    "eostoken",
    "padtoken",
    "unktoken",
    "septoken",
    "clstoken",
    "masktoken",
    "unexpectedtoken",
    "maxtoken",
    "mintoken",
    "maxnewtoken",
    "totaltoken",
    "inputtoken",
    "outputtoken",
    "prompttoken",
    "completiontoken",
    "reasoningtoken",
    "thinkingtoken",
    "responsetoken",
    "cachedtoken",
    "numtoken",
    "budgettoken",
];

/// Names whose value is itself a name, and of the value that belongs to it: `{"name": "API_KEY", "value": "…"}`.
const NAMING: [&str; 8] = ["name", "key", "header", "field", "variable", "param", "parameter", "env"];
const NAMED: [&str; 2] = ["value", "val"];

/// Longer names are judged by their end.
const LONGEST: usize = 64;

/// The letters and digits of a name in lower case, at the end of a buffer.
struct Plain {
    bytes: [u8; LONGEST],
    start: usize,
    /// One bit for each letter that occurs.
    letters: u32,
}

impl Plain {
    fn of(name: &str) -> Self {
        let mut plain = Self { bytes: [0; LONGEST], start: LONGEST, letters: 0 };
        for byte in name.bytes().rev().filter(u8::is_ascii_alphanumeric) {
            if plain.start == 0 {
                break;
            }
            plain.start -= 1;
            let byte = byte.to_ascii_lowercase();
            plain.bytes[plain.start] = byte;
            plain.letters |= letter(byte);
        }
        plain
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}

const fn letter(byte: u8) -> u32 {
    if byte.is_ascii_lowercase() { 1 << (byte - b'a') } else { 0 }
}

const fn letters(text: &str) -> u32 {
    let (bytes, mut index, mut set) = (text.as_bytes(), 0, 0);
    while index < bytes.len() {
        set |= letter(bytes[index]);
        index += 1;
    }
    set
}

/// The letters of [`ENDS`], so that most names are told from a secret's by one bit operation an entry.
const END_LETTERS: [u32; ENDS.len()] = {
    let (mut sets, mut index) = ([0; ENDS.len()], 0);
    while index < ENDS.len() {
        sets[index] = letters(ENDS[index].0);
        index += 1;
    }
    sets
};

/// The minimal ones of them: a set that holds another is left out, and so is that of every sort of `key`, whose letters stand first. A
/// name that holds none of these ends as none of [`ENDS`], and they are a third as many. The places that are left repeat the first.
const MINIMAL_LETTERS: [u32; 20] = {
    let key = letters("key");
    let (mut minimal, mut count, mut index) = ([key; 20], 1, 0);
    while index < END_LETTERS.len() {
        let set = END_LETTERS[index];
        let (mut is_minimal, mut other) = (set & key != key, 0);
        while other < END_LETTERS.len() {
            let part = END_LETTERS[other];
            is_minimal &= set & part != part || (part == set && other >= index);
            other += 1;
        }
        if is_minimal {
            minimal[count] = set;
            count += 1;
        }
        index += 1;
    }
    minimal
};

const ANYWHERE_LETTERS: [u32; 3] = [letters(ANYWHERE[0]), letters(ANYWHERE[1]), letters(ANYWHERE[2])];

/// What to do with the value of `name`.
pub(super) fn rule_of(name: &str) -> Rule {
    if name.len() < 3 {
        return Rule::Shown;
    }
    if is_short_for_password(name.as_bytes()) {
        return Rule::NumbersShown;
    }
    let plain = Plain::of(name);
    let has = plain.letters;
    let name = plain.as_bytes();
    if name.len() <= LONGEST_WHOLE
        && let Some((_, rule)) = WHOLE.iter().find(|(whole, _)| name == whole.as_bytes())
    {
        return *rule;
    }
    // A comparison of a register each, without a branch: nine names of ten go no further.
    if MINIMAL_LETTERS.iter().fold(0, |hits, set| hits + u32::from(has & set == *set)) == 0 {
        return Rule::Shown;
    }
    let mut end = name;
    for _ in 0..3 {
        let rule = rule_of_end(end, has);
        if rule != Rule::Shown {
            return rule;
        }
        let digits = end.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        end = &end[..end.len() - digits];
        if digits == 0 {
            let Some(shorter) = TAILS.iter().find_map(|tail| end.strip_suffix(tail.as_bytes())) else { break };
            end = shorter;
        }
    }
    let inside = ANYWHERE
        .iter()
        .zip(ANYWHERE_LETTERS)
        .any(|(word, set)| has & set == set && name.windows(word.len()).any(|part| part == word.as_bytes()));
    if inside && !ABOUT.iter().any(|tail| name.ends_with(tail.as_bytes())) { Rule::Hidden } else { Rule::Shown }
}

/// `DB_PASS`, `smtp-pass`, `userPass`; not `bypass`.
fn is_short_for_password(name: &[u8]) -> bool {
    let Some((start, end)) = name.split_last_chunk::<4>() else { return false };
    match end {
        b"Pass" => !start.is_empty(),
        b"pass" | b"PASS" => matches!(start, [.., b'_' | b'-' | b'.']),
        _ => false,
    }
}

fn rule_of_end(name: &[u8], has: u32) -> Rule {
    let known = |name: &[u8]| {
        let entry = ENDS
            .iter()
            .zip(&END_LETTERS)
            .find(|((end, _), set)| has & **set == **set && name.ends_with(end.as_bytes()));
        entry.filter(|_| !HARMLESS.iter().any(|end| name.ends_with(end.as_bytes()))).map(|((_, rule), _)| *rule)
    };
    if let Some(rule) = known(name) {
        return rule;
    }
    match name.strip_suffix(b"s").map(known) {
        Some(Some(_)) => Rule::NumbersShown,
        _ => Rule::Shown,
    }
}

/// Whether the text under this key names what stands beside it.
pub(super) fn is_naming(key: &str) -> bool {
    NAMING.iter().any(|name| key.eq_ignore_ascii_case(name))
}

/// Whether this key holds the value that [`is_naming`] names.
pub(super) fn is_named(key: &str) -> bool {
    NAMED.iter().any(|name| key.eq_ignore_ascii_case(name))
}

/// All names of the tables, for the test that each of them can be found.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    ENDS.iter().chain(&WHOLE).map(|(name, _)| *name).chain(ANYWHERE)
}

#[cfg(test)]
mod tests {
    use super::{END_LETTERS, MINIMAL_LETTERS, Rule, rule_of};

    #[test]
    fn no_end_is_passed_over_by_its_letters() {
        assert!(END_LETTERS.iter().all(|end| MINIMAL_LETTERS.iter().any(|set| end & set == *set)));
        // Else all names would go on.
        assert!(!MINIMAL_LETTERS.contains(&0));
    }

    #[test]
    fn names_of_secrets_are_known_in_every_spelling() {
        for name in [
            "password",
            "PASSWORD",
            "Pass-Word",
            "user_password",
            "passwordConfirmation",
            "password2",
            "db.password",
            "passwd",
            "pwd",
            "secret",
            "client_secret",
            "clientSecret",
            "token",
            "accessToken",
            "refresh_token",
            "session-token",
            "api_key",
            "apikey",
            "X-Api-Key",
            "OPENAI_API_KEY",
            "openai_api_key_1",
            "access_key",
            "AWS_SECRET_ACCESS_KEY",
            "private_key",
            "privateKeyPem",
            "Authorization",
            "Proxy-Authorization",
            "cookie",
            "Set-Cookie",
            "credential",
            "credentials",
            "SecretString",
            "password_hash",
            "SECRET_KEY_BASE",
            "jwt",
            "Ocp-Apim-Subscription-Key",
            "AccountKey",
            "PHPSESSID",
            "cvv",
        ] {
            assert_eq!(rule_of(name), Rule::Hidden, "{name}");
        }
    }

    #[test]
    fn names_that_only_sound_like_it_are_not() {
        for name in [
            "max_tokens",
            "maxTokens",
            "prompt_tokens",
            "cache_read_input_tokens",
            "max_tokenizer",
            "token_count",
            "tokenCount",
            "token_type",
            "tokenizer",
            "author",
            "authorId",
            "authority",
            "authenticated",
            "keyboard",
            "primary_key",
            "primaryKey",
            "publicKey",
            "foreign_key",
            "key",
            "keys",
            "key_id",
            "monkey",
            "secretary",
            "secret_name",
            "secretArn",
            "passed",
            "passenger",
            "compass",
            "bypass",
            "passwordLength",
            "password_policy",
            "password_changed_at",
            "nextPageToken",
            "next_token",
            "progressToken",
            "price_per_token",
            "time_to_first_token",
            "cookie_policy",
            "cookieConsent",
            "session_id",
            "sessionId",
            "id",
            "",
            "s",
            "signature",
            "otpauth_enabled",
            "design",
            "cacheKey",
            "idempotency_key",
            "password_file",
            "private_key_path",
            "tokens_details",
        ] {
            assert_eq!(rule_of(name), Rule::Shown, "{name}");
        }
    }

    #[test]
    fn plural_names_may_be_quantities() {
        for name in ["tokens", "secrets", "api_keys", "cookies", "passwords"] {
            assert_eq!(rule_of(name), Rule::NumbersShown, "{name}");
        }
    }
}
