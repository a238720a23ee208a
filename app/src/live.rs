//! Keeping a page up to date: one event stream, whose events make the page fetch its report again.

use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;

#[cfg(feature = "hydrate")]
pub mod focus;
#[cfg(feature = "hydrate")]
mod stream;

/// Whether the figures on the page follow the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LiveState {
    /// The stream is open.
    Live,
    /// The stream is being opened, for the first time or again.
    #[default]
    Reconnecting,
    /// The tab is hidden: nobody looks.
    Paused,
}

impl LiveState {
    /// The word on the page and in `data-live`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Reconnecting => "reconnecting",
            Self::Paused => "paused",
        }
    }
}

/// The page's connection to what happens on the server.
#[derive(Clone, Copy, Debug)]
pub struct Live {
    pub state: RwSignal<LiveState>,
    /// Grows when the page should fetch its report again, at most once a second.
    refresh: RwSignal<u32>,
}

/// Provides [`Live`] to the pages; in the browser, opens the stream. `revision`: what the page was rendered from.
pub fn provide_live(revision: u64) {
    let live = Live { state: RwSignal::new(LiveState::default()), refresh: RwSignal::new(0) };
    provide_context(live);
    #[cfg(feature = "hydrate")]
    Effect::new(move || stream::start(live, revision));
    #[cfg(not(feature = "hydrate"))]
    let _ = revision;
}

/// Fetches this resource again whenever the server says that there is something new.
pub fn follow<T>(resource: Resource<T>)
where
    T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
{
    let Some(live) = use_context::<Live>() else { return };
    Effect::new(move |seen: Option<u32>| {
        let refresh = live.refresh.get();
        if seen.is_some_and(|seen| seen != refresh) {
            #[cfg(feature = "hydrate")]
            focus::keep();
            resource.refetch();
        }
        refresh
    });
}

/// Fetches this resource again `pause` after each answer, for what changes though nothing is committed. Not while the tab
/// is hidden. Counted from the answer, so that a server which is slow to answer is not asked faster than it can.
pub fn repeat<T>(resource: Resource<T>, pause: Duration)
where
    T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
{
    #[cfg(feature = "hydrate")]
    {
        let live = use_context::<Live>();
        Effect::new(move || {
            resource.track();
            // Comes back here when the tab is seen again.
            if live.is_some_and(|live| live.state.get() == LiveState::Paused) {
                return;
            }
            if let Ok(timeout) = set_timeout_with_handle(move || resource.refetch(), pause) {
                on_cleanup(move || timeout.clear());
            }
        });
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (resource, pause);
}
