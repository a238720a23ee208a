//! `/projects/{id}/documents` and `/projects/{id}/documents/{document}`: what was written, to be read.

mod list;

use crate::{
    api::{self, PageError},
    components::{
        project_head::{Part, ProjectTop},
        rendered::Rendered,
        report::{report, show},
        time::Ago,
    },
    format,
    workspace::{Body, DocumentRow, Documents},
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use list::DocumentList;

/// The documents of a project.
#[component]
pub fn DocumentsPage() -> impl IntoView {
    let params = use_params_map();
    let question = move || {
        let params = params.read();
        Ok((params.get("id").unwrap_or_default(), params.get("document")))
    };
    let documents = report(question, fetch);
    view! { {show(documents, |documents| view! { <DocumentsBody documents=documents /> })} }
}

async fn fetch((project_id, document_id): (String, Option<String>)) -> Result<Documents, PageError> {
    let asked = document_id.is_some();
    let missing = if asked { "document" } else { "project" };
    let documents = api::workspace::documents(project_id, document_id).await?;
    documents
        .filter(|documents| !asked || documents.chosen.is_some())
        .ok_or_else(|| PageError::NotFound(missing.to_owned()))
}

#[component]
fn DocumentsBody(documents: Documents) -> impl IntoView {
    let Documents { now, project, rows, chosen } = documents;
    let project_id = project.id.clone();
    let top = view! { <ProjectTop project=project now=now part=Part::Documents /> };
    let body = match chosen {
        None => view! {
            <p class="nothing">"No document yet. Ask an agent to write one with " <code>"manage_document"</code> "."</p>
        }
        .into_any(),
        Some((document, body)) => view! {
            <div class="library">
                <DocumentList project_id=project_id rows=rows chosen=document.id.clone() now=now />
                <Reader document=document body=body now=now />
            </div>
        }
        .into_any(),
    };
    view! {
        {top}
        {body}
    }
}

/// The one that is read.
#[component]
fn Reader(document: DocumentRow, body: Body, now: DateTime<Utc>) -> impl IntoView {
    let DocumentRow { id, title, document_type, tags, status, author, updated_at, bytes, .. } = document;
    let tags = tags.into_iter().map(|tag| view! { <li dir="auto">{tag}</li> }).collect_view();
    let author = author.filter(|author| !author.is_empty()).map(|author| format!("by {author}"));
    view! {
        <article class="reader" aria-labelledby="document" data-document-id=id>
            <header>
                <h2 id="document" dir="auto">{title}</h2>
                <p class="facts-line">
                    <span>{document_type}</span>
                    <span>{status}</span>
                    {author.map(|author| view! { <span dir="auto">{author}</span> })}
                    {updated_at.map(|time| view! { <span>"changed " <Ago time=time now=now /></span> })}
                    <span>{format::bytes(bytes)}</span>
                </p>
                <ul class="tags" aria-label="Tags">{tags}</ul>
            </header>
            <Rendered body=body label="document" />
        </article>
    }
}
