//! The choice of the stretch of time.

use crate::reports::TimeRange;
use leptos::prelude::*;

/// One link a range; `href` gives where it leads.
#[component]
pub fn RangeLinks<H>(
    /// `None`: all there is, which is then a choice too.
    chosen: Option<TimeRange>,
    /// Whether "all" is a choice.
    #[prop(optional)]
    with_all: bool,
    href: H,
) -> impl IntoView
where
    H: Fn(Option<TimeRange>) -> String,
{
    let choices = TimeRange::ALL.into_iter().map(Some).chain(with_all.then_some(None));
    let links = choices
        .map(|range| {
            let current = (range == chosen).then_some("true");
            let label = range.map_or("all", TimeRange::as_str);
            view! {
                <li>
                    <a href=href(range) aria-current=current>
                        {label}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav class="ranges" aria-label="Time range">
            <ul>{links}</ul>
        </nav>
    }
}
