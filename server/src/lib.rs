//! Tracon: a tracked MCP endpoint and its dashboard in one binary.
//!
//! The layers, each using only those above it, and why it stands where it stands:
//!
//! 1. [`clock`] — time and ids come from outside, so that windows and time-outs are tested without waiting.
//! 2. [`config`] — read once at the start; everything below gets values, never the environment.
//! 3. [`spool`] — bytes that survive the process, whatever they mean; knows nothing of what is above it.
//! 4. [`store`] — the only place that knows SQL; takes records, gives reports.
//! 5. [`wire`] — JSON-RPC over HTTP as bytes: shared by the tracker and the endpoint, so that both read a message alike.
//! 6. [`redaction`], [`tokens`] — text in, text or a number out: rules that know nothing of what is around them.
//! 7. [`workspace`] — the rules of projects, tasks, documents and versions: free of MCP, HTTP and SQL; asks the store.
//! 8. [`tracking`] — who called what, how long it took and how it ended; knows no tool.
//! 9. [`mcp`] — the tools and the endpoint that mounts them behind guard and tracker; a tool knows no tracker.
//! 10. [`http`] — the router: guard, endpoint, dashboard.
//! 11. [`serve`] — starts and stops it all.
//! 12. [`cli`] — what a person types.

/// Gives the memory of sessions back that are parked or gone, which the C library's allocator keeps: after ten thousand of them
/// the process is where it was. `cargo xtask bench sessions` shows it.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

pub mod cli;
pub mod clock;
pub mod config;
pub mod http;
pub mod mcp;
pub mod redaction;
pub mod serve;
pub mod spool;
pub mod store;
pub mod tokens;
pub mod tracking;
pub mod wire;
pub mod workspace;
