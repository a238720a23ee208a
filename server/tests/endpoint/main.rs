//! Stories about the endpoint, over real HTTP against a whole server with a real database.
//!
//! One binary for all of them: each further one would link the whole server once more.

#![expect(clippy::expect_used, reason = "in a test, what is not as expected is its failure")]

mod capture;
mod clients;
mod crash;
#[path = "../support/database.rs"]
mod database;
mod health;
mod housekeeping;
mod outage;
mod outcomes;
mod parking;
#[path = "../support/postgres.rs"]
mod postgres;
mod refusals;
mod replicas;
mod sessions;
mod support;
mod tools;
mod workspace;
mod wrapper;
