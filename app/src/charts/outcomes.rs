//! Requests over time, stacked by outcome.

use super::{
    frame::{ChartFrame, ValueTick},
    percent,
    stack::{Column, stack},
    time_axis,
};
use crate::{
    components::marks::OutcomeMark,
    format,
    query::requests_href,
    reports::{Bucket, Outcome, RequestFilter, TimeRange},
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// The chart, its legend with links to the rows, and its table.
#[component]
pub fn OutcomesChart(buckets: Vec<Bucket>, range: TimeRange, now: DateTime<Utc>) -> impl IntoView {
    let stacked = stack(&buckets);
    let sums = sums(&buckets);
    let total: u64 = sums.iter().map(|(_, count)| count).sum();
    let values = stacked
        .axis
        .ticks
        .iter()
        .map(|tick| ValueTick { y: stacked.axis.y(*tick), label: format::short_count(whole(*tick)) })
        .collect();
    let step = 100.0 / buckets.len().max(1) as f64;
    let plot = stacked
        .columns
        .into_iter()
        .zip(&buckets)
        .enumerate()
        .map(|(index, (column, bucket))| column_view(column, bucket, range, index as f64 * step, step))
        .collect_view()
        .into_any();
    let description = format!(
        "{} in the last {}: {}.",
        format::counted(total, "request"),
        range.as_str(),
        sums.iter()
            .map(|(outcome, count)| format!("{} {}", format::count(*count), outcome.label()))
            .collect::<Vec<_>>()
            .join(", ")
    );
    let (start, end) = time_axis::span(&buckets, range, now);
    view! {
        <ChartFrame
            id="requests-over-time"
            title="Requests over time"
            description=description
            values=values
            times=time_axis::ticks(start, end)
            plot=plot
            legend=legend(&sums, range)
            table=table(&buckets, &sums)
        />
    }
}

/// The outcomes that occur, each with its sum.
fn sums(buckets: &[Bucket]) -> Vec<(Outcome, u64)> {
    let sum = |outcome: Outcome| {
        buckets
            .iter()
            .flat_map(|bucket| &bucket.outcomes)
            .filter(|(one, _)| *one == outcome)
            .map(|(_, count)| count)
            .sum()
    };
    Outcome::ALL.into_iter().map(|outcome| (outcome, sum(outcome))).filter(|(_, count)| *count > 0).collect()
}

fn column_view(column: Column, bucket: &Bucket, range: TimeRange, x: f64, step: f64) -> impl IntoView + use<> {
    let title = tooltip(&column, bucket.start, range);
    let (left, width) = (percent(column.x), percent(column.width));
    let parts = column
        .parts
        .into_iter()
        .map(|part| {
            view! {
                <rect
                    data-outcome=part.outcome.as_str()
                    x=left.clone()
                    width=width.clone()
                    y=percent(part.y)
                    height=percent(part.height)
                />
            }
        })
        .collect_view();
    view! {
        <g class="column">
            {parts}
            <rect class="hit" x=percent(x) width=percent(step) y="0" height="100%">
                <title>{title}</title>
            </rect>
        </g>
    }
}

fn tooltip(column: &Column, start: DateTime<Utc>, range: TimeRange) -> String {
    let bucket = time_axis::bucket_label(start, range);
    let mut lines = vec![format!("{bucket}: {}", format::counted(column.total, "request"))];
    lines.extend(column.parts.iter().map(|part| format!("{} {}", format::count(part.count), part.outcome.label())));
    lines.join("\n")
}

fn legend(sums: &[(Outcome, u64)], range: TimeRange) -> AnyView {
    let entries = sums
        .iter()
        .map(|(outcome, count)| {
            let filter = RequestFilter { outcome: Some(*outcome), range: Some(range), ..RequestFilter::default() };
            view! {
                <li>
                    <a href=requests_href(&filter)>
                        <OutcomeMark outcome=*outcome />
                        <span class="sum">{format::short_count(*count)}</span>
                    </a>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="legend">{entries}</ul> }.into_any()
}

fn table(buckets: &[Bucket], sums: &[(Outcome, u64)]) -> AnyView {
    let heads = sums.iter().map(|(outcome, _)| view! { <th scope="col">{outcome.label()}</th> }).collect_view();
    let rows = buckets
        .iter()
        .map(|bucket| {
            let cells = sums
                .iter()
                .map(|(outcome, _)| {
                    let count = bucket.outcomes.iter().find(|(one, _)| one == outcome).map_or(0, |(_, count)| *count);
                    view! { <td>{format::count(count)}</td> }
                })
                .collect_view();
            view! {
                <tr>
                    <th scope="row">{format::utc(bucket.start)}</th>
                    {cells}
                </tr>
            }
        })
        .collect_view();
    view! {
        <table>
            <caption>"Requests by outcome, in buckets of time"</caption>
            <thead>
                <tr>
                    <th scope="col">"From"</th>
                    {heads}
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an axis of counts starts at nought and has whole steps"
)]
fn whole(value: f64) -> u64 {
    value as u64
}
