//! The most called tools.

use super::session_table::CountLink;
use crate::{
    format,
    query::requests_href,
    reports::{RequestFilter, TimeRange, ToolTotals},
};
use leptos::prelude::*;

/// One row a tool; the figures lead to its requests in the range.
#[component]
pub fn ToolTable(rows: Vec<ToolTotals>, range: TimeRange) -> impl IntoView {
    let body = rows.into_iter().map(|row| tool_row(row, range)).collect_view();
    view! {
        <table class="rows tools">
            <caption class="visually-hidden">"Top tools"</caption>
            <thead>
                <tr>
                    <th scope="col">"Tool"</th>
                    <th scope="col" class="figure">"Calls"</th>
                    <th scope="col" class="figure">"Errors"</th>
                    <th scope="col" class="figure">"Error rate"</th>
                    <th scope="col" class="figure">"p95"</th>
                    <th scope="col" class="figure">"Tokens"</th>
                    <th scope="col" class="figure">"Per call"</th>
                    <th scope="col" class="figure">"Definition"</th>
                </tr>
            </thead>
            <tbody>{body}</tbody>
        </table>
    }
}

fn tool_row(row: ToolTotals, range: TimeRange) -> impl IntoView {
    let all = RequestFilter { tool: Some(row.tool_name.clone()), range: Some(range), ..RequestFilter::default() };
    let failed = RequestFilter { errors_only: true, ..all.clone() };
    let slow = RequestFilter { min_ms: row.p95_ms, ..all.clone() };
    view! {
        <tr>
            <th scope="row">
                <a class="name" href=requests_href(&all) title=row.tool_name.clone() data-row=format!("tool:{}", row.tool_name)>
                    {row.tool_name.clone()}
                </a>
            </th>
            <td data-label="Calls" class="figure">
                {format::count(row.calls)}
            </td>
            <td data-label="Errors" class="figure">
                <CountLink count=row.errors href=requests_href(&failed) />
            </td>
            <td data-label="Error rate" class="figure">
                {format::share(row.errors, row.calls)}
            </td>
            <td data-label="p95" class="figure">
                {match row.p95_ms {
                    Some(ms) => view! { <a class="count" href=requests_href(&slow)>{format::duration(ms)}</a> }.into_any(),
                    None => view! { <span class="none">"–"</span> }.into_any(),
                }}
            </td>
            <td data-label="Tokens" class="figure" title=format!("{} of answers", format::bytes(row.response_bytes))>
                {format::tokens(row.response_tokens)}
            </td>
            <td data-label="Per call" class="figure">
                {known(format::tokens_per_call(row.response_tokens, row.calls))}
            </td>
            <td data-label="Definition" class="figure">
                {known(row.definition_tokens.map(format::tokens))}
            </td>
        </tr>
    }
}

fn known(value: Option<String>) -> AnyView {
    match value {
        Some(value) => value.into_any(),
        None => view! { <span class="none">"–"</span> }.into_any(),
    }
}
