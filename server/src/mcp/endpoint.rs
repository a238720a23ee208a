//! How a handler is mounted on `/mcp`: the layers around it, a line each, with the reason for their order.

use std::{
    collections::HashSet,
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{body::Body, response::IntoResponse};
use http::{Method, Request, StatusCode};
use rmcp::{
    ServerHandler,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService,
        session::{SessionId, store::SessionStore},
    },
};
use tokio_util::sync::CancellationToken;
use tower::{ServiceBuilder, ServiceExt, util::BoxCloneSyncService};

use crate::{
    http::guard::Guard,
    tracking::{
        Tracker,
        handler::{Room, TrackedHandler},
        layer::{SESSION_ID, TrackLayer},
        legacy::LegacySessions,
        parking::Parking,
    },
    wire::{
        self,
        body::{self, BodyTap},
        refusal,
    },
};

/// What the endpoint needs to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A tool that runs longer is ended.
    pub tool_timeout: Duration,
    /// Larger requests are refused with 413, bytes.
    pub max_body_bytes: usize,
    /// Legacy sessions that may be open at once.
    pub max_sessions: usize,
    /// Silence after which rmcp drops a session by itself; must be longer than any tool runs.
    pub keep_alive: Duration,
}

/// Any of the services above, as the router takes it.
pub type Mounted = BoxCloneSyncService<Request<Body>, axum::response::Response, Infallible>;

fn boxed<S, B>(service: S) -> Mounted
where
    S: tower::Service<Request<Body>, Response = http::Response<B>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
    B: 'static,
    http::Response<B>: IntoResponse,
{
    BoxCloneSyncService::new(service.map_response(IntoResponse::into_response))
}

/// `/mcp`, ready to be mounted.
#[derive(Clone)]
pub struct Endpoint {
    /// Answers HTTP.
    pub service: Mounted,
    /// The legacy protocol's sessions.
    pub sessions: Arc<LegacySessions>,
    /// Sessions of rmcp's that the tracker did not know when it was last asked.
    suspects: Arc<Mutex<HashSet<SessionId>>>,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint").finish_non_exhaustive()
    }
}

impl Endpoint {
    /// Mounts any handler behind the product's own guard, tracker and wrapper. `tracker` is `None` when tracking is off;
    /// the wire stays the same. Sessions that `parking` keeps can be brought back. `stop` ends all streams.
    pub fn new<H: ServerHandler>(
        handler: H,
        settings: &Settings,
        guard: Guard,
        tracker: Option<Arc<Tracker>>,
        parking: Option<Parking>,
        stop: CancellationToken,
    ) -> Self {
        let sessions = Arc::new(LegacySessions::new(settings.keep_alive));

        let mut config = StreamableHttpServerConfig::default()
            // The guard checks Host and Origin for the whole server, by one list.
            .disable_allowed_hosts()
            .disable_allowed_origins();
        config.sse_retry = None;
        config.max_request_body_bytes = settings.max_body_bytes;
        config.cancellation_token = stop;
        let parking = parking.map(Arc::new);
        config.session_store = parking.clone().map(|parking| parking as Arc<dyn SessionStore>);

        let handler = TrackedHandler::new(
            Arc::new(handler),
            settings.tool_timeout,
            Room { sessions: Arc::clone(&sessions), max: settings.max_sessions },
        );
        let rmcp = StreamableHttpService::new(move || Ok(handler.clone()), Arc::clone(&sessions), config);

        let guarded = ServiceBuilder::new()
            // Before anything reads the body.
            .layer_fn(move |inner| GuardedService { inner, guard: guard.clone() })
            // Next to rmcp: shapes its answers before they are recorded.
            .layer_fn(move |inner| ShapedService { inner, parking: parking.clone() })
            .service(rmcp);
        // The tap first: what is inside may need the body of what it refuses. The tracker outside the guard, so that
        // what the guard turns away is recorded.
        let service = match tracker {
            Some(tracker) => {
                boxed(ServiceBuilder::new().map_request(body::tap).layer(TrackLayer(tracker)).service(guarded))
            }
            None => boxed(ServiceBuilder::new().map_request(body::tap).service(guarded)),
        };
        Self { service, sessions, suspects: Arc::default() }
    }

    /// Ends sessions that nobody knows: of clients that went in the middle of their handshake. Only those that were not
    /// known the last time either, since a handshake may be under way.
    pub async fn end_strays(&self, is_known: impl Fn(&str) -> bool) {
        let unknown: HashSet<SessionId> = self.sessions.ids().await.into_iter().filter(|id| !is_known(id)).collect();
        let strays: Vec<SessionId> = {
            let mut suspects = self.suspects.lock().unwrap_or_else(PoisonError::into_inner);
            let strays = unknown.intersection(&suspects).cloned().collect();
            *suspects = unknown;
            strays
        };
        self.sessions.end(strays, |id| !is_known(id)).await;
    }
}

/// Turns strangers away, in the endpoint's own words.
#[derive(Clone, Debug)]
struct GuardedService<S> {
    inner: S,
    guard: Guard,
}

impl<S> tower::Service<Request<Body>> for GuardedService<S>
where
    S: tower::Service<Request<Body>, Response = wire::Response, Error = Infallible>,
{
    type Response = wire::Response;
    type Error = Infallible;
    type Future = futures::future::Either<S::Future, std::future::Ready<Result<wire::Response, Infallible>>>;

    fn poll_ready(&mut self, cx: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match self.guard.check(&request) {
            Ok(()) => futures::future::Either::Left(self.inner.call(request)),
            Err(refused) => {
                let answer =
                    refusal::response(StatusCode::FORBIDDEN, None, wire::jsonrpc::code::REFUSED, &refused.to_string());
                futures::future::Either::Right(std::future::ready(Ok(answer)))
            }
        }
    }
}

/// Gives rmcp's answers the form that clients expect.
#[derive(Clone, Debug)]
struct ShapedService<S> {
    inner: S,
    parking: Option<Arc<Parking>>,
}

impl<S> tower::Service<Request<Body>> for ShapedService<S>
where
    S: tower::Service<Request<Body>, Response = wire::Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = wire::Response;
    type Error = Infallible;
    type Future = futures::future::BoxFuture<'static, Result<wire::Response, Infallible>>;

    fn poll_ready(&mut self, cx: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let is_delete = *request.method() == Method::DELETE;
        let tap = request.extensions().get::<BodyTap>().cloned().unwrap_or_default();
        let parking = self.parking.clone().filter(|_| request.headers().contains_key(&SESSION_ID));
        let answer = self.inner.call(request);
        Box::pin(async move {
            let Ok(mut answer) = answer.await;
            // To requests that waited for a session which could not be read, rmcp says that there is none: their client would
            // give it up.
            if matches!(answer.status(), StatusCode::NOT_FOUND | StatusCode::INTERNAL_SERVER_ERROR)
                && parking.is_some_and(|parking| parking.is_away())
            {
                *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            }
            // The Python SDKs log 202 as a failed termination.
            if is_delete && answer.status() == StatusCode::ACCEPTED {
                *answer.status_mut() = StatusCode::NO_CONTENT;
            }
            Ok(refusal::as_jsonrpc(answer, &tap).await)
        })
    }
}
