//! Cargo's companions, installed into the target folder in a pinned version.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{
    command::{capture, command, find_program, run},
    progress::Progress,
    project::Project,
};

/// A binary from the registry.
#[derive(Debug)]
pub struct Tool {
    name: &'static str,
    version: &'static str,
    /// Roughly, on two cores, in seconds.
    takes: u32,
}

pub const DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2", takes: 70 };
pub const MACHETE: Tool = Tool { name: "cargo-machete", version: "0.9.2", takes: 25 };

impl Tool {
    /// A command in the project's folder; installs the tool first where it is missing.
    pub fn command(&self, project: &Project, progress: &Progress) -> Result<Command> {
        let mut tool = direct(&self.ensure(project, progress)?);
        tool.current_dir(&project.root);
        Ok(tool)
    }

    /// The pinned version in `target/tools`, or the one on the PATH, or else the pinned one, installed now.
    fn ensure(&self, project: &Project, progress: &Progress) -> Result<PathBuf> {
        let root = project.target.join("tools");
        let own = root.join("bin").join(format!("{}{}", self.name, env::consts::EXE_SUFFIX));
        if own.is_file() && self.is_pinned(&own) {
            return Ok(own);
        }
        if let Some(installed) = find_program(self.name) {
            return Ok(installed);
        }
        progress.say(format!("installing {} {} into target/tools (about {} s)", self.name, self.version, self.takes));
        // Unoptimised: it runs for a second, and compiling it so takes a third of the time.
        run(project
            .cargo()
            .args(["install", "--quiet", "--locked", "--debug", self.name, "--version", self.version, "--root"])
            .arg(&root)
            .arg("--target-dir")
            .arg(root.join("build")))
        .with_context(|| format!("cannot install {}: `cargo install {}` by hand", self.name, self.name))?;
        // Some hundred megabytes that nothing reads again.
        let _ = std::fs::remove_dir_all(root.join("build"));
        Ok(own)
    }

    fn is_pinned(&self, binary: &Path) -> bool {
        // One prints its name before the version, the other does not.
        capture(direct(binary).arg("--version")).is_ok_and(|text| text.split_whitespace().last() == Some(self.version))
    }
}

/// Starts it as from a shell. Where cargo's variable CARGO is set, cargo-machete takes its first argument for the name of a
/// subcommand, and drops it.
fn direct(binary: &Path) -> Command {
    let mut tool = command(binary);
    tool.env_remove("CARGO");
    tool
}
