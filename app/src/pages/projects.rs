//! `/projects`: what the agents work on.

use crate::{
    api,
    components::{
        fields::{FilterForm, TextField},
        kinds::Kinds,
        page_links::PageLinks,
        report::{report, show},
        session_table::CountLink,
        states::NothingMatches,
        time::Ago,
        title::PageTitle,
    },
    format,
    page::PageContext,
    query::{self, board_href, documents_href, projects_href},
    workspace::{BoardFilter, ProjectFilter, ProjectList, ProjectRow, TaskStatus},
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The list of projects.
#[component]
pub fn ProjectsPage() -> impl IntoView {
    let query = use_query_map();
    let filter = move || query::project_filter(&query.read());
    let projects =
        report(
            filter,
            |filter: ProjectFilter| async move { Ok((filter.clone(), api::workspace::projects(filter).await?)) },
        );
    view! {
        <PageTitle text="Projects" />
        {show(projects, |(filter, list)| view! { <ProjectsBody filter=filter list=list /> })}
    }
}

#[component]
fn ProjectsBody(filter: ProjectFilter, list: ProjectList) -> impl IntoView {
    let ProjectList { now, rows, total, archived, page, pages } = list;
    let unfiltered = ProjectFilter { archived: filter.archived, ..ProjectFilter::default() };
    let never = rows.is_empty() && filter.text.is_none() && !filter.archived && archived == 0 && page <= 1;
    let body = if never {
        view! { <CreateFirst /> }.into_any()
    } else if rows.is_empty() && filter.text.is_some() {
        view! { <NothingMatches what="projects" clear=projects_href(&unfiltered) /> }.into_any()
    } else if rows.is_empty() {
        view! { <p class="nothing">"There is none."</p> }.into_any()
    } else {
        view! { <ProjectTable rows=rows now=now /> }.into_any()
    };
    let of_page = {
        let filter = filter.clone();
        move |page| projects_href(&ProjectFilter { page, ..filter.clone() })
    };
    view! {
        <div class="page-head">
            <h1>"Projects"</h1>
            <p class="total">{format::counted(total, "project")}</p>
        </div>
        <Kinds
            label="Kinds of project"
            working=projects_href(&ProjectFilter::default())
            apart=projects_href(&ProjectFilter { archived: true, ..ProjectFilter::default() })
            apart_name="Archived"
            count=archived
            is_apart=filter.archived
        />
        <FilterForm action="/projects" label="Find projects" clear=filter.text.is_some().then(|| projects_href(&unfiltered))>
            {filter.archived.then(|| view! { <input type="hidden" name="archived" value="1" /> })}
            <TextField name="text" label="Title or description" value=filter.text kind="search" first=true />
        </FilterForm>
        {body}
        <PageLinks page=page pages=pages href=of_page />
    }
}

/// No project yet: how to make one.
#[component]
fn CreateFirst() -> impl IntoView {
    let origin = use_context::<PageContext>().unwrap_or_default().origin;
    view! {
        <section class="empty" aria-labelledby="create-first">
            <h2 id="create-first">"No project yet"</h2>
            <p>"Agents make projects, and work on them. Ask one that is connected to this server, for example:"</p>
            <pre tabindex="0" aria-label="What to ask an agent"><code>
                "Create a project for this repository with manage_project, and its first tasks with manage_task."
            </code></pre>
            <p>"A client connects to " <code>{format!("{origin}/mcp")}</code> "."</p>
        </section>
    }
}

/// One row a project; on a phone a card.
#[component]
fn ProjectTable(rows: Vec<ProjectRow>, now: DateTime<Utc>) -> impl IntoView {
    let statuses = TaskStatus::ALL
        .map(|status| view! { <th scope="col" class="figure">{status.label()}</th> })
        .into_iter()
        .collect_view();
    let body = rows.into_iter().map(|row| project_row(row, now)).collect_view();
    view! {
        <table class="rows projects">
            <caption class="visually-hidden">"Projects"</caption>
            <thead>
                <tr>
                    <th scope="col">"Project"</th>
                    {statuses}
                    <th scope="col" class="figure">"Documents"</th>
                    <th scope="col" class="figure">"Changed"</th>
                </tr>
            </thead>
            <tbody>{body}</tbody>
        </table>
    }
}

fn project_row(row: ProjectRow, now: DateTime<Utc>) -> impl IntoView {
    let figures = TaskStatus::ALL
        .into_iter()
        .zip(row.tasks)
        .map(|(status, count)| {
            let href = board_href(&row.id, &BoardFilter { status: Some(status), page: 1 });
            view! {
                <td data-label=status.label() class="figure">
                    <CountLink count=count href=href />
                </td>
            }
        })
        .collect_view();
    let description = Some(row.description).filter(|text| !text.trim().is_empty());
    view! {
        <tr data-project-row=row.id.clone()>
            <th scope="row">
                <a
                    class="name"
                    dir="auto"
                    href=board_href(&row.id, &BoardFilter::default())
                    title=row.title.clone()
                    data-row=row.id.clone()
                >
                    {row.title.clone()}
                </a>
                {row.pinned.then(|| view! { <span class="mark-word">"Pinned"</span> })}
                {description.map(|text| view! { <p class="excerpt" dir="auto">{text}</p> })}
            </th>
            {figures}
            <td data-label="Documents" class="figure">
                <CountLink count=row.documents href=documents_href(&row.id) />
            </td>
            <td data-label="Changed" class="figure">
                <Ago time=row.updated_at now=now />
            </td>
        </tr>
    }
}
