//! HTTP: who is let in, and what answers where.

mod assets;
pub mod dashboard;
pub mod guard;
mod health;
mod return_address;
mod router;

pub use self::router::router;
