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
    store::{Attribution, Change, DisconnectReason, ParkedSession, PresenceChange, SessionRecord, SessionRef},
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
    /// Without the capabilities, which only its opening records.
    pub record: Arc<SessionRecord>,
    /// Recorded requests and those of them that failed.
    pub requests: AtomicU64,
    pub errors: AtomicU64,
    /// Calls that run and streams that are open: while there is one, the client is there.
    holds: AtomicU32,
    /// Once the recorder has settled as much, the opening was written, or refused; [`NEVER`] when it was lost.
    stored_from: u64,
    /// Once the recorder has settled as much, rmcp can bring it back; [`NEVER`] when it cannot.
    parkable_from: AtomicU64,
    seen: Mutex<Seen>,
}

/// A position that is never reached.
const NEVER: u64 = u64::MAX;

/// What is kept in memory of a session that rmcp let go.
#[derive(Debug)]
struct Parked {
    session_id: Uuid,
    stored_from: u64,
    connected_at: DateTime<Utc>,
    last: DateTime<Utc>,
    requests: u64,
    errors: u64,
}

#[derive(Debug)]
struct Seen {
    last: DateTime<Utc>,
    presence: Presence,
}

impl LiveSession {
    fn new(record: SessionRecord, stored_from: u64, seen: Seen) -> Self {
        Self {
            record: Arc::new(SessionRecord { client_capabilities: None, ..record }),
            requests: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            holds: AtomicU32::new(0),
            stored_from,
            parkable_from: AtomicU64::new(NEVER),
            seen: Mutex::new(seen),
        }
    }

    fn parked(&self) -> Parked {
        Parked {
            session_id: self.record.session_id,
            stored_from: self.stored_from,
            connected_at: self.record.connected_at,
            last: self.seen().last,
            requests: self.requests.load(Ordering::Relaxed),
            errors: self.errors.load(Ordering::Relaxed),
        }
    }

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
    parked: HashMap<Box<str>, Parked>,
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
        live.transport.len() + live.parked.len() + live.signal.len()
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

    /// Opens the session of a completed handshake. `state` brings it back after it was parked, if it can be.
    pub fn open_transport(
        &self,
        transport_session_id: &str,
        hello: ClientHello,
        state: Option<String>,
        origin: &Origin,
    ) -> Arc<LiveSession> {
        let session = self.make(hello, Attribution::Transport, Some(transport_session_id.to_owned()), origin);
        if let Some(state) = state {
            let at = session.record.connected_at;
            let transport_session_id = transport_session_id.to_owned();
            let parked = self.recorder.record(&Change::Parked(ParkedSession { transport_session_id, state, at }));
            session.parkable_from.store(parked.unwrap_or(NEVER), Ordering::Release);
        }
        self.live().transport.insert(transport_session_id.to_owned(), Arc::clone(&session));
        session
    }

    /// The session that rmcp brings back: the one that was parked, else a new one under the same transport id.
    pub fn restore_transport(
        &self,
        transport_session_id: &str,
        hello: ClientHello,
        origin: &Origin,
    ) -> Arc<LiveSession> {
        let mut live = self.live();
        if let Some(session) = live.transport.get(transport_session_id) {
            return Arc::clone(session);
        }
        let parked = live.parked.remove(transport_session_id);
        let session = match parked {
            Some(parked) if !self.is_timed_out(parked.last) => {
                let record = SessionRecord {
                    session_id: parked.session_id,
                    connected_at: parked.connected_at,
                    ..self.record(hello, Attribution::Transport, Some(transport_session_id.to_owned()), origin)
                };
                Arc::new(LiveSession {
                    requests: AtomicU64::new(parked.requests),
                    errors: AtomicU64::new(parked.errors),
                    ..LiveSession::new(record, parked.stored_from, Seen { last: parked.last, presence: Presence::Idle })
                })
            }
            parked => {
                if let Some(parked) = parked {
                    self.ended(parked.session_id, DisconnectReason::Timeout, parked.last);
                }
                self.make(hello, Attribution::Transport, Some(transport_session_id.to_owned()), origin)
            }
        };
        // What brought it back is in the database.
        session.parkable_from.store(0, Ordering::Release);
        live.transport.insert(transport_session_id.to_owned(), Arc::clone(&session));
        drop(live);
        self.touch(&session);
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
            self.ended(session.record.session_id, DisconnectReason::Timeout, last);
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
            self.changed(session, Presence::Active, now);
        }
    }

    /// The session as a request's record names it.
    #[must_use]
    pub fn reference(&self, session: &LiveSession) -> SessionRef {
        if self.recorder.is_settled(session.stored_from) {
            SessionRef::Stored(session.record.session_id)
        } else {
            SessionRef::Opens(Arc::clone(&session.record))
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
        let mut live = self.live();
        let closed = live.transport.remove(transport_session_id).map(|session| session.record.session_id);
        let closed = closed.or_else(|| Some(live.parked.remove(transport_session_id)?.session_id));
        drop(live);
        if let Some(session_id) = closed {
            self.ended(session_id, DisconnectReason::ClientDisconnect, self.clock.now());
        }
    }

    /// Finds who has become idle and who is gone. Gives the transport ids of those that rmcp may let go of: they timed out,
    /// or they are idle and can be brought back.
    pub fn sweep(&self) -> Vec<String> {
        let now = self.clock.now();
        let mut gone = Vec::new();
        let mut let_go = Vec::new();
        let mut idle = Vec::new();
        {
            let mut live = self.live();
            let Live { transport, parked, signal } = &mut *live;
            parked.retain(|_, parked| {
                let keeps = !self.is_timed_out(parked.last);
                if !keeps {
                    gone.push((parked.session_id, parked.last));
                }
                keeps
            });
            let mut keep = |session: &Arc<LiveSession>| {
                if let Some(last) = self.timed_out(session) {
                    gone.push((session.record.session_id, last));
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
            transport.retain(|transport_session_id, session| {
                let is_there = keep(session);
                let parks = is_there && self.can_be_parked(session);
                if parks {
                    parked.insert(transport_session_id.as_str().into(), session.parked());
                }
                if parks || !is_there {
                    let_go.push(transport_session_id.clone());
                }
                is_there && !parks
            });
            signal.retain(|_, session| keep(session));
            // After ten thousand have gone, their table is given back, too.
            if transport.capacity() > 4 * transport.len() {
                transport.shrink_to_fit();
            }
        }
        for session in idle {
            self.changed(&session, Presence::Idle, now);
        }
        // It ended when it was last heard of, not when that was noticed.
        for (session_id, last) in gone {
            self.ended(session_id, DisconnectReason::Timeout, last);
        }
        let_go
    }

    /// Whether rmcp need not keep the session: it is idle, nothing of it is open, and the database can bring it back.
    fn can_be_parked(&self, session: &LiveSession) -> bool {
        session.seen().presence == Presence::Idle
            && session.holds.load(Ordering::Acquire) == 0
            && self.recorder.is_settled(session.parkable_from.load(Ordering::Acquire))
    }

    fn is_timed_out(&self, last: DateTime<Utc>) -> bool {
        (self.clock.now() - last).to_std().unwrap_or_default() >= self.limits.session_timeout
    }

    /// When the session was last heard of, if that is longer ago than the time-out and nothing of it is still open.
    fn timed_out(&self, session: &LiveSession) -> Option<DateTime<Utc>> {
        let last = session.seen().last;
        (self.is_timed_out(last) && session.holds.load(Ordering::Acquire) == 0).then_some(last)
    }

    /// Closes all: the server stops.
    pub fn close_all(&self) {
        let now = self.clock.now();
        let Live { transport, parked, signal } = std::mem::take(&mut *self.live());
        let live = transport.into_values().chain(signal.into_values()).map(|session| session.record.session_id);
        for session_id in live.chain(parked.into_values().map(|parked| parked.session_id)) {
            self.ended(session_id, DisconnectReason::ServerShutdown, now);
        }
    }

    fn make(
        &self,
        hello: ClientHello,
        attribution: Attribution,
        transport_session_id: Option<String>,
        origin: &Origin,
    ) -> Arc<LiveSession> {
        let mut record = self.record(hello, attribution, transport_session_id, origin);
        let capabilities = record.client_capabilities.take();
        let opened = SessionRecord { client_capabilities: capabilities, ..record.clone() };
        let position = self.recorder.record(&Change::Opened(Arc::new(opened)));
        let seen = Seen { last: record.connected_at, presence: Presence::Active };
        Arc::new(LiveSession::new(record, position.unwrap_or(NEVER), seen))
    }

    /// A session that starts now.
    fn record(
        &self,
        hello: ClientHello,
        attribution: Attribution,
        transport_session_id: Option<String>,
        origin: &Origin,
    ) -> SessionRecord {
        let now = self.clock.now();
        let known = hello.name.as_deref().map(client_type);
        SessionRecord {
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
        }
    }

    fn changed(&self, session: &LiveSession, presence: Presence, at: DateTime<Utc>) {
        let session_id = session.record.session_id;
        self.recorder.record(&Change::Presence(PresenceChange { session_id, presence, reason: None, at }));
    }

    fn ended(&self, session_id: Uuid, reason: DisconnectReason, at: DateTime<Utc>) {
        let presence = Presence::Disconnected;
        self.recorder.record(&Change::Presence(PresenceChange { session_id, presence, reason: Some(reason), at }));
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
