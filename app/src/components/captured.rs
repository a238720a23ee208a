//! Arguments and results as they were captured: as text, whatever they hold.

mod pretty;

use crate::reports::{Captured, REDACTED};
use leptos::prelude::*;
use pretty::indented;

/// JSON under its heading: indented when it is whole, as it is when it was cut.
#[component]
pub fn CapturedJson(
    /// Of the heading.
    id: &'static str,
    title: &'static str,
    captured: Option<Captured>,
) -> impl IntoView {
    let note = captured.as_ref().and_then(note);
    let body = match captured {
        None => view! { <p class="nothing">"Not captured, or no longer kept."</p> }.into_any(),
        Some(Captured { json, is_cut }) => {
            let text = if is_cut { json } else { indented(&json).unwrap_or(json) };
            let pieces = pieces(&text).into_iter().map(shown).collect_view();
            // It scrolls, so the keyboard must reach it.
            view! {
                <pre class="captured" tabindex="0" role="group" aria-labelledby=id><code>{pieces}</code></pre>
            }
            .into_any()
        }
    };
    view! {
        <section aria-labelledby=id>
            <div class="section-head">
                <h2 id=id>{title}</h2>
                {note.map(|note| view! { <p class="hint">{note}</p> })}
            </div>
            {body}
        </section>
    }
}

/// What the reader of the text has to know of it.
fn note(captured: &Captured) -> Option<&'static str> {
    match (captured.is_cut, captured.json.contains(REDACTED)) {
        (true, true) => Some("Cut after 16 KiB. What looked secret was replaced before it was stored."),
        (true, false) => Some("Cut after 16 KiB."),
        (false, true) => Some("What looked secret was replaced before it was stored."),
        (false, false) => None,
    }
}

/// A piece of the text; a redaction is marked.
fn shown(piece: &str) -> AnyView {
    if piece == REDACTED { view! { <mark>{REDACTED}</mark> }.into_any() } else { piece.to_owned().into_any() }
}

/// The text cut before and after each redaction; nothing of it is missing.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    for (index, part) in text.split(REDACTED).enumerate() {
        if index > 0 {
            pieces.push(REDACTED);
        }
        if !part.is_empty() {
            pieces.push(part);
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_redaction_is_a_piece_of_its_own() {
        assert_eq!(pieces(r#"{"a":"[redacted]"}"#), [r#"{"a":""#, "[redacted]", r#""}"#]);
        assert_eq!(pieces("[redacted][redacted]"), ["[redacted]", "[redacted]"]);
        assert_eq!(pieces("[redacted"), ["[redacted"]);
        assert_eq!(pieces(""), Vec::<&str>::new());
    }

    #[test]
    fn the_reader_learns_what_is_not_as_it_was() {
        let captured = |json: &str, is_cut| Captured { json: json.to_owned(), is_cut };
        assert_eq!(note(&captured("{}", false)), None);
        assert!(note(&captured("{", true)).is_some_and(|note| note.starts_with("Cut after 16 KiB")));
        assert!(note(&captured("[redacted]", false)).is_some_and(|note| note.contains("replaced")));
        assert!(
            note(&captured("[redacted]", true)).is_some_and(|note| note.contains("Cut") && note.contains("replaced"))
        );
    }
}
