//! Playwright against the real binary in a real browser.

use std::{env, process::Command};

use anyhow::{Context as _, Result};

use super::{Context, Step, browser, node, postgres};
use crate::command::{command, run};

pub fn on_sqlite(context: &Context) -> Result<()> {
    run(&mut tests(context)?)
}

/// What phones, dark screens and pages without scripts show does not depend on the engine.
pub fn on_postgres(context: &Context) -> Result<()> {
    let mut tests = tests(context)?;
    tests.args(["--project", "clients", "--project", "desktop"]);
    let (variable, engine) = postgres::ENGINE;
    run(tests.env(variable, engine).env(postgres::VARIABLE, context.postgres()?.url()))
}

fn tests(context: &Context) -> Result<Command> {
    let Context { project, progress, selection, .. } = context;
    let mut cargo = project.cargo();
    cargo.args(["build", "--workspace", "--bin", "tracon"]);
    if selection.includes(Step::Unit) {
        // The tests' dependencies switch features on; asking for the tests too gives the binary that they were built with,
        // instead of compiling half of everything once more.
        cargo.arg("--tests");
    }
    run(&mut cargo)?;

    let node = node::ensure(project, progress)?;
    let chromium = browser::ensure(progress)?;
    // npx starts the first node on the PATH.
    let folders = node.parent().map(ToOwned::to_owned).into_iter();
    let path = env::join_paths(folders.chain(env::split_paths(&env::var_os("PATH").unwrap_or_default())))
        .context("the folder of node has a name that cannot stand in the PATH")?;
    let mut tests = command(node::script("npx")?);
    tests
        .args(["playwright", "test"])
        .current_dir(node::folder(project))
        .env("PATH", path)
        .env("TRACON_BIN", project.tracon("debug"))
        .env(browser::VARIABLE, chromium);
    Ok(tests)
}
