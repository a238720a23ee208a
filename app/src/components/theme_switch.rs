//! Light, dark, or as the system says.

use crate::{page::PageContext, theme::Theme};
use leptos::prelude::*;

/// Three buttons, one of them pressed.
#[component]
pub fn ThemeSwitch() -> impl IntoView {
    let chosen = RwSignal::new(use_context::<PageContext>().unwrap_or_default().theme);
    let button = move |theme: Theme| {
        let (name, path) = match theme {
            Theme::System => ("Colours as the system", "M2.5 3.5h11v7h-11zM6 13h4"),
            Theme::Light => (
                "Light colours",
                "M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6M8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9",
            ),
            Theme::Dark => ("Dark colours", "M13 9.7A5.6 5.6 0 0 1 6.3 3a5.6 5.6 0 1 0 6.7 6.7z"),
        };
        view! {
            <button
                type="button"
                class="icon-button"
                title=name
                aria-pressed=move || (chosen.get() == theme).to_string()
                on:click=move |_| {
                    chosen.set(theme);
                    apply(theme);
                }
            >
                <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
                    <path d=path />
                </svg>
                <span class="visually-hidden">{name}</span>
            </button>
        }
    };
    view! {
        <div class="theme-switch needs-script" role="group" aria-label="Theme">
            {Theme::ALL.map(button).into_iter().collect_view()}
        </div>
    }
}

/// Colours the page at once, and has the server colour the next one.
fn apply(theme: Theme) {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        if let Some(root) = document().document_element() {
            // Fails only for a malformed attribute name.
            let _ = root.set_attribute("data-theme", theme.as_str());
        }
        if let Some(document) = document().dyn_ref::<web_sys::HtmlDocument>() {
            // Fails where cookies are forbidden: then the choice lasts for this page.
            let _ = document.set_cookie(&theme.to_cookie());
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = theme;
}
