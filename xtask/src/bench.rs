//! `cargo xtask bench`: measures, with the release's own profile.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result};

use crate::{
    command::{check, run, shown},
    progress::Progress,
    project::Project,
    test::postgres::{self, Server},
};

/// The bench that stops its database, the variable that names it that database, and what it says on a line of its own when the
/// database is to be stopped and started.
const OUTAGE: &str = "outage";
const VARIABLE: &str = "TRACON_BENCH_OUTAGE_URL";
const STOP: &str = "postgres: stop";
const START: &str = "postgres: start";

/// Runs the benches of these names, or all. What is compared takes turns in one process.
pub fn execute(project: &Project, progress: &Progress, names: &[String]) -> Result<()> {
    progress.say("benches: build with the release profile, which takes some minutes, and measure");
    let mut cargo = project.cargo();
    cargo.args(["bench", "-p", "tracon", "--bench", "tracon", "--"]).args(names);
    let is_stopped = names.is_empty() || names.iter().any(|name| name == OUTAGE);
    match if is_stopped { postgres::durable(progress)? } else { None } {
        Some(server) => run_with(&mut cargo, server),
        None => run(&mut cargo),
    }
}

/// Runs it with a server that is stopped and started when it says so. It waits for an answer on its standard input.
fn run_with(cargo: &mut Command, mut server: Server) -> Result<()> {
    cargo.env(VARIABLE, server.url()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = cargo.spawn().with_context(|| format!("cannot start `{}`", shown(cargo)))?;
    if let Err(error) = serve(&mut child, &mut server) {
        let _ = child.kill();
        let _ = child.wait();
        return Err(error);
    }
    check(cargo, child.wait()?)
}

fn serve(child: &mut Child, server: &mut Server) -> Result<()> {
    let (mut answers, said) = child.stdin.take().zip(child.stdout.take()).context("no pipes")?;
    for line in BufReader::new(said).lines() {
        match line?.as_str() {
            STOP => server.stop()?,
            START => server.start_again()?,
            line => {
                println!("{line}");
                continue;
            }
        }
        writeln!(answers, "done")?;
    }
    Ok(())
}
