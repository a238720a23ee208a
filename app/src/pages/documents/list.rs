//! The documents to choose from.

use crate::{components::time::Ago, format, query::document_href, workspace::DocumentRow};
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// One link a document, with what is known of it; the one that is read is marked.
#[component]
pub fn DocumentList(project_id: String, rows: Vec<DocumentRow>, chosen: String, now: DateTime<Utc>) -> impl IntoView {
    let items = rows.into_iter().map(|row| document_item(row, &project_id, &chosen, now)).collect_view();
    view! {
        <nav class="shelf" aria-label="Documents">
            <ul>{items}</ul>
        </nav>
    }
}

fn document_item(row: DocumentRow, project_id: &str, chosen: &str, now: DateTime<Utc>) -> impl IntoView + use<> {
    let author = row.author.filter(|author| !author.is_empty());
    let tags = (!row.tags.is_empty()).then(|| row.tags.join(", "));
    view! {
        <li data-document-row=row.id.clone()>
            <a
                href=document_href(project_id, &row.id)
                aria-current=(row.id == chosen).then_some("page")
                data-row=row.id.clone()
                dir="auto"
            >
                {row.title}
            </a>
            <p class="facts-line">
                <span>{row.document_type}</span>
                <span>{row.status}</span>
                {author.map(|author| view! { <span dir="auto">{author}</span> })}
                {row.updated_at.map(|time| view! { <span><Ago time=time now=now /></span> })}
                <span>{format::bytes(row.bytes)}</span>
            </p>
            {tags.map(|tags| view! { <p class="tags-line" dir="auto">{tags}</p> })}
        </li>
    }
}
