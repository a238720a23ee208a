//! Where the records are: in the database, on their way, or nowhere.

use crate::{
    components::{
        reading::{Reading, Readings, Tone},
        time::Ago,
    },
    format,
    reports::RecorderHealth,
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// The recorder's books.
#[component]
pub fn RecordsSection(recorder: RecorderHealth, now: DateTime<Utc>) -> impl IntoView {
    let RecorderHealth { written, waiting, lost, refused, damaged_bytes, last_commit, failing_since, .. } = recorder;
    let count = |count: u64| format::count(count).into_any();
    let (lost_tone, lost_note) = match lost {
        0 => (Tone::Good, "Every request that was answered is kept."),
        _ => (Tone::Alarm, "They could be kept nowhere, and are gone."),
    };
    let warned = |value: u64| if value == 0 { Tone::Plain } else { Tone::Warning };
    let waiting_tone = if failing_since.is_some() { Tone::Warning } else { Tone::Plain };
    let committed = match last_commit {
        Some(time) => view! { <Ago time=time now=now /> }.into_any(),
        None => "none yet".into_any(),
    };
    view! {
        <section aria-labelledby="records">
            <div class="section-head">
                <h2 id="records">"Records"</h2>
                <p class="hint">"Counted since the server started."</p>
            </div>
            <Readings>
                <Reading name="Lost" value=count(lost) note=lost_note tone=lost_tone />
                <Reading
                    name="Waiting"
                    value=count(waiting)
                    note="Kept on this server’s disk, in the spool, and not in the database yet."
                    tone=waiting_tone
                />
                <Reading name="Written" value=count(written) note="In the database." />
                <Reading
                    name="Refused"
                    value=count(refused)
                    note="The database does not take them as they are. They are set aside in the spool’s folder."
                    tone=warned(refused)
                />
                <Reading
                    name="Damaged"
                    value=format::bytes(damaged_bytes).into_any()
                    note="Found in the spool, but no whole record. Set aside in its folder."
                    tone=warned(damaged_bytes)
                />
                <Reading name="Last commit" value=committed note="When the database last took records." />
            </Readings>
        </section>
    }
}

/// Nothing is recorded, because somebody wants it so.
#[component]
pub fn TrackingOff() -> impl IntoView {
    view! {
        <section aria-labelledby="records">
            <div class="section-head">
                <h2 id="records">"Records"</h2>
            </div>
            <p class="nothing">
                "Tracking is off (" <code>"tracking.enabled = false"</code>
                "): nothing is recorded. The tools go on as ever, and the pages show what was recorded before."
            </p>
        </section>
    }
}
