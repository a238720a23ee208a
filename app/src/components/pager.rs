//! The way to older rows.

use leptos::prelude::*;

/// "Newest" once the page is not the first, "Older" unless it is the last.
#[component]
pub fn Pager(
    /// The first page, when this is not it.
    newest: Option<String>,
    /// The next page, when there is one.
    older: Option<String>,
) -> impl IntoView {
    (newest.is_some() || older.is_some()).then(|| {
        view! {
            <nav class="pager" aria-label="More rows">
                {newest.map(|href| view! { <a class="button" href=href>"Newest"</a> })}
                {older.map(|href| view! { <a class="button" rel="next" href=href>"Older"</a> })}
            </nav>
        }
    })
}
