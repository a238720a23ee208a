//! A page around its report: on its way, there, or failed.

use super::states::{ErrorState, Skeleton};
use crate::{api::PageError, live::follow};
use leptos::{either::Either, prelude::*};
use serde::{Serialize, de::DeserializeOwned};

/// What a page fetches.
pub type Report<T> = Resource<Result<T, PageError>>;

/// Fetches `report` for `question`, which the page's address gives; waits for it on the server, and keeps it up to
/// date in the browser.
pub fn report<Q, T, F>(
    question: impl Fn() -> Result<Q, PageError> + Copy + Send + Sync + 'static,
    fetch: impl Fn(Q) -> F + Send + Sync + Copy + 'static,
) -> Report<T>
where
    Q: PartialEq + Clone + Send + Sync + 'static,
    T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
    F: Future<Output = Result<T, PageError>> + Send + 'static,
{
    let resource = steady(question, fetch);
    follow(resource);
    resource
}

/// Such a report that does not follow what is committed: whoever has it says when it is fetched again.
pub fn steady<Q, T, F>(
    question: impl Fn() -> Result<Q, PageError> + Copy + Send + Sync + 'static,
    fetch: impl Fn(Q) -> F + Send + Sync + Copy + 'static,
) -> Report<T>
where
    Q: PartialEq + Clone + Send + Sync + 'static,
    T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
    F: Future<Output = Result<T, PageError>> + Send + 'static,
{
    // What was shown last, for as long as the server cannot be reached: old figures are better than none.
    let shown = StoredValue::new(None::<(Q, T)>);
    let resource = Resource::new_blocking(question, move |question| async move {
        let question = question?;
        match fetch(question.clone()).await {
            Err(PageError::Unreachable) => shown
                .try_get_value()
                .flatten()
                .filter(|(asked, _)| *asked == question)
                .map(|(_, report)| report)
                .ok_or(PageError::Unreachable),
            answer => answer,
        }
    });
    Effect::new(move || {
        if let (Ok(question), Some(Ok(report))) = (question(), resource.get()) {
            shown.set_value(Some((question, report)));
        }
    });
    resource
}

/// Shows the report by `view`. A newer report changes what differs in place; nothing flashes.
pub fn show<T, V>(report: Report<T>, view: impl Fn(T) -> V + Clone + Send + Sync + 'static) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let body = move || {
        let view = view.clone();
        Suspend::new(async move {
            match report.await {
                Ok(report) => Either::Left(view(report)),
                Err(error) => Either::Right(view! { <ErrorState error=error /> }),
            }
        })
    };
    view! { <Transition fallback=Skeleton>{body}</Transition> }
}
