//! `/projects/{id}/versions`: what was there before, what differs, and the way back.

mod difference;
mod restore;
mod table;

use crate::{
    api::{self, PageError},
    components::{
        form_alert::FormAlert,
        page_links::PageLinks,
        project_head::{Part, ProjectTop},
        report::{report, show},
    },
    query::{self, versions_href},
    workspace::{VersionField, VersionFilter, Versions},
};
use difference::Difference;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use restore::Restorer;
use table::VersionTable;

type Shown = (VersionFilter, Versions);

/// The versions of a project.
#[component]
pub fn VersionsPage() -> impl IntoView {
    let (params, query) = (use_params_map(), use_query_map());
    let question = move || Ok((params.read().get("id").unwrap_or_default(), query::version_filter(&query.read())?));
    let versions = report(question, fetch);
    let restorer = Restorer::new(versions);
    view! {
        {show(versions, move |(filter, versions)| {
            view! { <VersionsBody filter=filter versions=versions restorer=restorer /> }
        })}
    }
}

async fn fetch((project_id, filter): (String, VersionFilter)) -> Result<Shown, PageError> {
    let versions = api::workspace::versions(project_id, filter.clone())
        .await?
        .ok_or_else(|| PageError::NotFound("project".to_owned()))?;
    if filter.number.is_some() && versions.chosen.is_none() {
        return Err(PageError::NotFound("version".to_owned()));
    }
    Ok((filter, versions))
}

#[component]
fn VersionsBody(filter: VersionFilter, versions: Versions, restorer: Restorer) -> impl IntoView {
    let Versions { now, project, rows, page, pages, chosen, .. } = versions;
    let project_id = project.id.clone();
    let of_page = {
        let (project_id, filter) = (project_id.clone(), filter.clone());
        move |page| versions_href(&project_id, &VersionFilter { page, number: None, ..filter.clone() })
    };
    let marked = chosen.as_ref().map(|chosen| (chosen.version.field, chosen.version.number));
    let list = if rows.is_empty() {
        view! { <p class="nothing">"There is none. Each change of the documents keeps what was there before."</p> }
            .into_any()
    } else {
        let project_id = project_id.clone();
        view! { <VersionTable project_id=project_id rows=rows chosen=marked page=filter.page now=now /> }.into_any()
    };
    view! {
        <ProjectTop project=project now=now part=Part::Versions />
        <FormAlert error=restorer.error what="Nothing was restored" />
        <p class="form-said" role="status">
            {restorer.said}
        </p>
        {chosen
            .map(|chosen| {
                view! { <Difference project_id=project_id.clone() detail=chosen restorer=restorer now=now /> }
            })}
        <section aria-labelledby="versions">
            <div class="section-head">
                <h2 id="versions">"Versions"</h2>
                <Fields project_id=project_id.clone() chosen=filter.field />
            </div>
            {list}
        </section>
        <PageLinks page=page pages=pages href=of_page />
    }
}

/// The versions of all fields, or of one.
#[component]
fn Fields(project_id: String, chosen: Option<VersionField>) -> impl IntoView {
    let link = |field: Option<VersionField>| {
        let href = versions_href(&project_id, &VersionFilter { field, ..VersionFilter::default() });
        view! {
            <li>
                <a href=href aria-current=(field == chosen).then_some("true")>
                    {field.map_or("All", VersionField::label)}
                </a>
            </li>
        }
    };
    let links = std::iter::once(None).chain(VersionField::ALL.map(Some)).map(link).collect_view();
    view! {
        <nav class="ranges" aria-label="Fields">
            <ul>{links}</ul>
        </nav>
    }
}
