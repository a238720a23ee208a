//! PostgreSQL's programs: where the system keeps them, and whether they are new enough.

use std::{
    collections::HashSet,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};

use super::{VARIABLE, account::Account};
use crate::{
    command::{capture, command, find_program},
    progress::Progress,
    test::debian,
};

/// The oldest major version that Tracon runs on.
const OLDEST: u32 = 15;
const PROGRAMS: [&str; 3] = ["initdb", "pg_ctl", "postgres"];
/// Folders which hold one folder for each version, and what stands before the version in its name: Debian's, and
/// Homebrew's on either kind of Mac.
const VERSIONED: [(&str, &str); 3] =
    [("/usr/lib/postgresql", ""), ("/opt/homebrew/opt", "postgresql@"), ("/usr/local/opt", "postgresql@")];
const UNVERSIONED: [&str; 2] = ["/opt/homebrew/opt/postgresql/bin", "/usr/local/opt/postgresql/bin"];

#[derive(Debug)]
pub struct Installation {
    /// The folder of the programs.
    pub programs: PathBuf,
    /// The major version.
    pub version: u32,
    pub account: Account,
}

impl Installation {
    /// The system's PostgreSQL, or else Debian's package, installed now.
    pub fn ensure(progress: &Progress) -> Result<Self> {
        let mut found = Self::find()?;
        if found.is_none() && debian::is_debian() && debian::is_root() {
            debian::install("postgresql", progress)?;
            found = Self::find()?;
        }
        found.with_context(|| format!("the tests need PostgreSQL {OLDEST} or newer. {}", advice()))
    }

    /// The first that is new enough; none where there is nothing at all, and an error where nothing can be used.
    pub fn find() -> Result<Option<Self>> {
        let mut refused = Vec::new();
        for programs in candidates() {
            if !PROGRAMS.iter().all(|name| program(&programs, name).is_file()) {
                continue;
            }
            let mut found = Self { programs, version: 0, account: Account::choose()? };
            match found.ask_version() {
                Ok(version) => {
                    found.version = version;
                    return Ok(Some(found));
                }
                Err(error) => refused.push(format!("{}: {error:#}", found.programs.display())),
            }
        }
        if !refused.is_empty() {
            bail!("the tests need PostgreSQL {OLDEST} or newer, and not {}. {}", refused.join("; "), advice());
        }
        Ok(None)
    }

    /// Asks as the account that will run it, which may not be allowed to.
    fn ask_version(&self) -> Result<u32> {
        let text = capture(self.command("postgres").arg("--version"))?;
        let version = major(&text).with_context(|| format!("no version in `{}`", text.trim()))?;
        ensure!(version >= OLDEST, "version {version} is too old");
        Ok(version)
    }

    /// One of its programs, to be run by its account, and in a folder that this account can enter: ours may be closed
    /// to it. What the environment says of other servers is taken away.
    pub fn command(&self, name: &str) -> Command {
        let mut command = command(program(&self.programs, name));
        for (variable, _) in env::vars_os().filter(|(variable, _)| variable.to_string_lossy().starts_with("PG")) {
            command.env_remove(variable);
        }
        // On a Mac the server does not start without a locale; and so all of them speak English.
        command.env("LC_ALL", "C").current_dir(&self.programs);
        self.account.apply(&mut command);
        command
    }

    /// Stops the server of that data folder, in `pg_ctl`'s mode `fast` or `immediate`, and waits for its end.
    pub fn stop(&self, data: &Path, mode: &str) -> Result<()> {
        let mut stop = self.command("pg_ctl");
        stop.args(["stop", "--silent", "--wait", "--timeout", "20", "--mode", mode, "--pgdata"]);
        capture(stop.arg(data)).map(drop)
    }
}

fn advice() -> String {
    format!(
        "Debian and Ubuntu: `sudo apt-get install postgresql` (the package also starts a server of its own, which the \
         tests leave alone). Homebrew: `brew install postgresql@17`. Elsewhere: install it, and put the folder of \
         initdb, pg_ctl and postgres on the PATH. Or set {VARIABLE} to the address of a server, such as \
         postgres://tracon@127.0.0.1:5432/postgres"
    )
}

fn program(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}{}", env::consts::EXE_SUFFIX))
}

/// The folders in which the programs may be, the most deliberate choice first.
fn candidates() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path).collect();
    if let Some(configuration) = find_program("pg_config") {
        folders.extend(capture(command(configuration).arg("--bindir")).map(|folder| folder.trim().into()));
    }
    for (parent, prefix) in VERSIONED {
        let entries = fs::read_dir(parent).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        folders.extend(newest_first(names, prefix).iter().map(|name| Path::new(parent).join(name).join("bin")));
    }
    folders.extend(UNVERSIONED.map(PathBuf::from));
    let mut seen = HashSet::new();
    folders.retain(|folder| seen.insert(folder.clone()));
    folders
}

/// Those names that are the prefix and a version.
fn newest_first(names: Vec<String>, prefix: &str) -> Vec<String> {
    let version = |name: &str| name.strip_prefix(prefix).and_then(leading_number);
    let mut names: Vec<_> = names.into_iter().filter_map(|name| Some((version(&name)?, name))).collect();
    names.sort_by(|one, other| other.cmp(one));
    names.into_iter().map(|(_, name)| name).collect()
}

/// The major version in what `postgres --version` prints.
fn major(text: &str) -> Option<u32> {
    leading_number(text.trim().strip_prefix("postgres (PostgreSQL) ")?)
}

fn leading_number(text: &str) -> Option<u32> {
    text.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_of_postgres_is_read() {
        assert_eq!(major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 9.6.24\n"), Some(9));
        assert_eq!(major("postgres (PostgreSQL) 19beta1\n"), Some(19));
        assert_eq!(major("postgres (EnterpriseDB) 15.1\n"), None);
    }

    #[test]
    fn the_newest_version_is_chosen_by_its_number() {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        assert_eq!(newest_first(names(&["9.6", "15", "lost+found", "17"]), ""), ["17", "15", "9.6"]);
        let homebrews = names(&["postgresql", "postgresql@9.6", "openssl@3", "postgresql@17"]);
        assert_eq!(newest_first(homebrews, "postgresql@"), ["postgresql@17", "postgresql@9.6"]);
    }
}
