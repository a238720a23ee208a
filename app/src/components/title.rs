//! The name of the page in its tab.

use leptos::prelude::*;
use leptos_meta::Title;

/// Sets the page's title. All pages use this, never `leptos_meta`'s own: on the server that writes the text as it is, and
/// names come from clients.
#[component]
pub fn PageTitle(#[prop(into)] text: String) -> impl IntoView {
    view! { <Title text=written(text) /> }
}

/// The text as the server writes it into the page: the browser reads it back unescaped.
#[cfg(feature = "ssr")]
fn written(text: String) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The text as a script sets it: nothing is parsed.
#[cfg(not(feature = "ssr"))]
fn written(text: String) -> String {
    text
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::written;

    #[test]
    fn a_name_cannot_end_the_title() {
        assert_eq!(written("</title><h1>&".to_owned()), "&lt;/title&gt;&lt;h1&gt;&amp;");
    }
}
