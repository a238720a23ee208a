//! What stands above every page of a project: its name, and the way to its parts.

use super::{time::Ago, title::PageTitle};
use crate::{
    format,
    query::{board_href, documents_href, history_href, versions_href},
    workspace::{BoardFilter, ProjectHead, VersionFilter},
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// The parts of a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Tasks,
    Documents,
    Versions,
    History,
}

impl Part {
    const ALL: [Self; 4] = [Self::Tasks, Self::Documents, Self::Versions, Self::History];

    const fn label(self) -> &'static str {
        match self {
            Self::Tasks => "Tasks",
            Self::Documents => "Documents",
            Self::Versions => "Versions",
            Self::History => "History",
        }
    }

    fn href(self, project_id: &str) -> String {
        match self {
            Self::Tasks => board_href(project_id, &BoardFilter::default()),
            Self::Documents => documents_href(project_id),
            Self::Versions => versions_href(project_id, &VersionFilter::default()),
            Self::History => history_href(project_id, None),
        }
    }

    fn count(self, project: &ProjectHead) -> Option<u64> {
        match self {
            Self::Tasks => Some(project.tasks.iter().sum()),
            Self::Documents => Some(project.documents),
            Self::Versions => Some(project.versions),
            Self::History => None,
        }
    }
}

/// Title and marks of the project, and its parts, of which one is shown.
#[component]
pub fn ProjectTop(project: ProjectHead, now: DateTime<Utc>, part: Part) -> impl IntoView {
    let title = match part {
        Part::Tasks => project.title.clone(),
        _ => format!("{}: {}", project.title, part.label().to_lowercase()),
    };
    let archived = project.archived_at.map(|time| {
        let by = project.archived_by.clone().filter(|by| !by.is_empty()).map(|by| format!(" by {by}"));
        view! { <p class="mark-word">"Archived " <Ago time=time now=now /> {by}</p> }
    });
    view! {
        <PageTitle text=title />
        <div class="page-head" data-project-id=project.id.clone()>
            <h1 dir="auto">{project.title.clone()}</h1>
            {project.pinned.then(|| view! { <p class="mark-word">"Pinned"</p> })}
            {archived}
            <p class="total">"changed " <Ago time=project.updated_at now=now /></p>
            {project.github_repo.clone().map(repository)}
        </div>
        <ProjectParts project=project current=part />
    }
}

/// The links to the parts of a project.
#[component]
pub fn ProjectParts(project: ProjectHead, current: Part) -> impl IntoView {
    let links = Part::ALL
        .map(|part| {
            let count = part.count(&project).map(|count| view! { <span class="badge">{format::count(count)}</span> });
            view! {
                <li>
                    <a href=part.href(&project.id) aria-current=(part == current).then_some("page")>
                        {part.label()}
                        " "
                        {count}
                    </a>
                </li>
            }
        })
        .into_iter()
        .collect_view();
    view! {
        <nav class="tabs parts" aria-label="Parts of the project">
            <ul>{links}</ul>
        </nav>
    }
}

/// What the project is: its first words, and behind them the rest.
#[component]
pub fn Description(text: String) -> impl IntoView {
    let text = text.trim().to_owned();
    let beginning: String = text.lines().next().unwrap_or_default().chars().take(BEGINNING).collect();
    if text.is_empty() {
        ().into_any()
    } else if beginning == text {
        view! { <p class="description" dir="auto">{text}</p> }.into_any()
    } else {
        view! {
            <details class="description">
                <summary dir="auto">{beginning} " …"</summary>
                <p dir="auto">{text}</p>
            </details>
        }
        .into_any()
    }
}

/// As many characters of a description are shown at once.
const BEGINNING: usize = 120;

/// An agent may have written anything there: only an address of the web is a link.
fn repository(repository: String) -> impl IntoView {
    let name = repository.strip_prefix("https://").or_else(|| repository.strip_prefix("http://"));
    match name.map(|name| name.trim_end_matches('/').to_owned()) {
        Some(name) => view! {
            <a class="repository" href=repository rel="nofollow noopener noreferrer">
                {name}
            </a>
        }
        .into_any(),
        None => view! { <code class="repository">{repository}</code> }.into_any(),
    }
}
