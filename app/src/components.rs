//! The parts that pages are put together from.

pub mod alarm;
pub mod captured;
pub mod facts;
pub mod fields;
pub mod layout;
pub mod live_mark;
pub mod marks;
pub mod meter;
pub mod pager;
pub mod ranges;
pub mod reading;
pub mod report;
pub mod request_table;
pub mod session_table;
pub mod states;
pub mod theme_switch;
pub mod tile;
pub mod time;
pub mod title;
pub mod tool_table;
