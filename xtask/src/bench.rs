//! `cargo xtask bench`: measures, with the release's own profile.

use anyhow::Result;

use crate::{command::run, progress::Progress, project::Project};

/// Runs the benches of these names, or all. What is compared takes turns in one process.
pub fn execute(project: &Project, progress: &Progress, names: &[String]) -> Result<()> {
    progress.say("benches: build with the release profile, which takes some minutes, and measure");
    let mut cargo = project.cargo();
    cargo.args(["bench", "-p", "tracon", "--bench", "tracon", "--"]).args(names);
    run(&mut cargo)
}
