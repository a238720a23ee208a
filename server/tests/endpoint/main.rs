//! Stories about the endpoint, over real HTTP against a whole server with a real database.
//!
//! One binary for all of them: each further one would link the whole server once more.

mod clients;
mod outcomes;
mod refusals;
mod sessions;
mod support;
mod wrapper;
