//! The database URL, which may hold a password: it shows itself without, and is opened through [`DatabaseUrl::expose`].

use super::Invalid;
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    ops::Range,
    path::{Path, PathBuf},
};

/// Schemes that may be named in a message. Anything else before a colon may itself be part of a secret.
const KNOWN_SCHEMES: [&str; 3] = ["mysql", "mariadb", "mssql"];

/// What may be given, for people.
pub(super) const ALLOWED: &str =
    "an sqlite: or postgres: URL, such as sqlite:./data/tracon.db or postgres://USER@HOST/DATABASE";

/// Query parameters whose name has one of these in it are secrets.
const SECRET_WORDS: [&str; 7] = ["pass", "pwd", "secret", "token", "key", "credential", "auth"];

/// Where the database is. `Display`, `Debug` and serialisation show `***` in the place of passwords.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The embedded database in a data directory.
    pub fn in_directory(directory: &Path) -> Self {
        // Collected from its components, since two leading slashes would read as the `//` of a URL.
        let path: PathBuf = directory.components().collect::<PathBuf>().join("tracon.db");
        let mut url = String::from("sqlite:");
        for letter in path.to_string_lossy().chars() {
            match letter {
                '%' => url.push_str("%25"),
                '?' => url.push_str("%3F"),
                '#' => url.push_str("%23"),
                _ => url.push(letter),
            }
        }
        Self(url)
    }

    /// The URL itself, passwords and all: for opening it, never for showing it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(super) fn validate(&self) -> Result<(), Invalid> {
        const KEY: &str = "database_url";
        let Some((scheme, rest)) = self.0.split_once(':') else {
            return Err(Invalid::value(KEY));
        };
        let scheme = scheme.to_ascii_lowercase();
        if KNOWN_SCHEMES.contains(&scheme.as_str()) {
            return Err(Invalid::rule(KEY, format!("{ALLOWED}; {scheme}: is not supported")));
        }
        let path = rest.split_once('?').map_or(rest, |(path, _)| path);
        let is_whole = match &*scheme {
            "sqlite" => self.0.starts_with("sqlite:") && !path.trim_start_matches("//").is_empty(),
            "postgres" | "postgresql" => self.0.starts_with(&*scheme) && path.starts_with("//"),
            _ => false,
        };
        if is_whole && !self.0.contains(char::is_control) { Ok(()) } else { Err(Invalid::value(KEY)) }
    }
}

impl From<String> for DatabaseUrl {
    fn from(url: String) -> Self {
        Self(url)
    }
}

impl From<&str> for DatabaseUrl {
    fn from(url: &str) -> Self {
        Self(url.to_owned())
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hidden(&self.0))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&hidden(&self.0), f)
    }
}

/// Written out for people to read: without passwords.
impl Serialize for DatabaseUrl {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `url` with `***` in the place of what is secret. Works on text that is no proper URL too, and where it cannot tell
/// where a password ends, hides too much rather than too little.
fn hidden(url: &str) -> String {
    let Some((scheme, _)) = url.split_once(':') else {
        return "***".to_owned();
    };
    let mut secrets: Vec<_> = user_password(url, scheme.len() + 1).into_iter().chain(secret_parameters(url)).collect();
    secrets.sort_by_key(|range| range.start);
    let (mut shown, mut done) = (String::new(), 0);
    for Range { start, end } in secrets {
        // Where two of them overlap, nothing between them is shown.
        if start >= done {
            shown.push_str(url.get(done..start).unwrap_or_default());
            shown.push_str("***");
        }
        done = done.max(end);
    }
    shown.push_str(url.get(done..).unwrap_or_default());
    shown
}

/// Where the password of the user information stands: from its colon to the last `@` of all, since a password may hold
/// `@`, `/` and `?` that somebody forgot to encode.
fn user_password(url: &str, start: usize) -> Option<Range<usize>> {
    let end = url.rfind('@')?;
    let colon = url.get(start..end)?.find(':')?;
    Some(start + colon + 1..end)
}

/// Where the values of secret parameters stand. A name may begin behind any mark that somebody may have meant as one,
/// but a value ends only at `&`, since it may hold the other marks itself.
fn secret_parameters(url: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (mark, _) in url.match_indices(['?', '&', ';', '#']) {
        let rest = url.get(mark + 1..).unwrap_or_default();
        let parameter = rest.split('&').next().unwrap_or_default();
        if let Some((name, _)) = parameter.split_once('=')
            && is_secret(name)
        {
            found.push(mark + 1 + name.len() + 1..mark + 1 + parameter.len());
        }
    }
    found
}

/// Decoded first: `pass%77ord` is the same parameter to whatever opens the URL.
fn is_secret(parameter: &str) -> bool {
    url::form_urlencoded::parse(parameter.as_bytes()).any(|(name, _)| {
        let name = name.to_ascii_lowercase();
        SECRET_WORDS.iter().any(|word| name.contains(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Sources};
    use proptest::prelude::*;

    fn refused(url: &str) -> String {
        match Config::load(Sources::new("/nonexistent").flag("database_url", url)) {
            Ok(config) => format!("it was taken: {config:?}"),
            Err(error) => format!("{error}"),
        }
    }

    #[test]
    fn passwords_are_hidden() {
        let cases = [
            ("sqlite:./data/tracon.db", "sqlite:./data/tracon.db"),
            ("sqlite::memory:", "sqlite::memory:"),
            ("sqlite:x.db?mode=rwc&password=hunter2&cache=shared", "sqlite:x.db?mode=rwc&password=***&cache=shared"),
            ("sqlite:x.db?pass%77ord=hunter2", "sqlite:x.db?pass%77ord=***"),
            ("sqlite:x.db?API_KEY=hunter2", "sqlite:x.db?API_KEY=***"),
            ("postgres://tracon:hunter2@db:5432/tracon", "postgres://tracon:***@db:5432/tracon"),
            ("postgres://tracon@db/tracon", "postgres://tracon@db/tracon"),
            ("postgres://:hunter2@db/tracon", "postgres://:***@db/tracon"),
            ("postgres://tracon:hunter2/@?#@db/tracon", "postgres://tracon:***@db/tracon"),
            ("postgres://tracon:hunter2@db/x?password=hunt@er2", "postgres://tracon:***"),
            ("postgres://tracon:hunter2?key=1@db/x?a=b", "postgres://tracon:***"),
            ("sqlite:x.db?a=b?password=hun?te#r2&c=d", "sqlite:x.db?a=b?password=***&c=d"),
            ("hunter2", "***"),
        ];
        for (url, shown) in cases {
            let url = DatabaseUrl::from(url);
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), format!("{shown:?}"));
        }
    }

    #[test]
    fn another_database_is_refused_without_its_password() {
        insta::assert_snapshot!(refused("mysql://tracon:hunter2@db/tracon"), @"database_url from --database-url is not allowed; expected an sqlite: or postgres: URL, such as sqlite:./data/tracon.db or postgres://USER@HOST/DATABASE; mysql: is not supported");
        insta::assert_snapshot!(refused("postgres:hunter2"), @"database_url from --database-url is not allowed; expected an sqlite: or postgres: URL, such as sqlite:./data/tracon.db or postgres://USER@HOST/DATABASE");
        insta::assert_snapshot!(refused("hunter2:x"), @"database_url from --database-url is not allowed; expected an sqlite: or postgres: URL, such as sqlite:./data/tracon.db or postgres://USER@HOST/DATABASE");
        insta::assert_snapshot!(refused("./data/tracon.db"), @"database_url from --database-url is not allowed; expected an sqlite: or postgres: URL, such as sqlite:./data/tracon.db or postgres://USER@HOST/DATABASE");
        insta::assert_snapshot!(refused("sqlite:"), @"database_url from --database-url is not allowed; expected an sqlite: or postgres: URL, such as sqlite:./data/tracon.db or postgres://USER@HOST/DATABASE");
        insta::assert_snapshot!(refused(""), @"database_url from --database-url is not allowed; expected an sqlite: or postgres: URL, such as sqlite:./data/tracon.db or postgres://USER@HOST/DATABASE");
    }

    #[test]
    fn both_engines_are_taken() {
        for url in ["sqlite:x.db", "postgres://tracon@db/tracon", "postgresql:///tracon?host=/run/postgresql"] {
            let config = Config::load(Sources::new("/nonexistent").flag("database_url", url)).expect("it is taken");
            assert_eq!(config.effective_database_url().expose(), url);
        }
    }

    #[test]
    fn a_data_directory_of_any_name_is_the_one_that_is_opened() {
        let url = |directory: &str| DatabaseUrl::in_directory(Path::new(directory)).0;
        assert_eq!(url("./data"), "sqlite:./data/tracon.db");
        assert_eq!(url("/var/lib/tracon/"), "sqlite:/var/lib/tracon/tracon.db");
        assert_eq!(url("//var/lib"), "sqlite:/var/lib/tracon.db");
        assert_eq!(url("what?#100%"), "sqlite:what%3F%23100%25/tracon.db");
    }

    proptest! {
        #[test]
        fn no_password_is_ever_shown(password in "[ -~]{0,4}hunter2[ -~]{0,4}", user in "[a-z]{0,3}", query in "[a-z=&]{0,9}") {
            for url in [format!("postgres://{user}:{password}@db/x?{query}"), format!("sqlite:{user}:{password}@x?{query}")] {
                let url = DatabaseUrl::from(url);
                prop_assert!(!url.to_string().contains("hunter2"), "{}", url);
                prop_assert!(!refused(url.expose()).contains("hunter2"));
            }
        }
    }
}
