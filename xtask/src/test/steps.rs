//! What each step runs.

use std::process::Command;

use anyhow::Result;

use super::{Context, Selection, Step, browser, conformance, end_to_end, node, postgres, tools};
use crate::{
    client,
    command::{find_program, run},
    wasm_std::{TARGET, WasmStd},
};

/// A named piece of work: one line of the table.
pub struct Job {
    pub name: &'static str,
    pub run: fn(&Context) -> Result<()>,
}

/// The jobs of the selected steps, in order. What some of them need from elsewhere comes first, so that a machine on which
/// it cannot be set up says so at once and not after ten minutes.
pub fn jobs(selection: &Selection) -> Vec<Job> {
    let mut jobs = Vec::new();
    if selection.includes(Step::Conformance) || selection.includes(Step::E2e) {
        jobs.push(Job { name: "setup: node and its packages", run: set_node_up });
    }
    if selection.includes(Step::E2e) {
        jobs.push(Job { name: "setup: Chromium", run: set_browser_up });
    }
    if [Step::Unit, Step::Conformance, Step::E2e].into_iter().any(|step| selection.includes(step)) {
        jobs.push(Job { name: "setup: PostgreSQL", run: set_postgres_up });
    }
    for step in selection.steps() {
        match step {
            Step::Fmt => jobs.push(Job { name: "format", run: format }),
            Step::Machete => jobs.push(Job { name: "unused dependencies", run: machete }),
            Step::Deny => jobs.push(Job { name: "licences and sources", run: deny }),
            Step::Client => {
                jobs.push(Job { name: "client bundle", run: client_bundle });
            }
            Step::Clippy => {
                jobs.push(Job { name: "clippy (native)", run: clippy_native });
                jobs.push(Job { name: "clippy (wasm)", run: clippy_wasm });
            }
            Step::Unit => {
                jobs.push(Job { name: "unit and integration tests", run: unit });
                jobs.push(Job { name: "the endpoint's stories (PostgreSQL)", run: stories_on_postgres });
            }
            Step::Conformance => {
                jobs.push(Job { name: "conformance suite", run: conformance::on_sqlite });
                jobs.push(Job { name: "conformance suite (PostgreSQL)", run: conformance::on_postgres });
            }
            Step::E2e => {
                jobs.push(Job { name: "end-to-end tests", run: end_to_end::on_sqlite });
                jobs.push(Job { name: "end-to-end tests (PostgreSQL)", run: end_to_end::on_postgres });
            }
        }
    }
    jobs
}

fn set_node_up(context: &Context) -> Result<()> {
    node::packages(context.project, context.progress)?;
    node::ensure(context.project, context.progress)?;
    Ok(())
}

fn set_browser_up(context: &Context) -> Result<()> {
    browser::ensure(context.progress)?;
    Ok(())
}

fn set_postgres_up(context: &Context) -> Result<()> {
    postgres::ensure(context.progress)
}

fn format(context: &Context) -> Result<()> {
    run(context.project.cargo().args(["fmt", "--all", "--check"]))
}

fn client_bundle(context: &Context) -> Result<()> {
    client::execute(context.project, context.progress)
}

fn machete(context: &Context) -> Result<()> {
    run(tools::MACHETE.command(context.project, context.progress)?.args(["--skip-target-dir", "."]))
}

fn deny(context: &Context) -> Result<()> {
    let mut deny = tools::DENY.command(context.project, context.progress)?;
    deny.args(["--locked", "check", "bans", "licenses", "sources"]);
    if context.selection.advisories {
        deny.arg("advisories");
    }
    run(&mut deny)
}

/// The whole workspace at once: the app gets its feature `ssr` through the server, as in the binary.
fn clippy_native(context: &Context) -> Result<()> {
    run(context.project.cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

fn clippy_wasm(context: &Context) -> Result<()> {
    let wasm_std = WasmStd::ensure(context.project, context.progress)?;
    let mut cargo = context.project.cargo();
    cargo.args(["clippy", "--package", "tracon-app", "--lib", "--target", TARGET]);
    cargo.args(["--no-default-features", "--features", "hydrate", "--", "-D", "warnings"]);
    wasm_std.apply(&mut cargo);
    run(&mut cargo)
}

fn unit(context: &Context) -> Result<()> {
    run(tests(context, &[], &[]).env(postgres::VARIABLE, context.postgres()?.url()))
}

/// Those of a whole server, which were on SQLite among the others. The store's tell both engines' story by themselves.
fn stories_on_postgres(context: &Context) -> Result<()> {
    let mut stories = tests(context, &["--filterset", "binary(endpoint)"], &["--test", "endpoint"]);
    let (variable, engine) = postgres::ENGINE;
    run(stories.env(variable, engine).env(postgres::VARIABLE, context.postgres()?.url()))
}

/// The tests that either runner selects by its own arguments.
fn tests(context: &Context, nextest: &[&str], test: &[&str]) -> Command {
    let mut cargo = context.project.cargo();
    if find_program("cargo-nextest").is_some() {
        cargo.args(["nextest", "run", "--workspace"]).args(nextest);
    } else {
        cargo.args(["test", "--workspace"]).args(test);
    }
    cargo
}
