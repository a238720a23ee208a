//! The keyboard: `/` to the search, `j` and `k` through the rows, `?` for help. Enter opens a row, for it is a link.

use leptos::prelude::*;

#[cfg(feature = "hydrate")]
mod listen;

/// The id of the dialog that [`Keyboard`] renders.
pub const HELP_ID: &str = "keyboard-help";

const KEYS: [(&str, &str); 7] = [
    ("/", "Go to the search or the first filter"),
    ("j", "Next row"),
    ("k", "Previous row"),
    ("Enter", "Open the row"),
    ("Shift ← →", "Move the task to the column beside"),
    ("Shift ↑ ↓", "Move the task up or down its column"),
    ("?", "Show this help"),
];

/// Listens to the keys, and has the dialog that explains them.
#[component]
pub fn Keyboard() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    Effect::new(|| {
        let handle = window_event_listener(leptos::ev::keydown, |event| listen::key_down(&event));
        on_cleanup(move || handle.remove());
    });
    view! {
        <dialog id=HELP_ID class="help" aria-labelledby="keyboard-help-title">
            <h2 id="keyboard-help-title">"Keyboard"</h2>
            <dl>
                {KEYS
                    .map(|(key, what)| {
                        view! {
                            <div>
                                <dt>
                                    <kbd>{key}</kbd>
                                </dt>
                                <dd>{what}</dd>
                            </div>
                        }
                    })
                    .into_iter().collect_view()}
            </dl>
            <form method="dialog">
                <button type="submit" class="button">
                    "Close"
                </button>
            </form>
        </dialog>
    }
}

/// Opens the help.
pub fn show_help() {
    #[cfg(feature = "hydrate")]
    listen::show_help();
}
