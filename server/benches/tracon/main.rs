//! The benches: what tracking costs, how fast the store writes, what sessions leave behind, an outage of
//! the database, moving from SQLite to PostgreSQL, and what it takes to find a task among many.
//!
//! `cargo xtask bench` runs all of them, `cargo xtask bench throughput` one. What is compared takes turns in one process, and
//! ratios are printed; no figure is a condition.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a bench that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "a bench prints")]
#![expect(clippy::cast_possible_truncation, reason = "what is cut off are bits of a random number")]

mod client;
mod database;
mod migrate;
mod outage;
mod process;
mod server;
mod sessions;
mod store;
mod throughput;
mod traffic;
mod workspace;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let is_asked = |name: &str| arguments.is_empty() || arguments.iter().any(|argument| argument == name);
    // Processes of their own, so that a server's memory and its time are nothing else's.
    if arguments.first().is_some_and(|argument| argument == throughput::CALL) {
        return runtime.block_on(throughput::call(&arguments[1..]));
    }
    if arguments.first().is_some_and(|argument| argument == sessions::SERVE) {
        return runtime.block_on(sessions::serve());
    }
    if is_asked("throughput") {
        runtime.block_on(throughput::run());
    }
    if is_asked("store") {
        runtime.block_on(store::run());
    }
    if is_asked("sessions") {
        runtime.block_on(sessions::run());
    }
    if is_asked("outage") {
        runtime.block_on(outage::run());
    }
    if is_asked("migrate") {
        runtime.block_on(migrate::run());
    }
    if is_asked("workspace") {
        runtime.block_on(workspace::run());
    }
}
