//! Restoring a version: said what it does first, then done.

use super::Shown;
use crate::{
    api::{PageError, workspace::PostRestore},
    components::{form_alert::form_error, report::Report},
    workspace::VersionRow,
};
use leptos::{form::ActionForm, prelude::*};

/// Restores versions, and says what became of it.
#[derive(Clone, Copy)]
pub struct Restorer {
    action: ServerAction<PostRestore>,
    pub error: Signal<Option<PageError>>,
    /// With script only; without, the page that comes shows it.
    pub said: RwSignal<&'static str>,
}

impl std::fmt::Debug for Restorer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Restorer").field("said", &self.said).finish_non_exhaustive()
    }
}

impl Restorer {
    /// For the page of this report, which is fetched again after each try.
    pub fn new(report: Report<Shown>) -> Self {
        let action = ServerAction::<PostRestore>::new();
        let restorer = Self { action, error: form_error(action), said: RwSignal::new("") };
        let answered = action.version();
        Effect::new(move |seen: Option<usize>| {
            let answers = answered.get();
            if seen.is_some_and(|seen| seen != answers) {
                let done = restorer.error.get_untracked().is_none();
                restorer.said.set(if done { "Restored. What was there before is kept as a version." } else { "" });
                report.refetch();
            }
            answers
        });
        restorer
    }
}

/// Opens to what will happen, and to the button that does it.
#[component]
pub fn RestoreForm(
    project_id: String,
    version: VersionRow,
    /// Id and title of the only document that is restored.
    document: Option<(String, String)>,
    restorer: Restorer,
) -> impl IntoView {
    let of_what = match &document {
        Some((_, title)) => format!("“{title}”"),
        None => format!("{} {}", version.field.label(), version.number),
    };
    let (summary, ending) = if document.is_some() {
        ("Restore this document", " Other documents stay as they are.")
    } else {
        ("Restore this version", "")
    };
    let said = format!("What is there now is kept as a version first, so this can be taken back.{ending}");
    let id = document.map(|(id, _)| view! { <input type="hidden" name="document_id" value=id /> });
    let pending = restorer.action.pending();
    view! {
        <details class="restore">
            <summary>
                <span class="button">{summary}</span>
            </summary>
            <ActionForm action=restorer.action attr:class="restore-form">
                <p>{said}</p>
                <input type="hidden" name="project_id" value=project_id />
                <input type="hidden" name="field" value=version.field.as_str() />
                <input type="hidden" name="number" value=version.number.to_string() />
                {id}
                <button type="submit" class="button primary" prop:disabled=pending>
                    {format!("Restore {of_what}")}
                </button>
            </ActionForm>
        </details>
    }
}
