//! What a form was refused for, beside the form: told by the action with script, by the address without.

use super::marks::WarningSign;
use crate::{api::PageError, page::set_status};
use leptos::{prelude::*, server::ServerActionError, server_fn::ServerFn};
use leptos_router::hooks::use_query_map;

/// The error of a form's last try, for as long as there is one. Without script the server sends the browser back with the error
/// in the address; then the page that shows it has the error's status.
pub fn form_error<S>(action: ServerAction<S>) -> Signal<Option<PageError>>
where
    S: ServerFn<Error = PageError> + Clone + Send + Sync + 'static,
    S::Output: Clone + Send + Sync + 'static,
{
    let value = action.value();
    let told = use_context::<ServerActionError>().is_some_and(|error| error.path() == S::PATH);
    // The browser keeps what the first address told, also on the pages that it leads to.
    let here = use_query_map().with_untracked(|query| query.get_str("__err").is_some());
    if told && !here {
        value.set(None);
    }
    let error = Signal::derive(move || value.with(|value| value.as_ref()?.as_ref().err().cloned()));
    if let Some(error) = error.get_untracked() {
        set_status(error.status());
    }
    error
}

/// Says it at once, also to those who do not see it.
#[component]
pub fn FormAlert(
    error: Signal<Option<PageError>>,
    /// What did not happen: `The task was not moved`.
    what: &'static str,
) -> impl IntoView {
    // The words may come from an address: nobody shall put a page of them here.
    let words = move || error.get().map(|error| error.to_string().chars().take(300).collect::<String>());
    view! {
        <div class="form-alert" role="alert">
            {move || {
                words()
                    .map(|words| {
                        view! {
                            <p>
                                <WarningSign />
                                <span>{format!("{what}: {words}")}</span>
                            </p>
                        }
                    })
            }}
        </div>
    }
}
