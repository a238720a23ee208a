//! What a page knows of the request it answers, on the server and in the browser.

use crate::theme::Theme;
use leptos::prelude::*;

/// The same values on both sides: the server provides them, and writes them on `<html>` for the browser to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageContext {
    /// The server's address as the browser knows it, without a path: `http://127.0.0.1:8051`.
    pub origin: String,
    pub theme: Theme,
    /// The store's revision that the page was rendered from, or an older one.
    pub revision: u64,
    /// The server's version.
    pub version: String,
}

impl PageContext {
    /// What the server provided for this request; in the browser, what it wrote on `<html>`.
    #[must_use]
    pub fn current() -> Self {
        use_context::<Self>().unwrap_or_else(Self::from_document)
    }

    #[cfg(not(feature = "hydrate"))]
    fn from_document() -> Self {
        Self::default()
    }

    #[cfg(feature = "hydrate")]
    fn from_document() -> Self {
        let attribute =
            |name| document().document_element().and_then(|root| root.get_attribute(name)).unwrap_or_default();
        Self {
            origin: attribute("data-origin"),
            theme: Theme::parse(&attribute("data-theme")).unwrap_or_default(),
            revision: attribute("data-revision").parse().unwrap_or_default(),
            version: attribute("data-version"),
        }
    }
}

/// Sets the status of the answer that is being rendered; the server provides it.
#[cfg(feature = "ssr")]
#[derive(Clone)]
pub struct StatusSetter(std::sync::Arc<dyn Fn(u16) + Send + Sync>);

#[cfg(feature = "ssr")]
impl StatusSetter {
    /// Wraps what sets the status.
    pub fn new(set: impl Fn(u16) + Send + Sync + 'static) -> Self {
        Self(std::sync::Arc::new(set))
    }
}

#[cfg(feature = "ssr")]
impl std::fmt::Debug for StatusSetter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("StatusSetter")
    }
}

/// Gives the page that is being rendered this HTTP status. In the browser there is none to set.
pub fn set_status(status: u16) {
    #[cfg(feature = "ssr")]
    if let Some(StatusSetter(set)) = use_context::<StatusSetter>() {
        set(status);
    }
    #[cfg(not(feature = "ssr"))]
    let _ = status;
}
