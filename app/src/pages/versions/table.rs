//! Versions as rows.

use crate::{
    components::time::Ago,
    query::{document_href, versions_href},
    workspace::{VersionField, VersionFilter, VersionRow},
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// One row a version, the newest first; the one that is looked at is marked.
#[component]
pub fn VersionTable(
    project_id: String,
    rows: Vec<VersionRow>,
    chosen: Option<(VersionField, u64)>,
    page: u32,
    now: DateTime<Utc>,
) -> impl IntoView {
    let body = rows.into_iter().map(|row| version_row(row, &project_id, chosen, page, now)).collect_view();
    view! {
        <table class="rows versions">
            <caption class="visually-hidden">"Versions"</caption>
            <thead>
                <tr>
                    <th scope="col">"Version"</th>
                    <th scope="col">"Kept by"</th>
                    <th scope="col">"Summary"</th>
                    <th scope="col">"By"</th>
                    <th scope="col" class="figure">"When"</th>
                </tr>
            </thead>
            <tbody>{body}</tbody>
        </table>
    }
}

fn version_row(
    row: VersionRow,
    project_id: &str,
    chosen: Option<(VersionField, u64)>,
    page: u32,
    now: DateTime<Utc>,
) -> impl IntoView + use<> {
    let name = format!("{} {}", row.field.label(), row.number);
    let filter = VersionFilter { field: Some(row.field), number: Some(row.number), page };
    let document = row.document_id.map(|id| {
        view! { " " <a href=document_href(project_id, &id)>"document"</a> }
    });
    view! {
        <tr data-version=format!("{}-{}", row.field.as_str(), row.number)>
            <th scope="row">
                <a
                    class="name"
                    href=versions_href(project_id, &filter)
                    aria-current=(chosen == Some((row.field, row.number))).then_some("true")
                    data-row=name.clone()
                >
                    {name.clone()}
                </a>
            </th>
            <td data-label="Kept by">{row.change_type}</td>
            <td data-label="Summary" class="summary">
                <span class="name" dir="auto">{row.change_summary.unwrap_or_default()}</span>
                {document}
            </td>
            <td data-label="By">
                <span class="name" dir="auto" title=row.created_by.clone()>{row.created_by.clone()}</span>
            </td>
            <td data-label="When" class="figure">
                <Ago time=row.created_at now=now />
            </td>
        </tr>
    }
}
