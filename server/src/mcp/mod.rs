//! The MCP endpoint: the product's handler with its tools, and how any handler is mounted behind the tracker.

pub mod endpoint;
pub mod handler;
pub mod tools;
