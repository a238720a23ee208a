//! What is known of one thing, name by name.

use leptos::prelude::*;

/// A list of names and values.
#[component]
pub fn Facts(children: Children) -> impl IntoView {
    view! { <dl class="facts">{children()}</dl> }
}

/// One of them. What is not known is left out.
#[component]
pub fn Fact(name: &'static str, value: Option<AnyView>) -> impl IntoView {
    value.map(|value| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd>{value}</dd>
            </div>
        }
    })
}

/// Words.
pub fn text(value: impl Into<String>) -> Option<AnyView> {
    optional_text(Some(value.into()))
}

/// Words that may be missing.
#[must_use]
pub fn optional_text(value: Option<String>) -> Option<AnyView> {
    value.filter(|value| !value.is_empty()).map(IntoAny::into_any)
}

/// What a machine wrote: an id, a version, a header.
#[must_use]
pub fn code(value: Option<String>) -> Option<AnyView> {
    value.filter(|value| !value.is_empty()).map(|value| view! { <code>{value}</code> }.into_any())
}
