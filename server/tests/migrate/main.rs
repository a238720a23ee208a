//! `tracon migrate`, by the real binary: everything that SQLite has, killed and started again, and what it refuses.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod command;
#[expect(dead_code, reason = "the store's tests use the rest")]
#[path = "../store/fixture.rs"]
mod fixture;
mod killed;
mod moved;
#[expect(dead_code, reason = "the endpoint's tests use the rest")]
#[path = "../support/postgres.rs"]
mod postgres;
mod refused;
mod workspace;
