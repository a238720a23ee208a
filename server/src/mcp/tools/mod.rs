//! The tools, a file a family. They are thin: what they do is elsewhere, and of the tracker they know nothing.

mod schema;
pub mod system;
