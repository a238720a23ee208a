//! Charts: pure functions from data to geometry, and the SVG over them.
//!
//! Geometry is in per cent of the plot, so that a chart fills whatever width it gets without script, while its text
//! keeps its size. Nothing is placed by inline style, which the Content-Security-Policy forbids.

pub mod frame;
pub mod lanes;
pub mod latency;
pub mod lines;
pub mod outcomes;
pub mod scale;
pub mod spark;
pub mod stack;
pub mod time_axis;
pub mod timeline;
pub mod timeline_axis;

/// A coordinate as an SVG attribute: two decimals are a hundredth of a per cent.
fn coordinate(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A length as an SVG attribute in per cent.
fn percent(value: f64) -> String {
    format!("{}%", coordinate(value))
}
