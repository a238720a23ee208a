//! One column of a board.

use super::{Shared, card::Card};
use crate::{
    format,
    query::board_href,
    workspace::{BoardFilter, Column},
};
use leptos::{prelude::*, tachys::view::keyed::keyed};

/// The tasks of one status, and the way to those that are not shown.
#[component]
pub fn BoardColumn(
    project_id: String,
    column: Column,
    /// Whether it is the only one, with its own pages.
    alone: bool,
    shared: Shared,
) -> impl IntoView {
    let Column { status, tasks, total } = column;
    let shown = tasks.len() as u64;
    let whole = project_id.clone();
    let more = (!alone && shown < total).then(|| {
        let href = board_href(&project_id, &BoardFilter { status: Some(status), page: 2 });
        let text = format!("{} more", format::count(total - shown));
        view! {
            <p class="more">
                <a href=href>{text} <span class="visually-hidden">" in " {status.label()}</span></a>
            </p>
        }
    });
    // By task and change: a card that somebody works with stays the same element while others come and go around it.
    let cards = keyed(
        tasks,
        |task| (task.id.clone(), task.updated_at.timestamp_micros()),
        move |_, task| (|_| (), view! { <Card project_id=project_id.clone() task=task shared=shared /> }),
    );
    let name = if alone {
        status.label().into_any()
    } else {
        view! { <a href=board_href(&whole, &BoardFilter { status: Some(status), page: 1 })>{status.label()}</a> }
            .into_any()
    };
    let target = shared.drag.target;
    let over = move || target.with(|target| target.as_ref().is_some_and(|target| target.status == status));
    let at_end = move || {
        target.with(|target| target.as_ref().is_some_and(|target| target.status == status && target.before.is_none()))
    };
    view! {
        <section
            class="column-of-tasks"
            aria-labelledby=format!("column-{}", status.as_str())
            data-column=status.as_str()
            data-over=move || over().then_some("")
            data-at-end=move || at_end().then_some("")
        >
            <h2 id=format!("column-{}", status.as_str())>
                {name}
                " "
                <span class="badge">{format::count(total)}</span>
            </h2>
            {(shown == 0).then(|| view! { <p class="no-tasks">"No tasks"</p> })}
            <ol class="cards">{cards}</ol>
            {more}
        </section>
    }
}
