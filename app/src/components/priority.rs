//! How urgent a task is: bars that grow, and the word.

use crate::workspace::Priority;
use leptos::prelude::*;

/// The word with its mark.
#[component]
pub fn PriorityMark(priority: Priority) -> impl IntoView {
    let shape = match priority {
        Priority::Low => "M2 10V8",
        Priority::Medium => "M2 10V8M6 10V5",
        Priority::High => "M2 10V8M6 10V5M10 10V2",
        Priority::Critical => "M6 1.5v5.5M6 9.5v1",
    };
    view! {
        <span class="priority" data-priority=priority.as_str()>
            <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
                <path d=shape />
            </svg>
            {priority.label()}
            <span class="visually-hidden">" priority"</span>
        </span>
    }
}
