//! A time in a list.

use crate::format;
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// How long ago, counted from when the report was made, so that the server and the browser write the same.
#[component]
pub fn Ago(time: DateTime<Utc>, now: DateTime<Utc>) -> impl IntoView {
    view! {
        <time datetime=format::machine(time) title=format::utc(time)>
            {format::ago(time, now)}
        </time>
    }
}

/// The time itself, to the millisecond.
#[component]
pub fn Exact(time: DateTime<Utc>) -> impl IntoView {
    view! { <time datetime=format::machine(time)>{format::utc_exact(time)}</time> }
}
