//! The source of the standard library, from Debian's package `rust-src` in exactly the compiler's version.
//!
//! apt works here with a state of its own in our folder. Its source is the machine's own, with another suite: the same mirror,
//! the same keys. Nothing of the machine is changed, and nothing is installed.

mod sources;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, anyhow, bail, ensure};

use self::sources::Source;
use crate::{
    command::{capture, command, find_program, run},
    progress::Progress,
};

/// Where Rust versions newer than Debian's release are found, the smallest index first.
const SUITES: [&str; 4] = ["trixie-backports", "stable-backports", "testing", "unstable"];

/// Fetches and unpacks the package into `work`; gives the folder `library/` of the source tree.
pub fn fetch_library(release: &str, work: &Path, progress: &Progress) -> Result<PathBuf> {
    ensure!(
        find_program("apt-get").is_some() && find_program("dpkg").is_some(),
        "its source is fetched with apt-get and dpkg, which this machine does not have"
    );
    progress.say(format!("wasm32 standard library: looking for its source, Debian's rust-src {release}"));
    let apt = Apt::prepare(&work.join("apt"))?;
    let version = apt.find(release)?;
    progress.say(format!("wasm32 standard library: fetching rust-src {version}"));
    run(apt.get().current_dir(work).args(["-qq", "download"]).arg(format!("rust-src={version}")))?;

    let package = first_entry(work, |name| name.starts_with("rust-src_"))?;
    let tree = work.join("source");
    run(command("dpkg").arg("-x").arg(package).arg(&tree))?;
    let sources = tree.join("usr/src");
    let library = first_entry(&sources, |name| name.starts_with("rustc-"))?.join("library");
    // The path ends up in compiler flags and must be the real one.
    fs::canonicalize(&library).with_context(|| format!("rust-src has no folder {}", library.display()))
}

/// apt with a private state.
struct Apt {
    folder: PathBuf,
    sources: Vec<Source>,
}

impl Apt {
    fn prepare(folder: &Path) -> Result<Self> {
        for part in ["sources", "lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(folder.join(part))?;
        }
        // As if no package was installed: `download` does not care, and the machine's own list need not be parsed.
        fs::write(folder.join("status"), "")?;
        Ok(Self { folder: folder.to_owned(), sources: sources::of_this_machine()? })
    }

    /// Tries suite after suite until one offers the release, and gives the package's full version.
    fn find(&self, release: &str) -> Result<String> {
        let mut last = anyhow!("apt has no source for this Debian release");
        for source in &self.sources {
            for suite in SUITES {
                fs::write(self.folder.join("sources/rust.sources"), source.stanza(suite))?;
                match self.offered(release) {
                    Ok(Some(version)) => return Ok(version),
                    Ok(None) => last = anyhow!("{suite} has another version"),
                    Err(error) => last = error,
                }
            }
        }
        bail!("no Debian suite offers rust-src {release} ({last:#})")
    }

    fn offered(&self, release: &str) -> Result<Option<String>> {
        capture(self.get().args(["-qq", "update"]))?;
        let offers = capture(self.command("apt-cache").args(["madison", "rust-src"]))?;
        Ok(version_of(&offers, release).map(str::to_owned))
    }

    fn get(&self) -> Command {
        self.command("apt-get")
    }

    fn command(&self, program: &str) -> Command {
        let place = |option: &str, part: &str| format!("{option}={}", self.folder.join(part).display());
        let mut apt = command(program);
        apt.env("LC_ALL", "C");
        for option in [
            "Dir::Etc::sourcelist=/dev/null".to_owned(),
            place("Dir::Etc::sourceparts", "sources"),
            place("Dir::State", ""),
            place("Dir::State::status", "status"),
            place("Dir::Cache", "cache"),
            // Our folder may stand where apt's own user cannot look.
            "APT::Sandbox::User=root".to_owned(),
        ] {
            apt.args(["-o", &option]);
        }
        apt
    }
}

/// The first offer of that release in what `apt-cache madison` prints: `package | version | source`.
fn version_of<'a>(madison: &'a str, release: &str) -> Option<&'a str> {
    madison
        .lines()
        .filter_map(|line| line.split('|').nth(1).map(str::trim))
        .find(|version| version.split(['+', '-', '~']).next() == Some(release))
}

fn first_entry(folder: &Path, wanted: impl Fn(&str) -> bool) -> Result<PathBuf> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(&wanted) {
            return Ok(entry.path());
        }
    }
    bail!("{} holds not what rust-src should have brought", folder.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MADISON: &str = "\
  rust-src | 1.96.1+dfsg1-2~bpo13+1 | http://mirror.example/debian trixie-backports/main amd64 Packages
  rust-src | 1.95.0+dfsg1-2~bpo13+1 | http://mirror.example/debian trixie-backports/main amd64 Packages
";

    #[test]
    fn the_newest_offer_is_passed_over_for_the_compilers_version() {
        assert_eq!(version_of(MADISON, "1.95.0"), Some("1.95.0+dfsg1-2~bpo13+1"));
    }

    #[test]
    fn a_version_that_only_begins_alike_is_another_version() {
        assert_eq!(version_of(MADISON, "1.9"), None);
        assert_eq!(version_of(MADISON, "1.95.1"), None);
    }
}
