//! How much room the records take, and how much there is.

use crate::{
    components::{
        meter::{of_quota, room, share_of},
        reading::{Reading, Readings, Tone},
    },
    reports::{DatabaseHealth, RecorderHealth},
};
use leptos::prelude::*;

/// The spool, unless tracking is off, and the database.
#[component]
pub fn StorageSection(recorder: Option<RecorderHealth>, database: DatabaseHealth) -> impl IntoView {
    let spool = recorder.map(|recorder| {
        let RecorderHealth { spool_bytes, spool_quota_bytes, .. } = recorder;
        let share = share_of(spool_bytes, spool_quota_bytes);
        let note = "Where records wait for the database, on this server’s disk. Once it is full, records are lost.";
        view! {
            <Reading
                name="Spool"
                value=of_quota(spool_bytes, spool_quota_bytes)
                note=with_room(note, share)
                tone=tone(share)
                share=share
            />
        }
    });
    let share = database.bytes.and_then(|bytes| share_of(bytes, database.quota_bytes));
    let (value, note) = match database.bytes {
        Some(bytes) => (
            of_quota(bytes, database.quota_bytes),
            "With its write-ahead log. Past its limit the oldest arguments and results go first, then the oldest requests.",
        ),
        None => ("–".into_any(), "The database did not answer."),
    };
    view! {
        <section aria-labelledby="storage">
            <div class="section-head">
                <h2 id="storage">"Storage"</h2>
            </div>
            <Readings>
                {spool}
                <Reading name="Database" value=value note=with_room(note, share) tone=tone(share) share=share />
            </Readings>
        </section>
    }
}

fn tone(share: Option<f64>) -> Tone {
    if share.and_then(room).is_some() { Tone::Warning } else { Tone::Plain }
}

/// Scarce room is said in words, too.
fn with_room(note: &str, share: Option<f64>) -> String {
    share.and_then(room).map_or_else(|| note.to_owned(), |room| format!("It is {room}. {note}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scarce_room_comes_first() {
        assert_eq!(with_room("Here.", Some(0.9)), "It is nearly full. Here.");
        assert_eq!(with_room("Here.", Some(0.2)), "Here.");
        assert_eq!(with_room("Here.", None), "Here.");
        assert_eq!([Some(0.9), Some(0.1), None].map(tone), [Tone::Warning, Tone::Plain, Tone::Plain]);
    }
}
