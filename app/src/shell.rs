//! The document around the pages: what only the server writes.

use crate::{App, page::PageContext};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

/// Where the client's files are, each address with its content hash. `None`: not built.
#[derive(Clone, Debug, Default)]
pub struct AssetLinks {
    pub script: Option<String>,
    pub wasm: Option<String>,
    pub style: Option<String>,
    pub icon: String,
}

/// One whole document.
pub fn shell(links: AssetLinks) -> impl IntoView {
    let page = PageContext::current();
    let client = links.script.zip(links.wasm).map(|(script, wasm)| {
        let start = format!(
            "import({script:?}).then(app => app.default({{module_or_path: {wasm:?}}}).then(() => app.hydrate()))"
        );
        view! {
            <link rel="modulepreload" href=script />
            <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="" />
            <script type="module" nonce=use_nonce()>{start}</script>
        }
    });
    view! {
        <!DOCTYPE html>
        <html
            lang="en"
            data-theme=page.theme.as_str()
            data-origin=page.origin
            data-revision=page.revision.to_string()
            data-version=page.version
        >
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <link rel="icon" type="image/svg+xml" href=links.icon />
                {links.style.map(|style| view! { <link rel="stylesheet" href=style /> })}
                {client}
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}
