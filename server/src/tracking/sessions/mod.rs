//! The sessions that are there now: found by their transport id or their signal, closed when they end.

mod live;

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use compact_str::CompactString;
use uuid::Uuid;

pub use self::live::{Hold, LiveSession};
use self::live::{NEVER, Parked, Seen};
use super::{
    attribution::{Origin, Signal, transport_key},
    client::client_type,
    recorder::Recorder,
};
use crate::{
    clock::{Clock, Ids},
    store::{
        Attribution, Change, DisconnectReason, EndedSession, ForgottenSession, ParkedSession, SessionKey,
        SessionRecord, SessionRef, Silence,
    },
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
    pub protocol_version: Option<CompactString>,
    /// JSON.
    pub capabilities: Option<String>,
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
    /// Other servers may write to the same database.
    is_shared: bool,
}

#[derive(Debug, Default)]
struct Live {
    transport: HashMap<String, Arc<LiveSession>>,
    parked: HashMap<Box<str>, Parked>,
    signal: HashMap<Signal, Arc<LiveSession>>,
    /// Sessions that their clients ended, until the database knows: the position of that.
    forgotten: HashMap<Box<str>, u64>,
}

impl Sessions {
    pub(super) fn new(
        limits: Limits,
        clock: Arc<dyn Clock>,
        ids: Arc<Ids>,
        recorder: Recorder,
        instance: Uuid,
        is_shared: bool,
    ) -> Self {
        Self { live: Mutex::default(), limits, clock, ids, recorder, instance, is_shared }
    }

    /// The limits it keeps to.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// How many are connected, active and idle, probes left out.
    #[must_use]
    pub fn connected(&self) -> usize {
        let live = self.live();
        let sessions = live.transport.values().chain(live.signal.values());
        let probes =
            sessions.map(|session| session.record.is_probe).chain(live.parked.values().map(|parked| parked.is_probe));
        probes.filter(|is_probe| !is_probe).count()
    }

    /// The session of an `Mcp-Session-Id`.
    #[must_use]
    pub fn by_transport(&self, transport_session_id: &str) -> Option<Arc<LiveSession>> {
        self.live().transport.get(transport_session_id).cloned()
    }

    /// The session of an `Mcp-Session-Id`, which from now on does not end by itself and is not parked.
    #[must_use]
    pub fn hold_transport(&self, transport_session_id: &str) -> Option<(Arc<LiveSession>, Hold)> {
        let live = self.live();
        let session = live.transport.get(transport_session_id)?;
        // Under the lock: nothing is let go of between the two.
        Some((Arc::clone(session), self.hold(session)))
    }

    /// The session that a request of the sessionless protocol belongs to, if it is there already.
    #[must_use]
    pub fn by_origin(&self, origin: &Origin) -> Option<Arc<LiveSession>> {
        let session = self.live().signal.get(&Signal::of(origin)?).cloned()?;
        (!self.is_gone(&session)).then_some(session)
    }

    /// Opens the session of a completed handshake. `state` brings it back after it was parked, if it can be.
    pub fn open_transport(
        &self,
        transport_session_id: &str,
        hello: ClientHello,
        state: Option<String>,
        origin: &Origin,
    ) -> Arc<LiveSession> {
        let session = self.open(self.transport_record(hello, transport_session_id, origin));
        if let Some(state) = state {
            let at = session.record.connected_at;
            let transport_session_id = transport_session_id.to_owned();
            let session_id = session.record.session_id;
            let parked = ParkedSession { session_id, transport_session_id, state, at };
            let parked = self.recorder.record(&Change::Parked(parked));
            session.parkable_from.store(parked.unwrap_or(NEVER), Ordering::Release);
        }
        self.live().transport.insert(transport_session_id.to_owned(), Arc::clone(&session));
        session
    }

    /// Waits until other servers on the same database can bring the session back, where there may be some: the client's next
    /// request may go to one of them. `None` when there is nothing to wait for.
    pub fn shared(&self, session: &LiveSession) -> Option<impl Future<Output = ()> + Send + 'static + use<>> {
        self.shared_from(session.parkable_from.load(Ordering::Acquire))
    }

    fn shared_from(&self, position: u64) -> Option<impl Future<Output = ()> + Send + 'static + use<>> {
        let recorder = self.recorder.clone();
        (self.is_shared && position != NEVER).then_some(async move { recorder.settled_soon(position).await })
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
        let parked = live.parked.remove(transport_session_id).filter(|parked| !self.is_timed_out(parked.last));
        let session = if let Some(parked) = parked {
            Arc::new(LiveSession::restored(parked, self.transport_record(hello, transport_session_id, origin)))
        } else {
            self.open(self.transport_record(hello, transport_session_id, origin))
        };
        // What brought it back is in the database.
        session.parkable_from.store(0, Ordering::Release);
        // Before anybody else sees it, who might park it again.
        self.touch(&session);
        live.transport.insert(transport_session_id.to_owned(), Arc::clone(&session));
        session
    }

    /// The session that a request of the sessionless protocol belongs to, opened if it is the first.
    ///
    /// `None` when no signal ties the request to anything, or when there is no room for one more.
    pub fn attribute(&self, hello: ClientHello, origin: &Origin) -> Option<Arc<LiveSession>> {
        let signal = Signal::of(origin)?;
        let mut live = self.live();
        if let Some(session) = live.signal.get(&signal).cloned() {
            if !self.is_gone(&session) {
                drop(live);
                self.touch(&session);
                return Some(session);
            }
            // What comes back after the time-out is a new session, also when no sweep came between.
            live.signal.remove(&signal);
        }
        if live.signal.len() >= self.limits.max_sessions {
            return None;
        }
        let session = self.open(self.record(hello, signal.attribution(), signal.key(), origin));
        live.signal.insert(signal, Arc::clone(&session));
        Some(session)
    }

    /// Notes that the client was heard of.
    pub fn touch(&self, session: &LiveSession) {
        session.seen().heard(self.clock.now());
    }

    /// Notes that a request of the session is recorded, which tells the database that the client is there.
    pub fn count(&self, session: &LiveSession, is_error: bool) {
        session.requests.fetch_add(1, Ordering::Relaxed);
        session.errors.fetch_add(u64::from(is_error), Ordering::Relaxed);
        let mut seen = session.seen();
        seen.heard(self.clock.now());
        seen.told = seen.last;
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
            let (reason, at) = (DisconnectReason::ClientDisconnect, self.clock.now());
            self.recorder.record(&Change::Ended(EndedSession { session_id, reason, at }));
        }
    }

    /// The client ended the session of that id, whichever server opened it: it cannot be brought back.
    pub fn forget(&self, transport_session_id: &str) {
        let position = self.recorder.record(&Change::Forgotten(ForgottenSession {
            transport_session_id: transport_session_id.to_owned(),
            key: transport_key(transport_session_id),
            at: self.clock.now(),
        }));
        self.live().forgotten.insert(transport_session_id.into(), position.unwrap_or(NEVER));
    }

    /// Whether the client ended that session, also where the database does not know of it yet.
    #[must_use]
    pub fn is_forgotten(&self, transport_session_id: &str) -> bool {
        self.live().forgotten.contains_key(transport_session_id)
    }

    /// Waits until no other server brings back a session that its client ended here, where there may be some.
    pub fn forgotten_by_all(
        &self,
        transport_session_id: &str,
    ) -> Option<impl Future<Output = ()> + Send + 'static + use<>> {
        let position = self.live().forgotten.get(transport_session_id).copied();
        self.shared_from(position?)
    }

    /// Lets go of the sessions of these keys, which their clients ended at another server. Gives their transport ids.
    pub fn let_go(&self, keys: &HashSet<Uuid>) -> Vec<String> {
        let mut live = self.live();
        let Live { transport, parked, .. } = &mut *live;
        let active = transport.extract_if(|_, session| keys.contains(&session.record.key.key)).map(|(id, _)| id);
        let mut forgotten: Vec<String> = active.collect();
        let idle = parked.extract_if(|_, parked| keys.contains(&parked.key)).map(|(id, _)| id.into());
        forgotten.extend(idle);
        forgotten
    }

    /// The transport ids of sessions that the database can bring back, unless a client ended them at another server.
    #[must_use]
    pub fn restorable(&self) -> Vec<String> {
        let live = self.live();
        let is_stored = |session: &LiveSession| self.is_settled(&session.parkable_from);
        let transport = live.transport.iter().filter(|(_, session)| is_stored(session)).map(|(id, _)| id.clone());
        transport.chain(live.parked.keys().map(ToString::to_string)).collect()
    }

    /// Has the database note who is idle or gone: there it is known what other servers heard. Gives the transport ids of the sessions
    /// that may be [let go of](Self::release): they timed out, or they are idle and can be brought back.
    pub fn sweep(&self) -> Vec<String> {
        let now = self.clock.now();
        let mut silent = Vec::new();
        let mut seen = Vec::new();
        {
            let mut live = self.live();
            let Live { transport, parked, signal, forgotten } = &mut *live;
            forgotten.retain(|_, position| !self.recorder.is_settled(*position));
            parked.retain(|_, parked| !self.is_timed_out(parked.last));
            let mut keep = |session: &LiveSession| {
                if self.is_gone(session) {
                    return false;
                }
                seen.extend(self.untold(session, now));
                let mut seen = session.seen();
                seen.is_idle = (now - seen.last).to_std().unwrap_or_default() >= self.limits.idle_after;
                true
            };
            for (transport_session_id, session) in &*transport {
                if !keep(session) || self.can_be_parked(session) {
                    silent.push(transport_session_id.clone());
                }
            }
            signal.retain(|_, session| keep(session));
        }
        for (session_id, at) in seen {
            self.recorder.record(&Change::Seen { session_id, at });
        }
        self.recorder.record(&Change::Swept(Silence {
            idle_before: now - self.limits.idle_after,
            gone_before: now - self.limits.session_timeout,
        }));
        silent
    }

    /// Lets go of a session that timed out, or is idle and can be brought back; not where a request came meanwhile. Whether it did.
    pub fn release(&self, transport_session_id: &str) -> bool {
        let mut live = self.live();
        let Live { transport, parked, .. } = &mut *live;
        let Some(session) = transport.get(transport_session_id) else { return false };
        let is_gone = self.is_gone(session);
        if !is_gone && !self.can_be_parked(session) {
            return false;
        }
        if !is_gone {
            parked.insert(transport_session_id.into(), session.parked());
        }
        transport.remove(transport_session_id);
        // After ten thousand have gone, their table is given back, too.
        if transport.capacity() > 4 * transport.len().max(64) {
            transport.shrink_to_fit();
        }
        true
    }

    /// The session and when its client was last there, if the database does not know that yet, and would soon take it for gone.
    fn untold(&self, session: &LiveSession, now: DateTime<Utc>) -> Option<(Uuid, DateTime<Utc>)> {
        let is_held = session.holds.load(Ordering::Acquire) > 0;
        let mut seen = session.seen();
        if is_held {
            seen.held = now;
        }
        let there = seen.there();
        let is_late = (now - seen.told).to_std().unwrap_or_default() >= self.limits.session_timeout / 8;
        (there > seen.told && is_late).then(|| {
            seen.told = there;
            (session.record.session_id, there)
        })
    }

    /// Whether rmcp need not keep the session: it is idle, nothing of it is open, and the database can bring it back.
    fn can_be_parked(&self, session: &LiveSession) -> bool {
        session.seen().is_idle && session.holds.load(Ordering::Acquire) == 0 && self.is_settled(&session.parkable_from)
    }

    fn is_settled(&self, position: &AtomicU64) -> bool {
        self.recorder.is_settled(position.load(Ordering::Acquire))
    }

    fn is_timed_out(&self, last: DateTime<Utc>) -> bool {
        (self.clock.now() - last).to_std().unwrap_or_default() >= self.limits.session_timeout
    }

    /// Whether the session was last heard of longer ago than the time-out, and nothing of it is still open.
    fn is_gone(&self, session: &LiveSession) -> bool {
        let there = session.seen().there();
        self.is_timed_out(there) && session.holds.load(Ordering::Acquire) == 0
    }

    /// Lets go of all: the server stops.
    pub fn close_all(&self) {
        *self.live() = Live::default();
        self.recorder.record(&Change::Stopped { instance: self.instance, at: self.clock.now() });
    }

    fn open(&self, record: SessionRecord) -> Arc<LiveSession> {
        let seen = Seen::at(record.connected_at);
        let opened = Arc::new(record);
        let position = self.recorder.record(&Change::Opened(Arc::clone(&opened)));
        let record = Arc::unwrap_or_clone(opened);
        Arc::new(LiveSession::new(record, position.unwrap_or(NEVER), seen))
    }

    /// A session of the legacy protocol that starts now.
    fn transport_record(&self, hello: ClientHello, transport_session_id: &str, origin: &Origin) -> SessionRecord {
        SessionRecord {
            transport_session_id: Some(transport_session_id.to_owned()),
            ..self.record(hello, Attribution::Transport, transport_key(transport_session_id), origin)
        }
    }

    /// A session that starts now.
    fn record(&self, hello: ClientHello, attribution: Attribution, key: Uuid, origin: &Origin) -> SessionRecord {
        let now = self.clock.now();
        let known = hello.name.as_deref().map(client_type);
        SessionRecord {
            session_id: self.ids.next(now),
            key: SessionKey { key, since: now - self.limits.session_timeout, until: now + self.limits.session_timeout },
            is_probe: known.as_ref().is_some_and(|known| known.is_probe),
            client_type: known.map(|known| known.name.into()),
            client_name: hello.name,
            client_version: hello.version,
            protocol_version: hello.protocol_version,
            client_capabilities: hello.capabilities,
            attribution,
            transport_session_id: None,
            connected_at: now,
            user_agent: origin.user_agent.clone(),
            peer: origin.peer.clone(),
            server_instance: self.instance,
        }
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
