//! Of how many requests it is known where they came from.

use crate::{
    components::{
        meter::share_of,
        reading::{Reading, Readings},
    },
    format,
    reports::Coverage,
};
use leptos::prelude::*;

/// The shares of the last 24 hours.
#[component]
pub fn CoverageSection(coverage: Option<Coverage>) -> impl IntoView {
    let body = match coverage {
        None => view! { <p class="nothing">"The database did not answer."</p> }.into_any(),
        Some(Coverage { requests: 0, .. }) => {
            view! { <p class="nothing">"There were no requests in the last 24 hours."</p> }.into_any()
        }
        Some(coverage) => view! { <Shares coverage=coverage /> }.into_any(),
    };
    view! {
        <section aria-labelledby="attribution">
            <div class="section-head">
                <h2 id="attribution">"Attribution"</h2>
                <p class="hint">"Of the requests of the last 24 hours, how many are known to belong to whom."</p>
            </div>
            {body}
        </section>
    }
}

#[component]
fn Shares(coverage: Coverage) -> impl IntoView {
    let Coverage { requests, with_session, with_client, with_user } = coverage;
    let share = move |part: u64, name: &'static str, what: &str| {
        let note = format!("{} of {} {what}", format::count(part), format::counted(requests, "request"));
        let value = format::share(part, requests).into_any();
        view! { <Reading name=name value=value note=note share=share_of(part, requests) /> }
    };
    view! {
        <Readings>
            {share(with_session, "With a session", "could be tied to a session.")}
            {share(with_client, "With a client", "said which client they came from.")}
            {share(with_user, "With a user", "came with a token that says whose they are.")}
        </Readings>
    }
}
