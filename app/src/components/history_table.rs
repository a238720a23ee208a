//! What changed, by whom, as rows.

use super::time::Ago;
use crate::{
    query::{task_href, versions_href},
    workspace::{HistoryRow, Subject, VersionFilter},
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// One row a change, the newest first; on a phone each is a card.
#[component]
pub fn HistoryTable(
    #[prop(into)] caption: String,
    project_id: String,
    rows: Vec<HistoryRow>,
    now: DateTime<Utc>,
    /// On a task's own page, which need not say what is changed.
    #[prop(optional)]
    of_one_task: bool,
) -> impl IntoView {
    let body = rows.into_iter().map(|row| history_row(row, &project_id, now, of_one_task)).collect_view();
    view! {
        <table class="rows history" class:of-one=of_one_task>
            <caption class="visually-hidden">{caption}</caption>
            <thead>
                <tr>
                    <th scope="col">{if of_one_task { "Change" } else { "What" }}</th>
                    {(!of_one_task).then(|| view! { <th scope="col">"Change"</th> })}
                    <th scope="col">"From and to"</th>
                    <th scope="col">"By"</th>
                    <th scope="col" class="figure">"When"</th>
                </tr>
            </thead>
            <tbody>{body}</tbody>
        </table>
    }
}

fn history_row(row: HistoryRow, project_id: &str, now: DateTime<Utc>, of_one_task: bool) -> impl IntoView + use<> {
    let (href, subject) = match row.subject {
        Subject::Task { id, title } => (task_href(project_id, &id), title),
        Subject::Version { field, number } => {
            let filter = VersionFilter { field: Some(field), number: Some(number), page: 1 };
            (versions_href(project_id, &filter), format!("{} {number}", field.label()))
        }
    };
    let change = row.change.replace('_', " ");
    let key = format!("{}-{}-{href}", row.at.timestamp_micros(), row.change);
    view! {
        <tr data-history-row="">
            <th scope="row">
                {if of_one_task {
                    view! { <span class="name">{change.clone()}</span> }.into_any()
                } else {
                    view! {
                        <a class="name" dir="auto" href=href title=subject.clone() data-row=key>
                            {subject.clone()}
                        </a>
                    }
                        .into_any()
                }}
            </th>
            {(!of_one_task).then(|| view! { <td data-label="Change">{change}</td> })}
            <td data-label="From and to" class="change">
                <Values old=row.old new=row.new />
                {row.reason.map(|reason| view! { <span class="reason" dir="auto">{reason}</span> })}
            </td>
            <td data-label="By" class="actor">
                <span class="name" dir="auto" title=row.actor.clone()>{row.actor.clone()}</span>
            </td>
            <td data-label="When" class="figure">
                <Ago time=row.at now=now />
            </td>
        </tr>
    }
}

/// What was there, and what is there now.
#[component]
fn Values(old: Option<String>, new: Option<String>) -> impl IntoView {
    let old = old.filter(|old| !old.is_empty());
    let new = new.filter(|new| !new.is_empty());
    match (old, new) {
        (None, None) => view! { <span class="none">"–"</span> }.into_any(),
        (None, Some(new)) => view! { <ins dir="auto">{new}</ins> }.into_any(),
        (Some(old), None) => view! { <del dir="auto">{old}</del> <span class="none">" taken away"</span> }.into_any(),
        (Some(old), Some(new)) => view! {
            <del dir="auto">{old}</del>
            <span aria-hidden="true">" → "</span>
            <span class="visually-hidden">" became "</span>
            <ins dir="auto">{new}</ins>
        }
        .into_any(),
    }
}
