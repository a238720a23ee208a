//! The course of one figure in the height of a line of text.

use super::lines::line;
use leptos::prelude::*;

/// A line of the values, lowest at the bottom; nothing when there is none. What it shows is said beside it, so it is
/// hidden from those who listen.
#[component]
pub fn Sparkline(values: Vec<Option<f64>>) -> impl IntoView {
    let path = spark_path(&values);
    view! {
        <svg class="spark" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
            <path d=path />
        </svg>
    }
}

/// From nought, so that a small change of a large figure does not look like a large one.
fn spark_path(values: &[Option<f64>]) -> String {
    let top = values.iter().flatten().fold(0.0_f64, |top, value| top.max(*value));
    line(values, |value| if top > 0.0 { 96.0 - value / top * 92.0 } else { 96.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_is_at_the_top_and_nought_at_the_bottom() {
        assert_eq!(spark_path(&[Some(0.0), Some(10.0)]), "M25 96L75 4");
        assert_eq!(spark_path(&[Some(0.0), Some(0.0)]), "M25 96L75 96");
        assert_eq!(spark_path(&[]), "");
    }
}
