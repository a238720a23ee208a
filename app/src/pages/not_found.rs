//! What stands where there is no page.

use crate::components::title::PageTitle;
use crate::page::set_status;
use leptos::prelude::*;

/// Says so, with status 404.
#[component]
pub fn NotFound() -> impl IntoView {
    set_status(404);
    view! {
        <PageTitle text="Not found" />
        <section class="error-state">
            <h1>"Not found"</h1>
            <p>"There is no page at this address."</p>
            <p>
                <a href="/">"Back to the overview"</a>
            </p>
        </section>
    }
}
