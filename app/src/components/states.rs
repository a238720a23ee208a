//! What a page shows while it has nothing to show.

use crate::components::title::PageTitle;
use crate::{
    api::PageError,
    page::{PageContext, set_status},
};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// Nothing has connected yet: how to connect a client.
#[component]
pub fn ConnectFirst() -> impl IntoView {
    let origin = use_context::<PageContext>().unwrap_or_default().origin;
    view! {
        <section class="empty" aria-labelledby="connect-first">
            <h2 id="connect-first">"Connect a client"</h2>
            <p>"Nothing has been tracked yet. With Claude Code, for example:"</p>
            <pre tabindex="0" aria-label="Command to connect Claude Code"><code>{format!("claude mcp add --transport http tracon {origin}/mcp")}</code></pre>
            <p>"Any other client that speaks MCP over HTTP takes the address "
                <code>{format!("{origin}/mcp")}</code> "."
            </p>
        </section>
    }
}

/// A list that a filter has emptied.
#[component]
pub fn NothingMatches(
    /// What is listed: `requests`.
    what: &'static str,
    /// The list without its filter.
    #[prop(into)]
    clear: String,
) -> impl IntoView {
    view! {
        <div class="empty">
            <p>{format!("No {what} match these filters.")}</p>
            <p>
                <a href=clear>"Clear all filters"</a>
            </p>
        </div>
    }
}

/// Why there is no page, with the status that says so, and what to do.
#[component]
pub fn ErrorState(error: PageError) -> impl IntoView {
    set_status(error.status());
    let location = use_location();
    let here = format!("{}{}", location.pathname.get_untracked(), search(&location.search.get_untracked()));
    let path = location.pathname.get_untracked();
    let (title, next, href) = match &error {
        PageError::Invalid(_) => ("This address does not say what to show", "Show the page without its filters", path),
        PageError::NotFound(_) => ("Not found", "Back to the overview", "/".to_owned()),
        PageError::Conflict(_) => ("It has changed meanwhile", "Show it as it is now", here),
        PageError::Unavailable | PageError::Unreachable => ("The figures could not be loaded", "Try again", here),
    };
    view! {
        <PageTitle text=title />
        <section class="error-state" role="alert">
            <h1>{title}</h1>
            <p>{sentence(&error.to_string())}</p>
            <p>
                // The browser itself loads the page anew: also when only the script is out of order.
                <a href=href rel="external">{next}</a>
            </p>
        </section>
    }
}

fn search(search: &str) -> String {
    if search.is_empty() { String::new() } else { format!("?{}", search.trim_start_matches('?')) }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let ending = if text.ends_with('.') { "" } else { "." };
    letters.next().map_or_else(String::new, |first| format!("{}{}{ending}", first.to_uppercase(), letters.as_str()))
}

/// The outline of a page that is on its way.
#[component]
pub fn Skeleton() -> impl IntoView {
    view! {
        <div class="skeleton" role="status">
            <span class="visually-hidden">"Loading"</span>
            <i></i>
            <i></i>
            <i></i>
            <i></i>
            <i></i>
            <i></i>
        </div>
    }
}
