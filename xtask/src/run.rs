//! `cargo xtask run`: from a fresh clone to a serving dashboard.

use std::{
    ffi::OsString,
    process::{Command, ExitCode},
};

use anyhow::Result;

use crate::{
    client,
    command::{command, run},
    progress::Progress,
    project::Project,
};

/// Builds what is missing or old, and then becomes the server: its output, its signals, its exit code.
pub fn execute(project: &Project, progress: &Progress, arguments: &[OsString]) -> Result<ExitCode> {
    let binary = project.tracon("release");
    if !binary.exists() {
        progress.say(
            "first run: client bundle (2 minutes on two cores), then the release (4 minutes); later runs take seconds",
        );
    }
    client::execute(project, progress)?;
    progress.say("server: building the release");
    run(project.cargo().args(["build", "--release", "--package", "tracon"]))?;
    progress.say("server: starting");
    // In the project's folder, wherever this was called: the default database is ./data/tracon.db, and there is one.
    hand_over(command(binary).current_dir(&project.root).args(arguments))
}

/// On Unix the server takes this process over, so that signals reach it and nothing stands between.
#[cfg(unix)]
fn hand_over(command: &mut Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt as _;
    let error = command.exec();
    Err(anyhow::Error::new(error).context(format!("cannot start `{}`", crate::command::shown(command))))
}

#[cfg(not(unix))]
fn hand_over(command: &mut Command) -> Result<ExitCode> {
    let status = command.status()?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
