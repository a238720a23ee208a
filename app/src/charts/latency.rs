//! Latency over time: the median, and the slow end.

use super::{
    frame::{ChartFrame, ValueTick},
    lines::line,
    percent,
    scale::logarithmic,
    time_axis,
};
use crate::{
    format,
    reports::{Bucket, TimeRange},
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;

type Quantile = (&'static str, fn(&Bucket) -> Option<f64>);

/// Drawn in this order; each has its own dash, so that colour is not the only sign.
const QUANTILES: [Quantile; 3] =
    [("p50", |bucket| bucket.p50_ms), ("p95", |bucket| bucket.p95_ms), ("p99", |bucket| bucket.p99_ms)];

/// The chart, its legend and its table. The axis is logarithmic: p50 and p99 are often a hundredfold apart.
#[component]
pub fn LatencyChart(buckets: Vec<Bucket>, range: TimeRange, now: DateTime<Utc>) -> impl IntoView {
    let axis = logarithmic(buckets.iter().flat_map(|bucket| QUANTILES.into_iter().filter_map(|(_, of)| of(bucket))));
    let values = axis.ticks.iter().map(|tick| ValueTick { y: axis.y(*tick), label: format::duration(*tick) }).collect();
    let lines = QUANTILES
        .map(|(name, of)| {
            let values: Vec<_> = buckets.iter().map(of).collect();
            view! { <path class="quantile" data-quantile=name d=line(&values, |value| axis.y(value)) /> }
        })
        .into_iter()
        .collect_view();
    let step = 100.0 / buckets.len().max(1) as f64;
    let hits = buckets
        .iter()
        .enumerate()
        .map(|(index, bucket)| {
            view! {
                <rect class="hit" x=percent(index as f64 * step) width=percent(step) y="0" height="100%">
                    <title>{tooltip(bucket, range)}</title>
                </rect>
            }
        })
        .collect_view();
    let plot = view! {
        <svg viewBox="0 0 100 100" preserveAspectRatio="none" width="100%" height="100%">
            {lines}
        </svg>
        {hits}
    }
    .into_any();
    let legend = view! {
        <ul class="legend">
            {QUANTILES
                .map(|(name, _)| {
                    view! {
                        <li>
                            <svg class="swatch" viewBox="0 0 24 8" width="24" height="8" aria-hidden="true">
                                <path class="quantile" data-quantile=name d="M1 4h22" />
                            </svg>
                            {name}
                        </li>
                    }
                })
                .into_iter().collect_view()}
        </ul>
    }
    .into_any();
    let (start, end) = time_axis::span(&buckets, range, now);
    view! {
        <ChartFrame
            id="latency-over-time"
            title="Latency over time"
            description=describe(&buckets, range)
            values=values
            times=time_axis::ticks(start, end)
            plot=plot
            legend=legend
            table=table(&buckets)
        />
    }
}

fn describe(buckets: &[Bucket], range: TimeRange) -> String {
    let extremes = QUANTILES.into_iter().filter_map(|(name, of)| {
        let values = || buckets.iter().filter_map(of);
        let (low, high) = (values().reduce(f64::min)?, values().reduce(f64::max)?);
        Some(format!("{name} between {} and {}", format::duration(low), format::duration(high)))
    });
    let extremes: Vec<_> = extremes.collect();
    if extremes.is_empty() {
        return format!("No request in the last {}.", range.as_str());
    }
    format!("In the last {}, on a logarithmic scale: {}.", range.as_str(), extremes.join(", "))
}

fn tooltip(bucket: &Bucket, range: TimeRange) -> String {
    let mut lines = vec![time_axis::bucket_label(bucket.start, range)];
    lines.extend(QUANTILES.into_iter().map(|(name, of)| format!("{name} {}", format::optional_duration(of(bucket)))));
    lines.join("\n")
}

fn table(buckets: &[Bucket]) -> AnyView {
    let rows = buckets
        .iter()
        .map(|bucket| {
            view! {
                <tr>
                    <th scope="row">{format::utc(bucket.start)}</th>
                    {QUANTILES.map(|(_, of)| view! { <td>{format::optional_duration(of(bucket))}</td> }).into_iter().collect_view()}
                </tr>
            }
        })
        .collect_view();
    view! {
        <table>
            <caption>"Latency, in buckets of time"</caption>
            <thead>
                <tr>
                    <th scope="col">"From"</th>
                    {QUANTILES.map(|(name, _)| view! { <th scope="col">{name}</th> }).into_iter().collect_view()}
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}
