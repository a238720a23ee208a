//! Laying the sources over each other, and naming what is wrong with the outcome.

use super::{
    Config, ConfigError, Invalid, OneLine, Place, SETTINGS, Setting, Sources, file,
    settings::{nearest, nearest_key},
};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::{Table, Value};

/// Variables that begin like ours and are not settings: the file's name, and what the tests and tools of the workspace read.
const FOREIGN: [&str; 3] = ["TRACON_BIN", "TRACON_CHROMIUM", super::CONFIG_VARIABLE];
const FOREIGN_PREFIX: &str = "TRACON_TEST_";

/// One value, and where it stands.
#[derive(Debug)]
pub(super) struct Given {
    pub setting: &'static Setting,
    pub value: Value,
    pub place: Place,
}

/// A configuration that knows where each of its values comes from.
#[derive(Debug)]
pub struct Loaded {
    pub config: Config,
    places: BTreeMap<&'static str, Place>,
}

impl Loaded {
    /// As [`Config::load`].
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn read(sources: Sources) -> Result<Self, ConfigError> {
        // Later layers replace earlier ones value by value.
        let mut effective = BTreeMap::new();
        for layer in [file::read(&sources)?, variables(&sources)?, flags(&sources)?] {
            effective.extend(layer.into_iter().map(|given| (given.setting.key, given)));
        }
        let mut document = Table::new();
        for given in effective.values() {
            // Alone first, since an error of the whole would not say which value it is about.
            let mut alone = Table::new();
            given.setting.insert(&mut alone, given.value.clone());
            Config::deserialize(alone).map_err(|_| given.refused(given.setting.allowed))?;
            given.setting.insert(&mut document, given.value.clone());
        }
        let mut config = Config::deserialize(document).map_err(|error| whole_is_wrong(&error))?;
        config.validate().map_err(|invalid| explain(&invalid, &effective))?;
        if !effective.contains_key("http.allowed_hosts") {
            config.http.allow_address(config.bind.ip());
        }
        Ok(Self { config, places: effective.into_iter().map(|(key, given)| (key, given.place)).collect() })
    }

    /// Where the effective value of a setting stands.
    pub fn place(&self, setting: &Setting) -> &Place {
        self.places.get(setting.key).unwrap_or(&Place::Default)
    }

    /// The effective values as a document, in which passwords are hidden.
    pub fn document(&self) -> Table {
        let config = Config { database_url: Some(self.config.effective_database_url()), ..self.config.clone() };
        // Fails for a data directory that is no Unicode, which no source can give.
        Table::try_from(config).unwrap_or_default()
    }

    /// The effective value of every setting, in the table's order.
    pub fn values(&self) -> Vec<(&'static Setting, Value)> {
        let document = self.document();
        SETTINGS.iter().filter_map(|setting| Some((setting, setting.get(&document)?.clone()))).collect()
    }
}

fn variables(sources: &Sources) -> Result<Vec<Given>, ConfigError> {
    let mut ours: Vec<_> = sources
        .environment
        .iter()
        .map(|(name, value)| (name.to_string_lossy(), value))
        .filter(|(name, _)| name.starts_with("TRACON_") && !name.starts_with(FOREIGN_PREFIX))
        .filter(|(name, _)| !FOREIGN.contains(&name.as_ref()))
        .collect();
    // The environment has no order of its own: of two mistakes the same one is named each time.
    ours.sort_by(|(one, _), (other, _)| one.cmp(other));
    ours.into_iter()
        .map(|(name, value)| {
            let Some(setting) = Setting::of_variable(&name) else {
                let advice = nearest(&name, SETTINGS.iter().map(Setting::variable));
                return Err(ConfigError::UnknownVariable { name: OneLine::new(name), advice });
            };
            let place = Place::Environment(name.into_owned());
            match value.to_str() {
                Some(text) => Ok(Given { setting, value: setting.value_of(text), place }),
                None => Err(Given { setting, value: Value::from(value.to_string_lossy().as_ref()), place }
                    .refused("text in UTF-8")),
            }
        })
        .collect()
}

fn flags(sources: &Sources) -> Result<Vec<Given>, ConfigError> {
    let given = sources.flags.iter().map(|(key, text)| match Setting::find(key) {
        Some(setting) => {
            Ok(Given { setting, value: setting.value_of(text), place: Place::Flag(setting.flag.to_owned()) })
        }
        None => Err(ConfigError::UnknownKey {
            key: OneLine::new(key),
            place: Place::Flag(key.clone()),
            advice: nearest_key(key),
        }),
    });
    given.collect()
}

impl Given {
    fn refused(&self, allowed: &str) -> ConfigError {
        ConfigError::BadValue {
            key: self.setting.key,
            place: self.place.clone(),
            value: (!self.setting.secret).then(|| shown(&self.value)),
            allowed: OneLine::new(allowed),
        }
    }
}

/// A value as it stands in an error. Not TOML's own form, which spreads over lines.
fn shown(value: &Value) -> OneLine {
    match value {
        Value::String(text) => OneLine::new(format_args!("\"{text}\"")),
        other => OneLine::new(other),
    }
}

/// Turns a rule that is broken into an error about the value that broke it. Of two that do not go together it is one
/// that somebody set; where both are, the first.
fn explain(invalid: &Invalid, effective: &BTreeMap<&'static str, Given>) -> ConfigError {
    let given = invalid.keys.iter().find_map(|key| effective.get(key));
    let setting = given.map(|given| given.setting).or_else(|| Setting::find(invalid.keys.first()?));
    let allowed = invalid.rule.as_deref().or(setting.map(|setting| setting.allowed)).unwrap_or_default();
    match given {
        Some(given) => given.refused(allowed),
        // A default that breaks a rule is a mistake of ours; the tests see to it that there is none.
        None => ConfigError::BadValue {
            key: setting.map_or("", |setting| setting.key),
            place: Place::Default,
            value: None,
            allowed: OneLine::new(allowed),
        },
    }
}

/// Values that are right alone are right together, as long as the structs hold plain fields: not reached, and said so.
fn whole_is_wrong(error: &toml::de::Error) -> ConfigError {
    ConfigError::BadValue {
        key: "the configuration",
        place: Place::Default,
        value: None,
        allowed: OneLine::new(error.message()),
    }
}
