//! The tracker's outer half: a tower layer that sees every HTTP request to the endpoint, also the refused ones.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{body::Body, extract::ConnectInfo};
use bytes::Bytes;
use futures::{FutureExt, future::BoxFuture};
use http::{HeaderName, Method, Request, StatusCode, header};
use http_body::{Body as HttpBody, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use super::{Tracker, attribution::Sender, sessions::Hold, slot::Slot};
use crate::wire::{Response, ResponseBody, body::BodyTap};

/// The header that carries the legacy protocol's session.
pub static SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
/// The header that carries the W3C trace context.
static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Puts [`TrackedService`] around a service.
#[derive(Clone, Debug)]
pub struct TrackLayer(pub Arc<Tracker>);

impl<S> Layer<S> for TrackLayer {
    type Service = TrackedService<S>;

    fn layer(&self, inner: S) -> TrackedService<S> {
        TrackedService { inner, tracker: Arc::clone(&self.0) }
    }
}

/// A service whose requests are recorded.
#[derive(Clone, Debug)]
pub struct TrackedService<S> {
    inner: S,
    tracker: Arc<Tracker>,
}

impl<S> Service<Request<Body>> for TrackedService<S>
where
    S: Service<Request<Body>, Response = Response, Error = Infallible>,
{
    type Response = http::Response<TrackedBody>;
    type Error = Infallible;
    type Future = Answer<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let verb = request.method().clone();
        let tap = request.extensions().get::<BodyTap>().cloned().unwrap_or_default();
        let sent = request.headers().get(&SESSION_ID).cloned();
        let slot = Arc::new(Slot::new(Arc::clone(&self.tracker), verb.clone(), tap, sender(&request), sent));
        slot.find_session();
        request.extensions_mut().insert(Arc::clone(&slot));
        Answer { inner: self.inner.call(request), slot: Some(slot), verb, waiting: None }
    }
}

/// What the HTTP request itself says of who sent it; the wrapper adds what `_meta` says.
fn sender(request: &Request<Body>) -> Sender {
    let headers = request.headers();
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    Sender {
        user_agent: headers.get(header::USER_AGENT).cloned(),
        traceparent: headers.get(&TRACEPARENT).cloned(),
        peer: peer.map(|ConnectInfo(address)| address.ip().to_canonical()),
    }
}

pin_project! {
    /// The future of [`TrackedService`].
    pub struct Answer<F> {
        #[pin]
        inner: F,
        slot: Option<Arc<Slot>>,
        verb: Method,
        // Of a handshake or a DELETE, which the other servers must know of.
        waiting: Waiting,
    }

    impl<F> PinnedDrop for Answer<F> {
        fn drop(this: Pin<&mut Self>) {
            // Before the inner future is dropped: that cancels the handler, which then asks why.
            if let Some(slot) = &this.slot {
                slot.gone();
            }
        }
    }
}

impl<F> std::fmt::Debug for Answer<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("slot", &self.slot).finish_non_exhaustive()
    }
}

impl<F> Future for Answer<F>
where
    F: Future<Output = Result<Response, Infallible>>,
{
    type Output = Result<http::Response<TrackedBody>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Some((shared, _)) = this.waiting {
            std::task::ready!(shared.as_mut().poll(cx));
            if let Some((_, response)) = this.waiting.take() {
                return Poll::Ready(Ok(response));
            }
        }
        let Ok(mut response) = std::task::ready!(this.inner.poll(cx));
        let Some(slot) = this.slot.take() else {
            return Poll::Ready(Ok(response.map(TrackedBody::untracked)));
        };
        let status = response.status();
        slot.answering(status);
        if is_no_request(this.verb, status) {
            slot.discard();
            // No record says that the client is there. Not before: whom the guard turns away must not keep a session alive.
            if let Some(session) = slot.session() {
                slot.tracker().sessions.touch(&session);
            }
            let sessions = &slot.tracker().sessions;
            let mut stream = None;
            let mut forgotten = None;
            match (&*this.verb, slot.transport_session_id()) {
                // Refused: the session stays as it was.
                _ if !status.is_success() => {}
                (&Method::DELETE, Some(id)) => {
                    sessions.close_transport(id);
                    forgotten = sessions.forgotten_by_all(id);
                }
                // The server-to-client stream: while it is open the client is there.
                (&Method::GET, Some(id)) => stream = sessions.hold_transport(id).map(|(_, hold)| hold),
                _ => {}
            }
            // A stream may stay open for days: it is no call that a server which stops would wait for.
            let response = response.map(|inner| TrackedBody { inner, slot: None, _stream: stream });
            return once(forgotten, response, this.waiting, cx);
        }
        let mut shared = None;
        if let Some(id) = response.headers().get(&SESSION_ID).and_then(|id| id.to_str().ok()) {
            match slot.opened(id) {
                Some(session) => shared = slot.tracker().sessions.shared(&session),
                // rmcp names a session also where the handshake was refused, and it is gone already.
                None => {
                    response.headers_mut().remove(&SESSION_ID);
                }
            }
        }
        let response = response.map(|body| TrackedBody { inner: body, slot: Some(slot), _stream: None });
        once(shared, response, this.waiting, cx)
    }
}

/// An answer that waits for something, and what it waits for.
type Waiting = Option<(BoxFuture<'static, ()>, http::Response<TrackedBody>)>;

/// Gives the answer once `other` is done, where there is something to wait for.
fn once(
    other: Option<impl Future<Output = ()> + Send + 'static>,
    response: http::Response<TrackedBody>,
    waiting: &mut Waiting,
    cx: &mut Context<'_>,
) -> Poll<Result<http::Response<TrackedBody>, Infallible>> {
    let Some(other) = other else { return Poll::Ready(Ok(response)) };
    let mut other = other.boxed();
    if other.poll_unpin(cx).is_ready() {
        return Poll::Ready(Ok(response));
    }
    *waiting = Some((other, response));
    Poll::Pending
}

/// Notifications and a client's answers are accepted with 202; streams and DELETE carry no request. A GET or DELETE that
/// is refused by its status asked for nothing that counts, except where the guard turned a stranger away.
fn is_no_request(verb: &Method, status: StatusCode) -> bool {
    if *verb == Method::POST { status == StatusCode::ACCEPTED } else { status != StatusCode::FORBIDDEN }
}

/// The body of an answer, watched on its way out.
#[derive(Debug)]
pub struct TrackedBody {
    inner: ResponseBody,
    slot: Option<Arc<Slot>>,
    _stream: Option<Hold>,
}

impl TrackedBody {
    fn untracked(inner: ResponseBody) -> Self {
        Self { inner, slot: None, _stream: None }
    }
}

impl HttpBody for TrackedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        if let (Poll::Ready(Some(Ok(frame))), Some(slot)) = (&polled, &self.slot)
            && let Some(data) = frame.data_ref()
        {
            slot.frame(data, self.inner.is_end_stream());
        }
        if matches!(polled, Poll::Ready(None)) {
            // It ended by itself: that is not the client's going.
            self.slot = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for TrackedBody {
    fn drop(&mut self) {
        // Runs before the inner body is dropped, which may cancel the handler. After an answer it changes nothing.
        if let Some(slot) = &self.slot {
            slot.gone();
        }
    }
}
