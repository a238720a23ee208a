//! What restoring a version would change.

use super::restore::{RestoreForm, Restorer};
use crate::{
    components::time::Ago,
    format,
    workspace::{DiffLine, DiffPart, VersionDetail},
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// The version that is looked at, compared with what is there now.
#[component]
pub fn Difference(project_id: String, detail: VersionDetail, restorer: Restorer, now: DateTime<Utc>) -> impl IntoView {
    let VersionDetail { version, parts } = detail;
    let name = format!("{} {}", version.field.label(), version.number);
    let summary = version.change_summary.clone().filter(|summary| !summary.trim().is_empty());
    let head = view! {
        <div class="section-head">
            <h2 id="difference">{name.clone()}</h2>
            <p class="hint">
                {version.change_type.clone()}
                " by "
                <span dir="auto">{version.created_by.clone()}</span>
                ", "
                <Ago time=version.created_at now=now />
            </p>
        </div>
    };
    let body = if parts.is_empty() {
        view! { <p class="nothing">"All of it is there now as it was then: restoring it would change nothing."</p> }
            .into_any()
    } else {
        let several = parts.len() > 1;
        let whole = view! { <RestoreForm project_id=project_id.clone() version=version.clone() document=None restorer=restorer /> };
        let parts = parts
            .into_iter()
            .map(|part| {
                // With one document, the whole is that document.
                let document = part.document_id.clone().filter(|_| several).map(|id| (id, part.title.clone()));
                let form = document.map(|document| {
                    let (project_id, version) = (project_id.clone(), version.clone());
                    view! { <RestoreForm project_id=project_id version=version document=Some(document) restorer=restorer /> }
                });
                view! { <Part part=part>{form}</Part> }
            })
            .collect_view();
        view! {
            <p class="legend-line">
                "What restoring it would change: lines with "
                <b class="sign">"−"</b>
                " are there now and would go, lines with "
                <b class="sign">"+"</b>
                " would come back."
            </p>
            {whole}
            {parts}
        }
        .into_any()
    };
    view! {
        <section aria-labelledby="difference" class="difference">
            {head}
            {summary.map(|summary| view! { <p dir="auto">{summary}</p> })}
            {body}
        </section>
    }
}

/// One document, or the whole field.
#[component]
fn Part(part: DiffPart, children: Children) -> impl IntoView {
    let DiffPart { title, lines, cut, .. } = part;
    let added = lines.iter().filter(|line| matches!(line, DiffLine::Added(_))).count() as u64;
    let removed = lines.iter().filter(|line| matches!(line, DiffLine::Removed(_))).count() as u64;
    let label = format!("Changes of {title}");
    let rows = lines.into_iter().map(shown).collect_view();
    let cut = (cut > 0).then(|| view! { <p class="hint">{format!("{} not shown.", more(cut))}</p> });
    view! {
        <div class="part">
            <div class="part-head">
                <h3 dir="auto">{title}</h3>
                <p class="hint">{format!("+{} −{}", format::count(added), format::count(removed))}</p>
                {children()}
            </div>
            // Long lines scroll in here, so the keyboard must reach it.
            <div class="diff" tabindex="0" role="group" aria-label=label>
                <div class="diff-lines">{rows}</div>
            </div>
            {cut}
        </div>
    }
}

fn shown(line: DiffLine) -> impl IntoView {
    let (kind, sign, spoken, text) = match line {
        DiffLine::Same(text) => ("same", " ", "", text),
        DiffLine::Removed(text) => ("removed", "−", "goes: ", text),
        DiffLine::Added(text) => ("added", "+", "comes: ", text),
        DiffLine::Skipped(lines) => ("skipped", " ", "", format!("… {} the same …", are(lines))),
    };
    view! {
        <div class="diff-line" data-line=kind>
            <span class="sign" aria-hidden="true">{sign}</span>
            <span class="visually-hidden">{spoken}</span>
            <span class="text">{text}</span>
        </div>
    }
}

/// `1 line that is`, `2 lines that are`.
fn are(lines: u64) -> String {
    format!("{} that {}", format::counted(lines, "line"), if lines == 1 { "is" } else { "are" })
}

/// `1 more line is`, `2 more lines are`.
fn more(lines: u64) -> String {
    let (noun, verb) = if lines == 1 { ("line", "is") } else { ("lines", "are") };
    format!("{} more {noun} {verb}", format::count(lines))
}

#[cfg(test)]
mod tests {
    use super::{are, more};

    #[test]
    fn lines_are_counted_in_words() {
        assert_eq!([are(1), are(1_200)], ["1 line that is", "1,200 lines that are"]);
        assert_eq!([more(1), more(2)], ["1 more line is", "2 more lines are"]);
    }
}
