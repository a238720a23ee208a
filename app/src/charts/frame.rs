//! What every chart over time has: a heading, its axes, and its data as a table.

use super::{percent, time_axis::TimeTick};
use leptos::prelude::*;

/// A mark on the axis of values.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueTick {
    /// From the top, in per cent of the plot.
    pub y: f64,
    pub label: String,
}

/// A figure of plot, axes, legend and table.
#[component]
pub fn ChartFrame(
    /// Unique on the page.
    id: &'static str,
    title: &'static str,
    /// What the chart shows, in a sentence, for those who do not see it.
    description: String,
    values: Vec<ValueTick>,
    times: Vec<TimeTick>,
    /// The marks of the plot, in per cent of it.
    plot: AnyView,
    legend: AnyView,
    /// The same data.
    table: AnyView,
) -> impl IntoView {
    let grid = values
        .iter()
        .map(|tick| view! { <line class="grid" x1="0" x2="100%" y1=percent(tick.y) y2=percent(tick.y) /> })
        .collect_view();
    let value_labels = values
        .iter()
        .map(|tick| view! { <text x="100%" y=percent(tick.y) dy=".32em" text-anchor="end">{tick.label.clone()}</text> })
        .collect_view();
    let time_labels = times
        .into_iter()
        .map(|tick| view! { <text x=percent(tick.x) y="12" text-anchor="middle">{tick.label}</text> })
        .collect_view();
    let (title_id, description_id) = (format!("{id}-title"), format!("{id}-description"));
    view! {
        <figure class="chart" aria-labelledby=title_id.clone()>
            <figcaption>
                <h2 id=title_id.clone()>{title}</h2>
                {legend}
            </figcaption>
            <div class="chart-plot">
                <svg class="axis-y" aria-hidden="true">
                    {value_labels}
                </svg>
                <svg class="plot" role="img" aria-labelledby=format!("{title_id} {id}-description")>
                    <desc id=description_id>{description}</desc>
                    {grid}
                    {plot}
                </svg>
                <svg class="axis-x" aria-hidden="true">
                    {time_labels}
                </svg>
            </div>
            <details class="chart-data">
                <summary>"Data as a table"</summary>
                <div class="chart-table" tabindex="0" role="region" aria-label=format!("{title}: data")>
                    {table}
                </div>
            </details>
        </figure>
    }
}
