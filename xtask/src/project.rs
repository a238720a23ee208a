//! Where things are: the workspace, cargo's target folder, the compiler.

use std::{env, ffi::OsString, path::PathBuf, process::Command};

use anyhow::{Context, Result, anyhow};
use serde::Deserialize;

use crate::command::{capture, command};

#[derive(Debug)]
pub struct Project {
    /// The workspace's folder, absolute.
    pub root: PathBuf,
    /// Cargo's target folder, wherever `CARGO_TARGET_DIR` or a configuration file put it.
    pub target: PathBuf,
    cargo: OsString,
    pub rustc: Rustc,
}

/// The compiler that cargo uses here.
#[derive(Debug)]
pub struct Rustc {
    program: OsString,
    /// The plain version: `1.95.0`.
    pub release: String,
    /// The commit that it was built from; absent in some distributions' builds.
    pub commit: Option<String>,
}

#[derive(Deserialize)]
struct Metadata {
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

impl Project {
    /// Asks cargo, from the current folder.
    pub fn locate() -> Result<Self> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let json = capture(command(&cargo).args(["metadata", "--no-deps", "--format-version", "1"]))?;
        let metadata: Metadata = serde_json::from_str(&json).context("cannot read the output of `cargo metadata`")?;
        Ok(Self {
            root: metadata.workspace_root,
            target: metadata.target_directory,
            cargo,
            rustc: Rustc::ask(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))?,
        })
    }

    /// A cargo command that runs in the workspace's folder.
    pub fn cargo(&self) -> Command {
        let mut cargo = command(&self.cargo);
        cargo.current_dir(&self.root);
        cargo
    }

    /// The binary that `cargo build` makes from package `tracon`, in the folder of the given profile.
    pub fn tracon(&self, profile: &str) -> PathBuf {
        self.target.join(profile).join(format!("tracon{}", env::consts::EXE_SUFFIX))
    }
}

impl Rustc {
    fn ask(program: OsString) -> Result<Self> {
        let text = capture(command(&program).arg("-vV"))?;
        let (release, commit) = parse_version(&text).ok_or_else(|| anyhow!("`rustc -vV` names no release"))?;
        Ok(Self { program, release, commit })
    }

    pub fn command(&self) -> Command {
        command(&self.program)
    }
}

fn parse_version(text: &str) -> Option<(String, Option<String>)> {
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    let commit = field("commit-hash").filter(|hash| *hash != "unknown");
    Some((field("release")?.to_owned(), commit.map(str::to_owned)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiler_says_its_release_and_commit() {
        let text = "rustc 1.95.0 (59807616e 2026-04-14)\nbinary: rustc\ncommit-hash: 59807616e1fa\nrelease: 1.95.0\n";
        assert_eq!(parse_version(text), Some(("1.95.0".to_owned(), Some("59807616e1fa".to_owned()))));
    }

    #[test]
    fn a_distribution_may_not_know_the_commit() {
        let text = "rustc 1.95.0\ncommit-hash: unknown\nrelease: 1.95.0\n";
        assert_eq!(parse_version(text), Some(("1.95.0".to_owned(), None)));
    }
}
