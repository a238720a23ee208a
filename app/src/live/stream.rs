//! The event stream itself: opened, closed while the tab is hidden, opened again after a loss with growing delays.

use super::{Live, LiveState};
use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};
use std::{cell::RefCell, rc::Rc, time::Duration};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{EventSource, MessageEvent, VisibilityState, js_sys::Function};

/// The page fetches its report at most this often.
const AT_MOST_EVERY: f64 = 1_000.0;
/// And at least this often, for its range moves with time though nothing happens.
const AT_LEAST_EVERY: f64 = 15_000.0;
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_secs(30);

struct Connection {
    live: Live,
    source: Option<EventSource>,
    /// The newest revision that the page has asked for.
    revision: u64,
    /// When the page last fetched, in ms since 1970.
    fetched: f64,
    /// A fetch that waits for [`AT_MOST_EVERY`] to pass.
    due: Option<TimeoutHandle>,
    retry: Option<TimeoutHandle>,
    delay: Duration,
    on_open: Option<Function>,
    on_changed: Option<Function>,
    on_error: Option<Function>,
}

type Shared = Rc<RefCell<Connection>>;

/// Opens the stream for as long as the document lives.
pub fn start(live: Live, revision: u64) {
    let connection = Rc::new(RefCell::new(Connection {
        live,
        source: None,
        revision,
        fetched: now(),
        due: None,
        retry: None,
        delay: FIRST_RETRY,
        on_open: None,
        on_changed: None,
        on_error: None,
    }));
    listen(&connection);
    let _ = window_event_listener_untyped("visibilitychange", {
        let connection = Rc::clone(&connection);
        move |_| visibility_changed(&connection)
    });
    let _ = set_interval_with_handle(
        {
            let connection = Rc::clone(&connection);
            move || fetch_if_stale(&connection)
        },
        Duration::from_secs(1),
    );
    if hidden() { pause(&connection) } else { open(&connection) }
}

/// Makes the three listeners once; every stream gets the same.
fn listen(connection: &Shared) {
    let function =
        |handler: Box<dyn FnMut(MessageEvent)>| Closure::wrap(handler).into_js_value().unchecked_into::<Function>();
    let on_open = function(Box::new({
        let connection = Rc::clone(connection);
        move |_| opened(&connection)
    }));
    let on_changed = function(Box::new({
        let connection = Rc::clone(connection);
        move |event: MessageEvent| changed(&connection, &event)
    }));
    let on_error = function(Box::new({
        let connection = Rc::clone(connection);
        move |_| lost(&connection)
    }));
    let mut state = connection.borrow_mut();
    state.on_open = Some(on_open);
    state.on_changed = Some(on_changed);
    state.on_error = Some(on_error);
}

fn open(connection: &Shared) {
    let mut state = connection.borrow_mut();
    state.close();
    set(state.live, LiveState::Reconnecting);
    let Ok(source) = EventSource::new("/events") else { return };
    source.set_onopen(state.on_open.as_ref());
    source.set_onerror(state.on_error.as_ref());
    if let Some(on_changed) = &state.on_changed {
        let _ = source.add_event_listener_with_callback("changed", on_changed);
    }
    state.source = Some(source);
}

fn opened(connection: &Shared) {
    let mut state = connection.borrow_mut();
    state.delay = FIRST_RETRY;
    set(state.live, LiveState::Live);
}

/// The browser would try again by itself, but without growing delays and not after an HTTP error.
fn lost(connection: &Shared) {
    let mut state = connection.borrow_mut();
    state.close();
    set(state.live, LiveState::Reconnecting);
    let delay = state.delay;
    state.delay = (delay * 2).min(LAST_RETRY);
    state.retry = set_timeout_with_handle(
        {
            let connection = Rc::clone(connection);
            move || open(&connection)
        },
        delay,
    )
    .ok();
}

fn pause(connection: &Shared) {
    let mut state = connection.borrow_mut();
    state.close();
    set(state.live, LiveState::Paused);
}

fn visibility_changed(connection: &Shared) {
    if hidden() {
        pause(connection);
    } else {
        open(connection);
        fetch(connection);
    }
}

fn changed(connection: &Shared, event: &MessageEvent) {
    let Some(revision) = event.data().as_string().as_deref().and_then(revision_of) else { return };
    if connection.borrow().revision == revision {
        return;
    }
    connection.borrow_mut().revision = revision;
    fetch(connection);
}

/// The number in `{"revision":n}`.
fn revision_of(data: &str) -> Option<u64> {
    data.strip_prefix(r#"{"revision":"#)?.strip_suffix('}')?.trim().parse().ok()
}

/// Fetches now, or when [`AT_MOST_EVERY`] has passed since the last time.
fn fetch(connection: &Shared) {
    let wait = {
        let state = connection.borrow();
        if state.due.is_some() {
            return;
        }
        state.fetched + AT_MOST_EVERY - now()
    };
    if wait <= 0.0 {
        return fetch_now(connection);
    }
    let due = set_timeout_with_handle(
        {
            let connection = Rc::clone(connection);
            move || {
                connection.borrow_mut().due = None;
                fetch_now(&connection);
            }
        },
        Duration::from_secs_f64(wait / 1_000.0),
    );
    connection.borrow_mut().due = due.ok();
}

fn fetch_now(connection: &Shared) {
    let live = {
        let mut state = connection.borrow_mut();
        state.fetched = now();
        state.live
    };
    live.refresh.update(|times| *times = times.wrapping_add(1));
}

fn fetch_if_stale(connection: &Shared) {
    let stale = {
        let state = connection.borrow();
        state.live.state.get_untracked() == LiveState::Live && now() - state.fetched >= AT_LEAST_EVERY
    };
    if stale {
        fetch(connection);
    }
}

impl Connection {
    fn close(&mut self) {
        if let Some(source) = self.source.take() {
            source.set_onopen(None);
            source.set_onerror(None);
            source.close();
        }
        for timeout in [self.due.take(), self.retry.take()].into_iter().flatten() {
            timeout.clear();
        }
    }
}

/// Sets the mark only when it changes, so that a screen reader says it only then.
fn set(live: Live, to: LiveState) {
    if live.state.get_untracked() != to {
        live.state.set(to);
    }
}

fn hidden() -> bool {
    document().visibility_state() == VisibilityState::Hidden
}

fn now() -> f64 {
    web_sys::js_sys::Date::now()
}
