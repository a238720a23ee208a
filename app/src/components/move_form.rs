//! Moving a task: the one action behind the form, the keys and the pointer.

use super::{form_alert::form_error, report::Report};
use crate::{
    api::{PageError, workspace::PostMove},
    workspace::{Place, TaskCard, TaskStatus},
};
use leptos::{form::ActionForm, prelude::*};
use serde::{Serialize, de::DeserializeOwned};
use std::fmt;

/// Moves tasks, one at a time, and knows which is on its way.
#[derive(Clone, Copy)]
pub struct Mover {
    action: ServerAction<PostMove>,
    /// The task that is on its way: until the page shows where it came to.
    pub moving: RwSignal<Option<String>>,
    /// What became of it, for those who do not see it.
    pub said: RwSignal<String>,
    pub error: Signal<Option<PageError>>,
}

impl fmt::Debug for Mover {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Mover").field("moving", &self.moving).finish_non_exhaustive()
    }
}

impl Mover {
    /// For the page of this report, which is fetched again after each move. `describe` says where a task came to.
    pub fn new<T>(report: Report<T>, describe: fn(&T, &str) -> Option<String>) -> Self
    where
        T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
    {
        let action = ServerAction::<PostMove>::new();
        let mover =
            Self { action, moving: RwSignal::new(None), said: RwSignal::new(String::new()), error: form_error(action) };
        // The form and the keys come here alike.
        Effect::new(move || {
            if let Some(sent) = action.input().get() {
                mover.moving.set(Some(sent.task_id));
            }
        });
        let answered = action.version();
        Effect::new(move |seen: Option<usize>| {
            let answers = answered.get();
            if seen.is_some_and(|seen| seen != answers) {
                // Also after an error: then something is not as the page shows it.
                report.refetch();
            }
            answers
        });
        Effect::new(move |seen: Option<usize>| {
            let shown = report.get();
            let answers = answered.get_untracked();
            let arrived = seen.is_some_and(|seen| seen != answers).then(|| mover.moving.get_untracked()).flatten();
            let Some(task_id) = arrived else {
                // Nothing has been answered since, or the report is not there yet.
                return if mover.moving.get_untracked().is_some() { seen.unwrap_or(answers) } else { answers };
            };
            mover.moving.set(None);
            if mover.error.get_untracked().is_none() {
                let place = shown.and_then(Result::ok).and_then(|report| describe(&report, &task_id));
                mover.said.set(place.unwrap_or_else(|| "Moved; it is no longer on this page.".to_owned()));
            }
            #[cfg(feature = "hydrate")]
            keep_focus(task_id);
            answers
        });
        mover
    }

    /// Moves it, unless another one is on its way.
    pub fn request(self, task_id: String, status: TaskStatus, place: Place) {
        if self.moving.get_untracked().is_none() {
            self.action.dispatch(PostMove { task_id, status, place });
        }
    }
}

/// The card that was moved is another element where it came to. Once it is there it has the focus, if that was lost with the
/// first one.
#[cfg(feature = "hydrate")]
fn keep_focus(task_id: String) {
    request_animation_frame(move || look_for_focus(task_id, LOOKS));
}

/// How often at most to look whether the focus was lost: on a busy machine the cards move some frames later.
#[cfg(feature = "hydrate")]
const LOOKS: u32 = 20;

#[cfg(feature = "hydrate")]
fn look_for_focus(task_id: String, looks: u32) {
    use crate::live::focus::{LOOK_EVERY, focus_row};
    let focused = document().active_element().filter(|focused| !focused.tag_name().eq_ignore_ascii_case("body"));
    if let Some(focused) = focused {
        // The card has not moved yet, or the user has moved on: then the focus is his.
        if looks > 0 && focused.get_attribute("data-row").as_ref() == Some(&task_id) {
            set_timeout(move || look_for_focus(task_id, looks - 1), LOOK_EVERY);
        }
        return;
    }
    focus_row(&task_id);
}

const PLACES: [(Place, &str); 4] =
    [(Place::First, "First"), (Place::Last, "Last"), (Place::Earlier, "One earlier"), (Place::Later, "One later")];

/// Status, place and a button: works without script, too.
#[component]
pub fn MoveForm(mover: Mover, task: TaskCard) -> impl IntoView {
    let statuses = TaskStatus::ALL
        .map(|status| {
            view! {
                <option value=status.as_str() selected=status == task.status>
                    {status.label()}
                </option>
            }
        })
        .into_iter()
        .collect_view();
    let places = PLACES
        .map(|(place, label)| view! { <option value=place.to_string()>{label}</option> })
        .into_iter()
        .collect_view();
    let id = task.id.clone();
    view! {
        <ActionForm
            action=mover.action
            attr:class="move-form"
            attr:aria-label=format!("Move “{}”", task.title)
        >
            <input type="hidden" name="task_id" value=task.id />
            <label class="field">
                <span>"Status"</span>
                <select name="status">{statuses}</select>
            </label>
            <label class="field">
                <span>"Place"</span>
                <select name="place">{places}</select>
            </label>
            <button type="submit" class="button" prop:disabled=move || mover.moving.get().as_deref() == Some(&*id)>
                "Move"
            </button>
        </ActionForm>
    }
}
