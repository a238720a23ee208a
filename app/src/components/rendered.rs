//! A text as it reads.

use crate::workspace::Body;
use leptos::prelude::*;

/// Markdown that the server has rendered, or JSON as text.
#[component]
pub fn Rendered(
    body: Body,
    /// The id of its heading.
    label: &'static str,
) -> impl IntoView {
    match body {
        // `Body::Html` is what the server's sanitiser let through.
        Body::Html(html) => view! { <div class="prose" dir="auto" inner_html=html></div> }.into_any(),
        // It scrolls, so the keyboard must reach it.
        Body::Json(json) => {
            view! { <pre class="captured" tabindex="0" role="group" aria-labelledby=label><code>{json}</code></pre> }
                .into_any()
        }
    }
}
