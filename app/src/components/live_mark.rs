//! Whether the page follows the server: a word and a shape.

use crate::live::{Live, LiveState};
use leptos::prelude::*;

/// Shown once hydrated; a page without script does not follow anything.
#[component]
pub fn LiveMark() -> impl IntoView {
    let live = use_context::<Live>();
    let state = move || live.map_or(LiveState::default(), |live| live.state.get());
    view! {
        <p class="live-mark needs-script" role="status" data-live=move || state().as_str()>
            <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
                <circle class="when-live" cx="6" cy="6" r="4" />
                <path class="when-reconnecting" d="M6 2a4 4 0 1 1-4 4" />
                <path class="when-paused" d="M4 2.5v7M8 2.5v7" />
            </svg>
            {move || state().as_str()}
        </p>
    }
}
