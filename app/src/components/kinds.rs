//! The two kinds of a list: those at work, and those that are set apart.

use crate::format;
use leptos::prelude::*;

/// A tab for each kind; that of those apart counts them.
#[component]
pub fn Kinds(
    /// For who does not see them: `Kinds of session`.
    label: &'static str,
    /// The list of those at work.
    working: String,
    /// The list of those apart, what they are called, and how many there are.
    apart: String,
    apart_name: &'static str,
    count: u64,
    /// Those apart are shown.
    is_apart: bool,
) -> impl IntoView {
    view! {
        <nav class="tabs" aria-label=label>
            <ul>
                <li>
                    <a href=working aria-current=(!is_apart).then_some("true")>
                        "Working"
                    </a>
                </li>
                <li>
                    <a href=apart aria-current=is_apart.then_some("true")>
                        {apart_name}
                        " "
                        <span class="badge">{format::count(count)}</span>
                    </a>
                </li>
            </ul>
        </nav>
    }
}
