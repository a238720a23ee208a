//! `/projects/{id}`: a project's tasks by status.

mod card;
mod column;
mod drag;
mod keys;

use crate::{
    api::{self, PageError},
    components::{
        form_alert::FormAlert,
        move_form::Mover,
        page_links::PageLinks,
        project_head::{Description, Part, ProjectTop},
        report::{report, show},
    },
    query::{self, board_href},
    workspace::{Board, BoardFilter, TaskStatus},
};
use chrono::{DateTime, Utc};
use column::BoardColumn;
use drag::Drag;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

type Shown = (BoardFilter, Board);

/// What the parts of a board share.
#[derive(Clone, Copy, Debug)]
struct Shared {
    mover: Mover,
    drag: Drag,
    /// When the board was read. A card stays as it is until the task changes; only how long ago that was goes on.
    now: RwSignal<DateTime<Utc>>,
}

/// The board of a project.
#[component]
pub fn BoardPage() -> impl IntoView {
    let (params, query) = (use_params_map(), use_query_map());
    let question = move || Ok((params.read().get("id").unwrap_or_default(), query::board_filter(&query.read())?));
    let board = report(question, fetch);
    let shared = Shared {
        mover: Mover::new(board, describe),
        drag: Drag::default(),
        now: RwSignal::new(DateTime::<Utc>::UNIX_EPOCH),
    };
    view! { {show(board, move |(filter, board)| view! { <BoardBody filter=filter board=board shared=shared /> })} }
}

async fn fetch((project_id, filter): (String, BoardFilter)) -> Result<Shown, PageError> {
    let board = api::workspace::board(project_id, filter.clone()).await?;
    Ok((filter, board.ok_or_else(|| PageError::NotFound("project".to_owned()))?))
}

/// Where a task stands, in words.
fn describe((_, board): &Shown, task_id: &str) -> Option<String> {
    board.columns.iter().find_map(|column| {
        let index = column.tasks.iter().position(|task| task.id == task_id)?;
        let (title, status) = (&column.tasks[index].title, column.status.label());
        let title: String = title.chars().take(80).collect();
        // The place on a later page is counted from the start of the column.
        let before = u64::from(board.page - 1) * crate::workspace::COLUMN as u64;
        Some(format!("“{title}” is in {status} now, {} of {}.", before + index as u64 + 1, column.total))
    })
}

#[component]
fn BoardBody(filter: BoardFilter, board: Board, shared: Shared) -> impl IntoView {
    let Board { now, project, columns, page, pages } = board;
    shared.now.set(now);
    let one = filter.status;
    let project_id = project.id.clone();
    let none = project.tasks.iter().sum::<u64>() == 0;
    let of_page = {
        let project_id = project_id.clone();
        move |page| board_href(&project_id, &BoardFilter { status: one, page })
    };
    let description = project.description.clone();
    let choice = view! { <Statuses project_id=project_id.clone() chosen=one /> };
    let columns = columns
        .into_iter()
        .map(|column| view! { <BoardColumn project_id=project_id.clone() column=column alone=one.is_some() shared=shared /> })
        .collect_view();
    let Shared { mover, drag, .. } = shared;
    view! {
        <ProjectTop project=project now=now part=Part::Tasks />
        <Description text=description />
        {choice}
        <FormAlert error=mover.error what="The task was not moved" />
        <p class="visually-hidden" role="status">
            {mover.said}
        </p>
        {none
            .then(|| {
                view! {
                    <p class="nothing">
                        "No task yet. Ask an agent to create some with " <code>"manage_task"</code> "."
                    </p>
                }
            })}
        <div
            class="board"
            class:alone=one.is_some()
            on:keydown=keys::listen(mover)
            on:dragstart=drag.start()
            on:dragover=drag.over()
            on:dragleave=drag.leave()
            on:drop=drag.drop(mover)
            on:dragend=drag.end()
        >
            {columns}
        </div>
        <PageLinks page=page pages=pages href=of_page />
    }
}

/// All columns, or one of them whole.
#[component]
fn Statuses(project_id: String, chosen: Option<TaskStatus>) -> impl IntoView {
    let link = |status: Option<TaskStatus>| {
        let href = board_href(&project_id, &BoardFilter { status, page: 1 });
        view! {
            <li>
                <a href=href aria-current=(status == chosen).then_some("true")>
                    {status.map_or("Board", TaskStatus::label)}
                </a>
            </li>
        }
    };
    let links = std::iter::once(None).chain(TaskStatus::ALL.map(Some)).map(link).collect_view();
    view! {
        <nav class="ranges statuses" class:of-one=chosen.is_some() aria-label="Columns">
            <ul>{links}</ul>
        </nav>
    }
}
