//! Says on every page that records are lost or do not reach the database.

use super::{
    marks::WarningSign,
    report::{Report, steady},
};
use crate::{api, health::Trouble, live::repeat, reports::RecorderHealth};
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use std::time::Duration;

/// How long after an answer the browser asks again: while the database is away, nothing is committed that would tell.
const PAUSE: Duration = Duration::from_secs(10);
/// The page that says all of it itself.
const HEALTH: &str = "/health";

/// A line while there is trouble, else nothing; it leads to the health page.
#[component]
pub fn Alarm() -> impl IntoView {
    let path = use_location().pathname;
    let recorder: Report<Option<RecorderHealth>> = steady(|| Ok(()), |()| api::recorder());
    repeat(recorder, PAUSE);
    let line = move || {
        let elsewhere = path.get() != HEALTH;
        Suspend::new(async move {
            let recorder = recorder.await.ok().flatten().filter(|_| elsewhere);
            let troubles = recorder.as_ref().map(Trouble::of_recorder).unwrap_or_default();
            troubles.first().map(|worst| view! { <Line worst=*worst text=headlines(&troubles) /> })
        })
    };
    // There before there is anything to say: only then is it read aloud when it comes.
    view! {
        <div class="alarm-place" role="status">
            <Transition>{line}</Transition>
        </div>
    }
}

#[component]
fn Line(worst: Trouble, text: String) -> impl IntoView {
    view! {
        <p class="alarm" data-trouble=worst.as_str()>
            <WarningSign />
            <span>{text} " " <a href=HEALTH>"See the server’s health"</a></span>
        </p>
    }
}

fn headlines(troubles: &[Trouble]) -> String {
    troubles.iter().map(|trouble| format!("{}.", trouble.headline())).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_trouble_is_a_sentence() {
        assert_eq!(
            headlines(&[Trouble::Lost(2), Trouble::SpoolFailing]),
            "2 records are lost. The spool cannot be written."
        );
    }
}
