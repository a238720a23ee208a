//! From a `sqlite:` URL to a path, and back.

use std::path::{Path, PathBuf};

use sqlx::sqlite::SqliteConnectOptions;

use crate::store::StoreError;

/// The URL of the database at that path, with what has a meaning in a URL escaped.
#[must_use]
pub fn sqlite_url(path: &Path) -> String {
    format!("sqlite:{}", path.to_string_lossy().replace('%', "%25").replace('?', "%3F").replace('#', "%23"))
}

/// The absolute path that the URL names.
pub fn path_of(url: &str) -> Result<PathBuf, StoreError> {
    let invalid = |reason: &str| StoreError::InvalidUrl { reason: reason.to_owned() };
    let (name, parameters) = url.split_once('?').unwrap_or((url, ""));
    // `mode=rwc` is what is done anyway; it is what many write, because sqlx's own examples do.
    if !matches!(parameters, "" | "mode=rwc") {
        return Err(invalid("it takes no parameters"));
    }
    let name = name.trim_start_matches("sqlite:").trim_start_matches("//");
    if name.is_empty() {
        return Err(invalid("it names no file"));
    }
    if name == ":memory:" {
        return Err(invalid("the database must be a file"));
    }
    let options: SqliteConnectOptions = url.parse().map_err(|_| invalid("its path is not UTF-8"))?;
    // Absolute, so that messages say where it is and SQLite never takes a name for a URI (`file:…`).
    std::path::absolute(options.get_filename()).map_err(|_| invalid("its path cannot be made absolute"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_path_is_understood() {
        let here = std::env::current_dir().unwrap();
        assert_eq!(path_of("sqlite:/data/tracon.db").unwrap(), Path::new("/data/tracon.db"));
        assert_eq!(path_of("sqlite:///data/tracon.db").unwrap(), Path::new("/data/tracon.db"));
        assert_eq!(path_of("sqlite:./data/tracon.db").unwrap(), here.join("data/tracon.db"));
        assert_eq!(path_of("sqlite://data/tracon.db?mode=rwc").unwrap(), here.join("data/tracon.db"));
        assert_eq!(path_of("sqlite:file:a.db").unwrap(), here.join("file:a.db"));
    }

    #[test]
    fn a_path_survives_its_url() {
        for path in ["/data/tracon.db", "/100 %/what?/#1/a%20b.db", "/dåta/tracon.db"] {
            assert_eq!(path_of(&sqlite_url(Path::new(path))).unwrap(), Path::new(path));
        }
    }

    #[test]
    fn what_is_not_a_file_is_refused() {
        for url in ["sqlite:", "sqlite://", "sqlite::memory:", "sqlite:a.db?mode=memory", "sqlite:a.db?cache=shared"] {
            assert!(matches!(path_of(url), Err(StoreError::InvalidUrl { .. })), "{url}");
        }
    }
}
