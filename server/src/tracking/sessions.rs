//! The sessions that are there now: found by their transport id or their signal, closed when they end.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use tracon_app::reports::Presence;
use uuid::Uuid;

use super::{
    attribution::{Origin, Signal},
    client::client_type,
    recorder::Recorder,
};
use crate::{
    clock::{Clock, Ids},
    store::{Attribution, Change, DisconnectReason, PresenceChange, SessionRecord},
};

/// When a session counts as idle, when as gone, and how many may be kept in memory.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub idle_after: Duration,
    pub session_timeout: Duration,
    /// Live sessions of the sessionless era; a request beyond them is served and stands alone.
    pub max_sessions: usize,
}

/// What a client says of itself when its session starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientHello {
    pub name: Option<String>,
    pub version: Option<String>,
    pub protocol_version: Option<String>,
    /// JSON.
    pub capabilities: Option<String>,
}

/// One session, as long as it lives.
#[derive(Debug)]
pub struct LiveSession {
    pub record: Arc<SessionRecord>,
    /// Recorded requests and those of them that failed.
    pub requests: AtomicU64,
    pub errors: AtomicU64,
    /// Calls that run and streams that are open: while there is one, the client is there.
    holds: AtomicU32,
    seen: Mutex<Seen>,
}

#[derive(Debug)]
struct Seen {
    last: DateTime<Utc>,
    presence: Presence,
}

impl LiveSession {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// While it exists, its session does not time out.
#[derive(Debug)]
pub struct Hold(Arc<LiveSession>);

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.holds.fetch_sub(1, Ordering::AcqRel);
    }
}

/// All sessions that are there now.
#[derive(Debug)]
pub struct Sessions {
    live: Mutex<Live>,
    limits: Limits,
    clock: Arc<dyn Clock>,
    ids: Arc<Ids>,
    recorder: Recorder,
    instance: Uuid,
}

#[derive(Debug, Default)]
struct Live {
    transport: HashMap<String, Arc<LiveSession>>,
    signal: HashMap<Signal, Arc<LiveSession>>,
}

impl Sessions {
    pub(super) fn new(
        limits: Limits,
        clock: Arc<dyn Clock>,
        ids: Arc<Ids>,
        recorder: Recorder,
        instance: Uuid,
    ) -> Self {
        Self { live: Mutex::default(), limits, clock, ids, recorder, instance }
    }

    /// The limits it keeps to.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// How many are connected, active and idle.
    #[must_use]
    pub fn connected(&self) -> usize {
        let live = self.live();
        live.transport.len() + live.signal.len()
    }

    /// The session of an `Mcp-Session-Id`.
    #[must_use]
    pub fn by_transport(&self, transport_session_id: &str) -> Option<Arc<LiveSession>> {
        self.live().transport.get(transport_session_id).cloned()
    }

    /// The session that a request of the sessionless protocol belongs to, if it is there already.
    #[must_use]
    pub fn by_origin(&self, origin: &Origin) -> Option<Arc<LiveSession>> {
        let session = self.live().signal.get(&Signal::of(origin)?).cloned()?;
        self.timed_out(&session).is_none().then_some(session)
    }

    /// Opens the session of a completed handshake.
    pub fn open_transport(&self, transport_session_id: &str, hello: ClientHello, origin: &Origin) -> Arc<LiveSession> {
        let session = self.make(hello, Attribution::Transport, Some(transport_session_id.to_owned()), origin);
        self.live().transport.insert(transport_session_id.to_owned(), Arc::clone(&session));
        session
    }

    /// The session that a request of the sessionless protocol belongs to, opened if it is the first.
    ///
    /// `None` when no signal ties the request to anything, or when there is no room for one more.
    pub fn attribute(&self, hello: ClientHello, origin: &Origin) -> Option<Arc<LiveSession>> {
        let signal = Signal::of(origin)?;
        let mut live = self.live();
        if let Some(session) = live.signal.get(&signal).cloned() {
            let Some(last) = self.timed_out(&session) else {
                drop(live);
                self.touch(&session);
                return Some(session);
            };
            // What comes back after the time-out is a new session, also when no sweep came between.
            live.signal.remove(&signal);
            self.changed(&session, Presence::Disconnected, Some(DisconnectReason::Timeout), last);
        }
        if live.signal.len() >= self.limits.max_sessions {
            return None;
        }
        let session = self.make(hello, signal.attribution(), None, origin);
        live.signal.insert(signal, Arc::clone(&session));
        Some(session)
    }

    /// Notes that the client was heard of.
    pub fn touch(&self, session: &Arc<LiveSession>) {
        let now = self.clock.now();
        let mut seen = session.seen();
        seen.last = seen.last.max(now);
        if seen.presence == Presence::Idle {
            seen.presence = Presence::Active;
            drop(seen);
            self.changed(session, Presence::Active, None, now);
        }
    }

    /// Keeps the session from timing out while the answer exists.
    #[must_use]
    pub fn hold(&self, session: &Arc<LiveSession>) -> Hold {
        session.holds.fetch_add(1, Ordering::AcqRel);
        Hold(Arc::clone(session))
    }

    /// The client ended its session.
    pub fn close_transport(&self, transport_session_id: &str) {
        let closed = self.live().transport.remove(transport_session_id);
        if let Some(session) = closed {
            let now = self.clock.now();
            self.changed(&session, Presence::Disconnected, Some(DisconnectReason::ClientDisconnect), now);
        }
    }

    /// Finds who has become idle and who is gone. Gives the transport ids of those that timed out.
    pub fn sweep(&self) -> Vec<String> {
        let now = self.clock.now();
        let mut gone = Vec::new();
        let mut timed_out = Vec::new();
        let mut idle = Vec::new();
        {
            let mut live = self.live();
            let mut keep = |session: &Arc<LiveSession>| {
                if let Some(last) = self.timed_out(session) {
                    gone.push((Arc::clone(session), last));
                    return false;
                }
                let mut seen = session.seen();
                let silent = (now - seen.last).to_std().unwrap_or_default();
                if silent >= self.limits.idle_after && seen.presence == Presence::Active {
                    seen.presence = Presence::Idle;
                    idle.push(Arc::clone(session));
                }
                true
            };
            live.transport.retain(|transport_session_id, session| {
                let keeps = keep(session);
                if !keeps {
                    timed_out.push(transport_session_id.clone());
                }
                keeps
            });
            live.signal.retain(|_, session| keep(session));
        }
        for session in idle {
            self.changed(&session, Presence::Idle, None, now);
        }
        // It ended when it was last heard of, not when that was noticed.
        for (session, last) in gone {
            self.changed(&session, Presence::Disconnected, Some(DisconnectReason::Timeout), last);
        }
        timed_out
    }

    /// When the session was last heard of, if that is longer ago than the time-out and nothing of it is still open.
    fn timed_out(&self, session: &LiveSession) -> Option<DateTime<Utc>> {
        let last = session.seen().last;
        let silent = (self.clock.now() - last).to_std().unwrap_or_default();
        (silent >= self.limits.session_timeout && session.holds.load(Ordering::Acquire) == 0).then_some(last)
    }

    /// Closes all: the server stops.
    pub fn close_all(&self) {
        let now = self.clock.now();
        let Live { transport, signal } = std::mem::take(&mut *self.live());
        for session in transport.into_values().chain(signal.into_values()) {
            self.changed(&session, Presence::Disconnected, Some(DisconnectReason::ServerShutdown), now);
        }
    }

    fn make(
        &self,
        hello: ClientHello,
        attribution: Attribution,
        transport_session_id: Option<String>,
        origin: &Origin,
    ) -> Arc<LiveSession> {
        let now = self.clock.now();
        let known = hello.name.as_deref().map(client_type);
        let record = Arc::new(SessionRecord {
            session_id: self.ids.next(now),
            is_probe: known.as_ref().is_some_and(|known| known.is_probe),
            client_type: known.map(|known| known.name),
            client_name: hello.name,
            client_version: hello.version,
            protocol_version: hello.protocol_version,
            client_capabilities: hello.capabilities,
            attribution,
            transport_session_id,
            connected_at: now,
            user_agent: origin.user_agent.clone(),
            peer: origin.peer.clone(),
            server_instance: self.instance,
        });
        self.recorder.record(&Change::Opened(Arc::clone(&record)));
        Arc::new(LiveSession {
            record,
            requests: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            holds: AtomicU32::new(0),
            seen: Mutex::new(Seen { last: now, presence: Presence::Active }),
        })
    }

    fn changed(&self, session: &LiveSession, presence: Presence, reason: Option<DisconnectReason>, at: DateTime<Utc>) {
        let session_id = session.record.session_id;
        self.recorder.record(&Change::Presence(PresenceChange { session_id, presence, reason, at }));
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
