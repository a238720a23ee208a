//! Reading `tracon.toml`, so that each value knows its line.

use super::{
    ConfigError, OneLine, Place, SETTINGS, Setting, Sources,
    layers::Given,
    settings::nearest_key,
    sources::{CONFIG_VARIABLE, DEFAULT_FILE},
};
use serde::Deserialize;
use std::{
    ffi::OsStr,
    io::ErrorKind,
    path::{Path, PathBuf},
};
use toml::{
    Spanned, Value,
    de::{DeTable, DeValue, ValueDeserializer},
};

/// What the file sets; nothing when it was not named and is not there.
pub(super) fn read(sources: &Sources) -> Result<Vec<Given>, ConfigError> {
    let (path, named_by) = name_of(sources);
    if path.as_os_str().is_empty() {
        let reason = OneLine::new("the name is empty; name a file, or leave it out");
        return Err(ConfigError::Unreadable { file: OneLine::new("\"\""), named_by, reason });
    }
    match std::fs::read_to_string(sources.directory.join(&path)) {
        Ok(text) => parse(&path, &text),
        Err(error) if error.kind() == ErrorKind::NotFound && named_by.is_none() => Ok(Vec::new()),
        Err(error) => {
            Err(ConfigError::Unreadable { file: OneLine::path(&path), named_by, reason: OneLine::new(error) })
        }
    }
}

/// The file to read, and the flag or variable that names it.
fn name_of(sources: &Sources) -> (PathBuf, Option<&'static str>) {
    if let Some(file) = &sources.file {
        return (file.clone(), Some("--config"));
    }
    let variable = sources.environment.iter().find(|(name, _)| name == OsStr::new(CONFIG_VARIABLE));
    match variable {
        Some((_, file)) => (PathBuf::from(file), Some(CONFIG_VARIABLE)),
        None => (PathBuf::from(DEFAULT_FILE), None),
    }
}

/// The values of a file's text; `path` is for the errors.
pub(super) fn parse(path: &Path, text: &str) -> Result<Vec<Given>, ConfigError> {
    let document = DeTable::parse(text).map_err(|error| ConfigError::Malformed {
        file: OneLine::path(path),
        line: line_of(text, error.span().map_or(0, |span| span.start)),
        reason: OneLine::new(error.message()),
    })?;
    let mut reader = Reader { path, text, given: Vec::new() };
    reader.table("", document.into_inner())?;
    Ok(reader.given)
}

/// The line an offset in bytes is on, from 1.
fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    given: Vec<Given>,
}

impl<'a> Reader<'a> {
    /// Every value of a table, first line first, so that of two mistakes the first is named.
    fn table(&mut self, prefix: &str, table: DeTable<'a>) -> Result<(), ConfigError> {
        let mut entries: Vec<_> = table.into_iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        for (name, value) in entries {
            let place = Place::file(self.path, line_of(self.text, name.span().start));
            self.entry(&format!("{prefix}{}", name.get_ref()), place, value)?;
        }
        Ok(())
    }

    fn entry(&mut self, key: &str, place: Place, value: Spanned<DeValue<'a>>) -> Result<(), ConfigError> {
        if let Some(setting) = Setting::find(key) {
            let value = self.value(setting, &place, value)?;
            self.given.push(Given { setting, value, place });
            return Ok(());
        }
        let section = format!("{key}.");
        let Some(first) = SETTINGS.iter().find(|setting| setting.key.starts_with(&section)) else {
            return Err(ConfigError::UnknownKey { key: OneLine::new(key), place, advice: nearest_key(key) });
        };
        match value.into_inner() {
            DeValue::Table(table) => self.table(&section, table),
            _ => Err(ConfigError::UnknownKey {
                key: OneLine::new(key),
                place,
                advice: super::error::Advice(Some(format!("the section [{key}], such as {}", first.key))),
            }),
        }
    }

    /// Fails for numbers that no type can hold.
    fn value(
        &self,
        setting: &'static Setting,
        place: &Place,
        value: Spanned<DeValue<'a>>,
    ) -> Result<Value, ConfigError> {
        let written = self.text.get(value.span()).unwrap_or_default();
        Value::deserialize(ValueDeserializer::from(value)).map_err(|_| ConfigError::BadValue {
            key: setting.key,
            place: place.clone(),
            value: (!setting.secret).then(|| OneLine::new(written)),
            allowed: OneLine::new(setting.allowed),
        })
    }
}
