//! The flags, one for each line of the table of settings, and `--config`.

use crate::config::{CONFIG_VARIABLE, DEFAULT_FILE, SETTINGS, Setting, Sources};
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, ValueHint, value_parser};
use std::path::PathBuf;

const CONFIG: &str = "config";

/// The flags that were given. Their values are still text: the configuration reads them, so that a bad value is refused
/// in the same words wherever it stands.
#[derive(Clone, Default)]
pub(super) struct Flags {
    file: Option<PathBuf>,
    values: Vec<(&'static str, String)>,
}

impl Flags {
    /// The sources of a command run in this directory.
    pub(super) fn sources(self, directory: PathBuf) -> Sources {
        let mut sources = Sources::new(directory);
        if let Some(file) = self.file {
            sources = sources.file(file);
        }
        self.values.into_iter().fold(sources, |sources, (key, value)| sources.flag(key, value))
    }
}

/// Names only: a value may be a secret.
impl std::fmt::Debug for Flags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let keys: Vec<_> = self.values.iter().map(|(key, _)| key).collect();
        f.debug_struct("Flags").field("file", &self.file).field("values", &keys).finish()
    }
}

/// Written by hand rather than derived, so that the flags follow the table.
impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        let file = Arg::new(CONFIG)
            .long(CONFIG)
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .value_hint(ValueHint::FilePath)
            .global(true)
            .help(format!(
                "File of settings; it must be there\n[env: {CONFIG_VARIABLE}] [default: {DEFAULT_FILE}, if it is there]"
            ));
        SETTINGS.iter().map(argument).fold(command.next_line_help(true).arg(file), Command::arg)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn argument(setting: &'static Setting) -> Arg {
    let default = match setting.default_text() {
        "" => "none",
        text => text,
    };
    Arg::new(setting.key)
        .long(setting.flag)
        .value_name(setting.placeholder)
        .global(true)
        // `-1` is for the configuration to refuse, not for clap to take for a flag.
        .allow_negative_numbers(true)
        .help(format!("{}\n[env: {}] [default: {default}]", setting.doc, setting.variable()))
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.file = matches.get_one::<PathBuf>(CONFIG).cloned();
        self.values = SETTINGS
            .iter()
            .filter_map(|setting| Some((setting.key, matches.get_one::<String>(setting.key)?.clone())))
            .collect();
        Ok(())
    }
}
