//! `/projects/{id}/tasks/{task}`: one task.

use crate::{
    api::{self, PageError},
    components::{
        facts::{Fact, Facts, optional_text, text},
        form_alert::FormAlert,
        history_table::HistoryTable,
        move_form::{MoveForm, Mover},
        priority::PriorityMark,
        project_head::{Part, ProjectParts},
        rendered::Rendered,
        report::{report, show},
        time::{Ago, Exact},
        title::PageTitle,
    },
    format,
    query::{board_href, history_href},
    workspace::{BoardFilter, Body, TaskDetail},
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// One task.
#[component]
pub fn TaskPage() -> impl IntoView {
    let params = use_params_map();
    let question = move || {
        let params = params.read();
        Ok((params.get("id").unwrap_or_default(), params.get("task").unwrap_or_default()))
    };
    let task = report(question, fetch);
    let mover = Mover::new(task, describe);
    view! { {show(task, move |task| view! { <TaskBody detail=task mover=mover /> })} }
}

async fn fetch((project_id, task_id): (String, String)) -> Result<TaskDetail, PageError> {
    api::workspace::task(project_id, task_id).await?.ok_or_else(|| PageError::NotFound("task".to_owned()))
}

#[expect(clippy::unnecessary_wraps, reason = "a board may not have the task")]
fn describe(detail: &TaskDetail, _: &str) -> Option<String> {
    Some(format!("The task is in {} now.", detail.task.status.label()))
}

#[component]
fn TaskBody(detail: TaskDetail, mover: Mover) -> impl IntoView {
    let TaskDetail { now, project, task, description, sources, code_examples, history, changes, .. } = detail.clone();
    let board = board_href(&project.id, &BoardFilter::default());
    let project_id = project.id.clone();
    let all_changes = history_href(&project_id, None);
    let shown = history.len() as u64;
    let note = (shown < changes).then(|| format!("the newest {} of {}", format::count(shown), format::count(changes)));
    let is_archived = detail.archived_at.is_some();
    let form = (!is_archived).then(|| {
        view! {
            <section aria-labelledby="move" class="move-section">
                <h2 id="move">"Move"</h2>
                <MoveForm mover=mover task=task.clone() />
            </section>
        }
    });
    view! {
        <PageTitle text=task.title.clone() />
        <div class="page-head" data-task-id=task.id.clone()>
            <h1 dir="auto">{task.title.clone()}</h1>
            {is_archived.then(|| view! { <p class="mark-word">"Archived"</p> })}
            <p class="total">"changed " <Ago time=task.updated_at now=now /></p>
        </div>
        <ProjectParts project=project.clone() current=Part::Tasks />
        <FormAlert error=mover.error what="The task was not moved" />
        <p class="visually-hidden" role="status">
            {mover.said}
        </p>
        <Facts>
            <Fact name="Status" value=text(task.status.label()) />
            <Fact name="Priority" value=Some(view! { <PriorityMark priority=task.priority /> }.into_any()) />
            <Fact name="Assignee" value=text(task.assignee.clone()) />
            <Fact name="Feature" value=optional_text(task.feature.clone()) />
            <Fact
                name="Project"
                value=Some(view! { <a href=board dir="auto">{project.title.clone()}</a> }.into_any())
            />
            <Fact name="Created" value=Some(view! { <Exact time=detail.created_at /> }.into_any()) />
            <Fact name="Completed" value=happened(detail.completed_at, detail.completed_by) />
            <Fact name="Archived" value=happened(detail.archived_at, detail.archived_by) />
        </Facts>
        {form}
        <section aria-labelledby="description">
            <h2 id="description">"Description"</h2>
            {if is_empty(&description) {
                view! { <p class="nothing">"It has none."</p> }.into_any()
            } else {
                view! { <Rendered body=description label="description" /> }.into_any()
            }}
        </section>
        <Pieces id="sources" title="Sources" pieces=sources />
        <Pieces id="code-examples" title="Code examples" pieces=code_examples />
        <section aria-labelledby="history">
            <div class="section-head">
                <h2 id="history">"History"</h2>
                {note.map(|note| view! { <p class="hint">{note}</p> })}
                <a href=all_changes>"All of the project"</a>
            </div>
            {if history.is_empty() {
                view! { <p class="nothing">"Nothing has changed yet."</p> }.into_any()
            } else {
                view! { <HistoryTable caption="History of this task" project_id=project_id rows=history now=now of_one_task=true /> }
                    .into_any()
            }}
        </section>
    }
}

fn is_empty(body: &Body) -> bool {
    match body {
        Body::Html(text) | Body::Json(text) => text.trim().is_empty(),
    }
}

/// When, and by whom where that is known.
fn happened(time: Option<DateTime<Utc>>, by: Option<String>) -> Option<AnyView> {
    let by = by.filter(|by| !by.is_empty()).map(|by| format!(" by {by}"));
    time.map(|time| view! { <Exact time=time /> {by} }.into_any())
}

/// What was noted beside the task: JSON, as text.
#[component]
fn Pieces(id: &'static str, title: &'static str, pieces: Vec<String>) -> impl IntoView {
    (!pieces.is_empty()).then(|| {
        let items = pieces
            .into_iter()
            .map(|json| {
                view! {
                    <li>
                        <Rendered body=Body::Json(json) label=id />
                    </li>
                }
            })
            .collect_view();
        view! {
            <section aria-labelledby=id>
                <h2 id=id>{title}</h2>
                <ul class="pieces">{items}</ul>
            </section>
        }
    })
}
