//! The tools, a file a family. They are thin: what they do is elsewhere, and of the tracker they know nothing.
//!
//! A tool reads its arguments, asks the rules, and says what came of it. To add one: types for what it takes and gives, a method
//! with `#[tool]`, and its router in [`Tracon::new`](super::handler::Tracon::new); the instructions in `handler.rs` name it,
//! and `tests/endpoint/tools.rs` counts what it costs.

mod answer;
mod arguments;
mod documents;
mod items;
mod projects;
mod schema;
pub mod system;
mod tasks;
mod versions;
