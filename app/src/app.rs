//! The frame around every page, and which page an address shows.

use crate::{
    components::{
        alarm::Alarm,
        layout::{Footer, Header},
    },
    keys::Keyboard,
    live::provide_live,
    page::PageContext,
    pages::{
        BoardPage, DocumentsPage, HealthPage, HistoryPage, NotFound, OverviewPage, ProjectsPage, RequestPage,
        RequestsPage, SessionPage, SessionsPage, TaskPage, VersionsPage,
    },
};
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

/// The whole dashboard.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let page = PageContext::current();
    provide_live(page.revision);
    provide_context(page);
    mark_hydrated();

    // Async: the whole page in one answer. Streamed fragments would need scripts to put them into place.
    view! {
        <Title formatter=|title: String| format!("{title} · Tracon") />
        <Router>
            // `external`: the router would take it for a page, and the focus would stay where it is.
            <a class="skip-link" href="#main" rel="external">"Skip to content"</a>
            <Header />
            <Alarm />
            <main id="main" tabindex="-1">
                <FlatRoutes fallback=NotFound>
                    <Route path=path!("/") view=OverviewPage ssr=SsrMode::Async />
                    <Route path=path!("/sessions") view=SessionsPage ssr=SsrMode::Async />
                    <Route path=path!("/sessions/:id") view=SessionPage ssr=SsrMode::Async />
                    <Route path=path!("/requests") view=RequestsPage ssr=SsrMode::Async />
                    <Route path=path!("/requests/:id") view=RequestPage ssr=SsrMode::Async />
                    <Route path=path!("/projects") view=ProjectsPage ssr=SsrMode::Async />
                    <Route path=path!("/projects/:id") view=BoardPage ssr=SsrMode::Async />
                    <Route path=path!("/projects/:id/tasks/:task") view=TaskPage ssr=SsrMode::Async />
                    <Route path=path!("/projects/:id/documents") view=DocumentsPage ssr=SsrMode::Async />
                    <Route path=path!("/projects/:id/documents/:document") view=DocumentsPage ssr=SsrMode::Async />
                    <Route path=path!("/projects/:id/versions") view=VersionsPage ssr=SsrMode::Async />
                    <Route path=path!("/projects/:id/history") view=HistoryPage ssr=SsrMode::Async />
                    <Route path=path!("/health") view=HealthPage ssr=SsrMode::Async />
                </FlatRoutes>
            </main>
            <Footer />
            <Keyboard />
        </Router>
    }
}

/// Says so on `<body>` once the page listens: the stylesheet then shows what works by script only, and tests wait
/// for it.
fn mark_hydrated() {
    #[cfg(feature = "hydrate")]
    Effect::new(|| {
        if let Some(body) = document().body() {
            // Fails only for a malformed attribute name.
            let _ = body.set_attribute("data-hydrated", "");
        }
    });
}
