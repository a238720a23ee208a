//! `/projects/{id}/history`: what happened, and who did it.

use crate::{
    api::{self, PageError},
    components::{
        history_table::HistoryTable,
        pager::Pager,
        project_head::{Part, ProjectTop},
        report::{report, show},
    },
    query::history_href,
    workspace::History,
};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

type Shown = (Option<String>, History);

/// The history of a project.
#[component]
pub fn HistoryPage() -> impl IntoView {
    let (params, query) = (use_params_map(), use_query_map());
    let question = move || {
        let before = query.read().get("before").filter(|before| !before.trim().is_empty());
        Ok((params.read().get("id").unwrap_or_default(), before))
    };
    let history = report(question, fetch);
    view! { {show(history, |(before, history)| view! { <HistoryBody before=before history=history /> })} }
}

async fn fetch((project_id, before): (String, Option<String>)) -> Result<Shown, PageError> {
    let history = api::workspace::history(project_id, before.clone()).await?;
    Ok((before, history.ok_or_else(|| PageError::NotFound("project".to_owned()))?))
}

#[component]
fn HistoryBody(before: Option<String>, history: History) -> impl IntoView {
    let History { now, project, rows, next } = history;
    let project_id = project.id.clone();
    let newest = before.map(|_| history_href(&project_id, None));
    let older = next.map(|next| history_href(&project_id, Some(&next)));
    let list = if rows.is_empty() {
        view! { <p class="nothing">"Nothing has happened here yet."</p> }.into_any()
    } else {
        view! { <HistoryTable caption="History" project_id=project_id rows=rows now=now /> }.into_any()
    };
    view! {
        <ProjectTop project=project now=now part=Part::History />
        <section aria-labelledby="history">
            <h2 id="history" class="visually-hidden">"History"</h2>
            {list}
        </section>
        <Pager newest=newest older=older />
    }
}
