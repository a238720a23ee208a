//! One task on a board.

use super::Shared;
use crate::{
    components::{move_form::MoveForm, priority::PriorityMark},
    format,
    query::task_href,
    workspace::TaskCard,
};
use leptos::prelude::*;

/// What the task is, whose, and how to move it.
#[component]
pub fn Card(project_id: String, task: TaskCard, shared: Shared) -> impl IntoView {
    let Shared { mover, drag, now } = shared;
    let (on_its_way, before) = (task.id.clone(), task.id.clone());
    let moving = move || mover.moving.with(|moving| moving.as_deref() == Some(&*on_its_way));
    let marked = move || {
        drag.target.with(|target| target.as_ref().is_some_and(|target| target.before.as_deref() == Some(&*before)))
    };
    let changed = task.updated_at;
    let form = view! { <MoveForm mover=mover task=task.clone() /> };
    view! {
        <li
            class="card"
            data-task=task.id.clone()
            data-before=move || marked().then_some("")
            aria-busy=move || moving().then_some("true")
            draggable="true"
        >
            // Not the link is dragged, but what it stands in.
            <h3>
                <a href=task_href(&project_id, &task.id) data-row=task.id.clone() draggable="false" dir="auto">
                    {task.title.clone()}
                </a>
            </h3>
            <p class="card-facts">
                <PriorityMark priority=task.priority />
                <span class="assignee" dir="auto" title="Assignee">{task.assignee.clone()}</span>
                {task.feature.clone().map(|feature| view! { <span class="feature" dir="auto" title="Feature">{feature}</span> })}
                <time datetime=format::machine(changed) title=format::utc(changed)>
                    {move || format::ago(changed, now.get())}
                </time>
            </p>
            <details class="move">
                <summary>"Move" <span class="visually-hidden">" “" {task.title.clone()} "”"</span></summary>
                {form}
            </details>
        </li>
    }
}
