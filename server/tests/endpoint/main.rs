//! Stories about the endpoint, over real HTTP against a whole server with a real database.
//!
//! One binary for all of them: each further one would link the whole server once more.

#![expect(clippy::expect_used, reason = "in a test, what is not as expected is its failure")]

mod clients;
mod health;
mod outcomes;
mod refusals;
mod sessions;
mod support;
mod tools;
mod wrapper;
