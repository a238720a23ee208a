//! `cargo xtask test`: every check and test, the cheapest first, until one fails.

mod browser;
mod conformance;
mod debian;
mod end_to_end;
mod node;
pub mod postgres;
mod steps;
mod tools;

use std::{
    cell::OnceCell,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};

use self::postgres::Cluster;
use crate::{progress::Progress, project::Project};

/// Which steps to run, and how.
#[derive(Debug, Args)]
pub struct Selection {
    /// Run only this step; may be repeated
    #[arg(long, value_name = "STEP")]
    only: Vec<Step>,
    /// Also ask for known vulnerabilities (cargo-deny's advisories; fetches their database)
    #[arg(long)]
    advisories: bool,
}

/// The steps, in the order in which they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    /// Formatting: cargo fmt --check
    Fmt,
    /// Dependencies that nothing uses: cargo-machete
    Machete,
    /// Licences, sources and duplicates of dependencies: cargo-deny
    Deny,
    /// The client bundle, as `cargo xtask client`
    Client,
    /// Clippy, warnings being errors, for the server and for wasm
    Clippy,
    /// Unit and integration tests, on SQLite and on PostgreSQL, which is started for it: cargo nextest where it is
    /// installed, else cargo test
    Unit,
    /// The official conformance suite of MCP, with a row in the database for each of its requests
    Conformance,
    /// End-to-end tests in a real browser: Playwright
    E2e,
}

impl Selection {
    fn includes(&self, step: Step) -> bool {
        self.only.is_empty() || self.only.contains(&step)
    }

    fn steps(&self) -> Vec<Step> {
        Step::value_variants().iter().copied().filter(|step| self.includes(*step)).collect()
    }
}

/// What a step may use.
struct Context<'a> {
    project: &'a Project,
    progress: &'a Progress,
    selection: &'a Selection,
    /// Dropped with the context, and so stopped at the end, whatever the verdict.
    postgres: OnceCell<Cluster>,
}

impl Context<'_> {
    /// The PostgreSQL server for the tests, started for the first step that asks.
    fn postgres(&self) -> Result<&Cluster> {
        if let Some(running) = self.postgres.get() {
            return Ok(running);
        }
        let started = Cluster::start(self.progress)?;
        Ok(self.postgres.get_or_init(|| started))
    }
}

/// One line of the table at the end.
struct Outcome {
    name: &'static str,
    /// None: it was not reached.
    took: Option<Duration>,
    result: &'static str,
}

/// Runs the selected steps, and at the end shows what each gave and how long it took.
pub fn execute(project: &Project, progress: &Progress, selection: &Selection) -> Result<()> {
    let context = Context { project, progress, selection, postgres: OnceCell::new() };
    let jobs = steps::jobs(selection);
    let first = if project.tracon("debug").exists() { "" } else { "; the first time about 15 minutes on two cores" };
    progress.say(format!("{} steps{first}", jobs.len()));
    let mut outcomes = Vec::new();
    let mut verdict = Ok(());
    for job in &jobs {
        if verdict.is_err() {
            outcomes.push(Outcome { name: job.name, took: None, result: "not run" });
            continue;
        }
        progress.say(format!("== {} ==", job.name));
        let started = Instant::now();
        verdict = (job.run)(&context).context(job.name);
        let result = if verdict.is_ok() { "ok" } else { "FAILED" };
        outcomes.push(Outcome { name: job.name, took: Some(started.elapsed()), result });
    }
    println!("\n{}", table(&outcomes));
    verdict?;
    println!("passed: {} steps in {} s", jobs.len(), progress.elapsed().as_secs());
    Ok(())
}

fn table(outcomes: &[Outcome]) -> String {
    let width = outcomes.iter().map(|outcome| outcome.name.len()).max().unwrap_or(0);
    let line = |outcome: &Outcome| {
        let took = outcome.took.map_or_else(|| "-".to_owned(), |took| format!("{:.1}", took.as_secs_f64()));
        format!("{:<width$}  {took:>7} s  {}\n", outcome.name, outcome.result)
    };
    outcomes.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_run_in_their_own_order_whatever_the_order_asked_for() {
        let selection = Selection { only: vec![Step::E2e, Step::Fmt], advisories: false };
        assert_eq!(selection.steps(), [Step::Fmt, Step::E2e]);
    }

    #[test]
    fn without_a_selection_every_step_runs() {
        let selection = Selection { only: vec![], advisories: false };
        assert_eq!(selection.steps(), Step::value_variants());
    }

    #[test]
    fn the_table_shows_what_was_not_reached() {
        let outcomes = [
            Outcome { name: "format", took: Some(Duration::from_millis(1_250)), result: "FAILED" },
            Outcome { name: "clippy (wasm)", took: None, result: "not run" },
        ];
        assert_eq!(table(&outcomes), "format             1.2 s  FAILED\nclippy (wasm)        - s  not run\n");
    }
}
