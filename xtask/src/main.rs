//! The project's own commands: `cargo xtask run`, `cargo xtask test`, `cargo xtask bench` and `cargo xtask client`.
//!
//! A newcomer has a Rust toolchain with a C linker, and for the tests Node.js and PostgreSQL; everything else is set up
//! from here. To add a command: a module with one `execute` function, a variant of [`Task`], a line in [`main`].

mod bench;
mod client;
mod command;
mod progress;
mod project;
mod run;
mod test;
mod trunk;
mod wasm_std;

use std::{ffi::OsString, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::{progress::Progress, project::Project, test::Selection};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Builds, runs and tests Tracon")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Set up what is missing, build the release, and serve
    ///
    /// The first run takes some minutes; later ones build only what changed.
    Run {
        /// Arguments for tracon itself, after `--`: `cargo xtask run -- --bind 127.0.0.1:9000`
        #[arg(last = true, value_name = "ARGUMENTS")]
        arguments: Vec<OsString>,
    },
    /// Set up what is missing, and run every check and test, cheapest first; stop at the first failure
    Test(Selection),
    /// Measure: what tracking costs, how fast the store writes, what sessions leave in memory, an outage of the database,
    /// moving from SQLite to PostgreSQL, finding a task among many
    ///
    /// With `TRACON_BENCH_POSTGRES_URL` in the environment, the benches of the store and of the workspace measure that
    /// PostgreSQL server, too, and a million requests are moved to it.
    Bench {
        /// Only these: throughput, store, sessions, outage, migrate, workspace
        #[arg(value_name = "NAME", value_parser = ["throughput", "store", "sessions", "outage", "migrate", "workspace"])]
        names: Vec<String>,
    },
    /// Build the client bundle and the style sheet into the folder that Trunk.toml names
    ///
    /// With `WASM_STD=source` in the environment, rustup is never asked for the wasm32 standard library; where it is
    /// missing, it is built from Debian's rust-src.
    Client,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let progress = Progress::start();
    let result = Project::locate().and_then(|project| match cli.task {
        Task::Run { arguments } => run::execute(&project, &progress, &arguments),
        Task::Test(selection) => test::execute(&project, &progress, &selection).map(|()| ExitCode::SUCCESS),
        Task::Bench { names } => bench::execute(&project, &progress, &names).map(|()| ExitCode::SUCCESS),
        Task::Client => client::execute(&project, &progress).map(|()| ExitCode::SUCCESS),
    });
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
