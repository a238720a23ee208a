//! The official conformance suite of MCP: `server/tests/conformance` starts it on Node.js, against the product's endpoint.

use std::process::Command;

use anyhow::Result;

use super::{Context, node, postgres};
use crate::command::run;

/// The variable that tells those tests which node to use.
const NODE: &str = "TRACON_NODE";

pub fn on_sqlite(context: &Context) -> Result<()> {
    run(&mut suite(context)?)
}

pub fn on_postgres(context: &Context) -> Result<()> {
    let (variable, engine) = postgres::ENGINE;
    run(suite(context)?.env(variable, engine).env(postgres::VARIABLE, context.postgres()?.url()))
}

fn suite(context: &Context) -> Result<Command> {
    let node = node::ensure(context.project, context.progress)?;
    // The whole workspace is selected, as for the unit tests: then nothing is compiled a second time with other features.
    let mut cargo = context.project.cargo();
    cargo.args(["test", "--workspace", "--test", "conformance", "--"]);
    // Ignored otherwise, since they need node. One after the other: some scenarios wait only half a second for an answer.
    cargo.args(["--ignored", "--nocapture", "--test-threads", "1"]);
    // A failed check is explained in its message; a backtrace would bury it.
    cargo.env(NODE, node).env("RUST_BACKTRACE", "0");
    Ok(cargo)
}
