//! Which session a request without an `Mcp-Session-Id` belongs to: the first signal that is present decides.

use std::net::IpAddr;

use http::HeaderValue;
use uuid::Uuid;

use super::conversation::trace_id;
use crate::store::Attribution;

/// Longer ones are cut, bytes.
const MAX_USER_AGENT: usize = 512;

/// What the HTTP request itself says of who sent it, as it came: of most requests nobody asks, since their session is known.
#[derive(Clone, Debug, Default)]
pub struct Sender {
    pub user_agent: Option<HeaderValue>,
    pub traceparent: Option<HeaderValue>,
    pub peer: Option<IpAddr>,
}

impl Sender {
    /// What is known of where the request comes from, before its `_meta` is.
    #[must_use]
    pub fn origin(&self) -> Origin {
        let user_agent = self.user_agent.as_ref().and_then(|value| value.to_str().ok());
        Origin {
            user_agent: user_agent.map(|value| super::slot::cut(value.to_owned(), MAX_USER_AGENT)),
            peer: self.peer.map(|address| address.to_string()),
            trace_id: self.trace_id(),
            ..Origin::default()
        }
    }

    /// Of the header `traceparent`.
    #[must_use]
    pub fn trace_id(&self) -> Option<String> {
        self.traceparent.as_ref().and_then(|value| trace_id(value.to_str().ok()?)).map(str::to_owned)
    }
}

/// What a request of the sessionless protocol says about where it comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    pub client_name: Option<String>,
    pub client_version: Option<String>,
    pub user_agent: Option<String>,
    /// The address without the port: a client opens many connections.
    pub peer: Option<String>,
    pub conversation_id: Option<String>,
    pub trace_id: Option<String>,
}

/// The signal under which a session is found again.
///
/// A conversation and a trace belong to one client: an id is not trusted, so one client cannot put its requests into
/// another's session by sending the other's id under its own name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Signal {
    Conversation { client_name: Option<String>, id: String },
    Trace { client_name: Option<String>, id: String },
    Window { client_name: Option<String>, client_version: Option<String>, user_agent: Option<String>, peer: String },
}

impl Signal {
    /// The strongest signal that is there; `None` when the request stands alone.
    #[must_use]
    pub fn of(origin: &Origin) -> Option<Self> {
        let client_name = origin.client_name.clone();
        if let Some(id) = origin.conversation_id.clone() {
            return Some(Self::Conversation { client_name, id });
        }
        if let Some(id) = origin.trace_id.clone() {
            return Some(Self::Trace { client_name, id });
        }
        // Without any word on who is calling, an address alone would put strangers into one session.
        if client_name.is_none() && origin.user_agent.is_none() {
            return None;
        }
        Some(Self::Window {
            client_name,
            client_version: origin.client_version.clone(),
            user_agent: origin.user_agent.clone(),
            peer: origin.peer.clone()?,
        })
    }

    /// The same on every server: a hash.
    #[must_use]
    pub fn key(&self) -> Uuid {
        match self {
            Self::Conversation { client_name, id } | Self::Trace { client_name, id } => {
                key(self.attribution(), &[client_name.as_deref(), Some(id)])
            }
            Self::Window { client_name, client_version, user_agent, peer } => key(
                self.attribution(),
                &[client_name.as_deref(), client_version.as_deref(), user_agent.as_deref(), Some(peer)],
            ),
        }
    }

    /// The name of the signal, as the session's row keeps it.
    #[must_use]
    pub const fn attribution(&self) -> Attribution {
        match self {
            Self::Conversation { .. } => Attribution::Conversation,
            Self::Trace { .. } => Attribution::Trace,
            Self::Window { .. } => Attribution::Window,
        }
    }
}

/// The key of a session of the legacy protocol.
#[must_use]
pub fn transport_key(transport_session_id: &str) -> Uuid {
    key(Attribution::Transport, &[Some(transport_session_id)])
}

fn key(attribution: Attribution, parts: &[Option<&str>]) -> Uuid {
    // The namespace has no meaning but to be ours.
    const NAMESPACE: Uuid = Uuid::from_u128(0x7472_6163_6f6e_4000_8000_0000_0000_0001);
    // JSON keeps the parts apart.
    Uuid::new_v5(&NAMESPACE, serde_json::json!([attribution.as_str(), parts]).to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> Origin {
        Origin {
            client_name: Some("a".into()),
            peer: Some("127.0.0.1".into()),
            conversation_id: Some("c".into()),
            trace_id: Some("t".into()),
            ..Origin::default()
        }
    }

    #[test]
    fn a_conversation_goes_before_a_trace_and_a_trace_before_the_window() {
        let mut origin = origin();
        let attribution = |origin: &Origin| Signal::of(origin).map(|signal| signal.attribution());
        assert_eq!(attribution(&origin), Some(Attribution::Conversation));
        origin.conversation_id = None;
        assert_eq!(attribution(&origin), Some(Attribution::Trace));
        origin.trace_id = None;
        assert_eq!(attribution(&origin), Some(Attribution::Window));
    }

    #[test]
    fn an_address_alone_is_no_signal() {
        let origin = Origin { peer: Some("127.0.0.1".into()), ..Origin::default() };
        assert_eq!(Signal::of(&origin), None);
    }

    #[test]
    fn the_same_conversation_id_of_another_client_is_another_session() {
        let mine = origin();
        let other = Origin { client_name: Some("b".into()), ..origin() };
        assert_ne!(Signal::of(&mine), Signal::of(&other));
    }
}
