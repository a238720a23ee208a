//! What is wrong, above all figures.

use crate::{
    components::{marks::WarningSign, time::Ago},
    format,
    health::Trouble,
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// One banner a trouble, the worst first; nothing when all is well.
#[component]
pub fn Banners(troubles: Vec<Trouble>, now: DateTime<Utc>) -> impl IntoView {
    (!troubles.is_empty()).then(|| {
        let banners = troubles.into_iter().map(|trouble| banner(trouble, now)).collect_view();
        view! { <ul class="banners" aria-label="What is wrong">{banners}</ul> }
    })
}

fn banner(trouble: Trouble, now: DateTime<Utc>) -> impl IntoView {
    let more = match trouble {
        Trouble::Unreachable { since, waiting } => Some(view! {
            ", " {format::counted(waiting, "record")} " waiting"
            <small>" (" <Ago time=since now=now /> ")"</small>
        }),
        _ => None,
    };
    view! {
        <li class="banner" data-trouble=trouble.as_str()>
            <WarningSign />
            <div>
                <h2>{trouble.headline()} {more}</h2>
                <p>{trouble.meaning()}</p>
            </div>
        </li>
    }
}
