//! The official conformance suite of MCP: `server/tests/conformance` starts it on Node.js, against the product's endpoint.

use anyhow::Result;

use super::{Context, node};
use crate::command::run;

/// The variable that tells those tests which node to use.
const NODE: &str = "TRACON_NODE";

pub fn execute(context: &Context) -> Result<()> {
    let node = node::ensure(context.project, context.progress)?;
    // The whole workspace is selected, as for the unit tests: then nothing is compiled a second time with other features.
    let mut cargo = context.project.cargo();
    cargo.args(["test", "--workspace", "--test", "conformance", "--"]);
    // Ignored otherwise, since they need node. One after the other: some scenarios wait only half a second for an answer.
    cargo.args(["--ignored", "--nocapture", "--test-threads", "1"]);
    // A failed check is explained in its message; a backtrace would bury it.
    run(cargo.env(NODE, node).env("RUST_BACKTRACE", "0"))
}
