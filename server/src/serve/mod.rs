//! Starts the server and stops it: the one place where all the layers meet.

mod error;
mod follower;
mod settings;
mod signals;
#[cfg(test)]
mod tests;
mod vitals;

use std::{future::IntoFuture, io::Write, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use axum::serve::ListenerExt;
use rmcp::ServerHandler;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;

pub use self::error::ServeError;
use self::{
    follower::Follower,
    settings::{facts, limits, retention_policy, settings},
    vitals::ServerVitals,
};
use crate::{
    cli::{Listening, banner},
    clock::{Clock, Ids, SystemClock},
    config::Config,
    http::{dashboard::Dashboard, guard::Guard, router},
    mcp::{endpoint::Endpoint, handler::Tracon, tools::system::Vitals},
    spool::Spool,
    store::{Recording, Store, StoreReports, Writer},
    tracking::{self, Tracker, Tracking, legacy::LegacySessions, parking::Parking, sessions::Limits},
    workspace::Workspace,
};

/// See [`Running::grace`].
const GRACE: Duration = Duration::from_secs(10);
/// How long connections may take to close after that.
const CLOSING: Duration = Duration::from_secs(2);

/// Serves until the process is told to stop (SIGINT, SIGTERM), then writes what waits and ends.
///
/// # Errors
/// What kept it from starting (exit code 2, nothing was written) or broke it (exit code 1).
pub async fn run(config: Config) -> Result<(), ServeError> {
    let mut running = Setup::new(config).start().await?;
    let listening = Listening::new(running.address, &running.config);
    // Standard output may be closed; the log says where the server listens, too.
    let _ = write!(std::io::stdout(), "{}", banner(&listening)).and_then(|()| std::io::stdout().flush());
    tracing::info!(url = listening.url, "listening");
    let ended = tokio::select! {
        () = signals::told_to_stop() => Ok(()),
        error = running.broke() => Err(error),
    };
    tracing::info!("stopping");
    running.stop().await?;
    ended
}

/// A server to be started.
#[derive(Debug)]
pub struct Setup {
    pub config: Config,
    pub clock: Arc<dyn Clock>,
}

/// A server that runs.
#[derive(Debug)]
pub struct Running {
    /// Where it listens, with the port that port 0 became.
    pub address: SocketAddr,
    pub config: Config,
    /// Read-only access to what was recorded.
    pub store: Store,
    /// Moves after each commit.
    pub changes: watch::Receiver<u64>,
    /// How long calls that run may take to finish once the server is told to stop.
    pub grace: Duration,
    tracker: Option<Arc<Tracker>>,
    endpoint: Endpoint,
    writing: Writing,
    stop_listening: CancellationToken,
    stop_streams: CancellationToken,
    server: JoinHandle<std::io::Result<()>>,
    sweeper: JoinHandle<()>,
    follower: JoinHandle<()>,
}

/// Who has the writer.
#[derive(Debug)]
enum Writing {
    On(Tracking),
    /// Tracking is off: nobody writes, nothing changes.
    Off {
        writer: Writer,
    },
}

impl Setup {
    /// A server with that configuration, on the system's clock.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self { config, clock: Arc::new(SystemClock) }
    }

    /// Starts it with the product's tools.
    ///
    /// # Errors
    /// What kept it from starting; nothing was written then.
    pub async fn start(self) -> Result<Running, ServeError> {
        self.start_serving(Tracon::new).await
    }

    /// Starts it with another handler behind the product's own guard, tracker and wrapper.
    ///
    /// # Errors
    /// What kept it from starting; nothing was written then.
    pub async fn start_with<H: ServerHandler>(
        self,
        handler: impl FnOnce(Arc<dyn Vitals>) -> H,
    ) -> Result<Running, ServeError> {
        self.start_serving(|vitals, _| handler(vitals)).await
    }

    async fn start_serving<H: ServerHandler>(
        self,
        handler: impl FnOnce(Arc<dyn Vitals>, Workspace) -> H,
    ) -> Result<Running, ServeError> {
        let Self { config, clock } = self;
        // Before anything is written: a second server on the same port must not touch the first one's files.
        let listener =
            TcpListener::bind(config.bind).await.map_err(|source| ServeError::Bind { address: config.bind, source })?;
        let address = listener.local_addr().map_err(ServeError::Broken)?;
        if config.database_url.is_none() || config.tracking.enabled {
            make_directory(&config.data_dir)?;
        }
        // Before the database: whoever has the spool of this directory has its database, too.
        let spool = if config.tracking.enabled {
            Some(Spool::open(&config.data_dir.join("spool"), config.tracking.spool_quota_bytes)?)
        } else {
            None
        };
        let (store, writer) = Store::open(config.effective_database_url().expose()).await?;
        if let Some(file) = store.half_moved().await? {
            return Err(ServeError::HalfMoved { file });
        }
        let ids = Arc::new(Ids::default());
        let instance = ids.next(clock.now());

        let limits = limits(&config);
        // Not from zero: a browser that comes from another server on the same database must not take this one's for the same.
        let revision = clock.now().timestamp_micros().max(0).unsigned_abs();
        let (sender, changes) = watch::channel(revision);
        let (writing, tracker) = if let Some((spool, reader)) = spool {
            let tracking = tracking::start(tracking::Setup {
                writer,
                spool,
                reader,
                changes: sender.clone(),
                limits,
                retention: retention_policy(&config.retention),
                capture: config.tracking.capture,
                clock: Arc::clone(&clock),
                ids: Arc::clone(&ids),
                instance,
            });
            let tracking = tracking.map_err(ServeError::SpoolUnreadable)?;
            let tracker = Arc::clone(&tracking.tracker);
            (Writing::On(tracking), Some(tracker))
        } else {
            (Writing::Off { writer }, None)
        };

        let workspace = Workspace::new(store.clone(), Arc::clone(&clock), ids, instance);
        let vitals = Arc::new(ServerVitals::new(Arc::clone(&clock), store.clone(), tracker.clone(), limits));
        let guard = Guard::new(&config.http.allowed_hosts, &config.http.allowed_origins);
        let stop_streams = CancellationToken::new();
        let settings = settings(&config, tracker.is_some());
        let endpoint = Endpoint::new(
            handler(vitals, workspace.clone()),
            &settings,
            guard.clone(),
            tracker.clone(),
            tracker.as_ref().map(|tracker| Parking::new(store.clone(), Arc::clone(tracker))),
            stop_streams.clone(),
        );
        let recording = Arc::new(Recorded(tracker.clone()));
        let dashboard = Dashboard {
            reports: Arc::new(StoreReports::new(
                store.clone(),
                Arc::clone(&clock),
                facts(&config, clock.now()),
                recording,
            )),
            workspace: Arc::new(workspace.clone()),
            changes: changes.clone(),
            version: env!("CARGO_PKG_VERSION"),
        };
        let app = router(endpoint.clone(), dashboard, guard, &config.http.allowed_origins)
            .into_make_service_with_connect_info::<SocketAddr>();
        let stop_listening = CancellationToken::new();
        let server = axum::serve(listener.tap_io(without_delay), app)
            .with_graceful_shutdown(stop_listening.clone().cancelled_owned());
        let server = tokio::spawn(server.into_future());
        let sweeper = tokio::spawn(sweep_regularly(tracker.clone(), endpoint.clone(), limits));
        let follower = Follower {
            store: store.clone(),
            changes: sender,
            worked: workspace.changes(),
            tracker: tracker.clone(),
            endpoint: endpoint.clone(),
        };
        let follower = tokio::spawn(follower.follow(instance));
        Ok(Running {
            address,
            config,
            store,
            changes,
            grace: GRACE,
            tracker,
            endpoint,
            writing,
            stop_listening,
            stop_streams,
            server,
            sweeper,
            follower,
        })
    }
}

impl Running {
    /// The tracker; `None` when tracking is off.
    #[must_use]
    pub fn tracker(&self) -> Option<&Arc<Tracker>> {
        self.tracker.as_ref()
    }

    /// The legacy protocol's sessions, as rmcp keeps them.
    #[must_use]
    pub fn rmcp_sessions(&self) -> &LegacySessions {
        &self.endpoint.sessions
    }

    /// Notes who became idle and who is gone; also happens by itself, every few seconds.
    pub async fn sweep(&self) {
        sweep(self.tracker.as_deref(), &self.endpoint).await;
    }

    /// Waits until a part of the server that should run for ever has ended.
    async fn broke(&mut self) -> ServeError {
        let writer = async {
            match &mut self.writing {
                Writing::On(tracking) => {
                    let _ = (&mut tracking.writer).await;
                }
                Writing::Off { .. } => std::future::pending().await,
            }
        };
        tokio::select! {
            () = writer => ServeError::WriterEnded,
            // Without it nobody would ever be idle, gone or parked again.
            _ = &mut self.sweeper => ServeError::TaskEnded("looks after the sessions"),
            _ = &mut self.follower => ServeError::TaskEnded("listens to other servers"),
            ended = &mut self.server => match ended {
                Ok(Err(error)) => ServeError::Broken(error),
                Ok(Ok(())) | Err(_) => ServeError::ServerEnded,
            },
        }
    }

    /// Stops: takes nothing new, lets calls finish, closes the sessions, writes what waits.
    ///
    /// # Errors
    /// The database could not be closed, or took no more records.
    pub async fn stop(self) -> Result<(), ServeError> {
        self.stop_listening.cancel();
        self.sweeper.abort();
        self.follower.abort();
        if let Some(tracker) = &self.tracker {
            if tokio::time::timeout(self.grace, tracker.calls_ended()).await.is_err() {
                tracing::warn!("calls were still running and are cut off");
            }
            tracker.stopping();
        }
        self.stop_streams.cancel();
        if let Some(tracker) = &self.tracker {
            // What was just cut off is recorded before the writer stops.
            let _ = tokio::time::timeout(CLOSING, tracker.calls_ended()).await;
        }
        let (writer, waiting) = match self.writing {
            // It broke, and has been asked why already.
            Writing::On(tracking) if tracking.writer.is_finished() => (None, 0),
            Writing::On(tracking) => {
                tracking.tracker.sessions.close_all();
                tracking.stop.cancel();
                let writer = tracking.writer.await.ok();
                (writer, tracking.tracker.recorder.health().waiting)
            }
            Writing::Off { writer } => (Some(writer), 0),
        };
        // The dashboards' streams ended with the writer, the clients' with `stop_streams`.
        if !self.server.is_finished() && tokio::time::timeout(CLOSING, self.server).await.is_err() {
            tracing::debug!("connections were still open and were cut off");
        }
        self.store.close().await;
        match writer {
            // The database that took no records does not close cleanly either: what waits is what counts.
            Some(_) if waiting > 0 => Err(ServeError::Waiting { records: waiting }),
            Some(writer) => writer.close().await.map_err(ServeError::Closing),
            None => Err(ServeError::WriterEnded),
        }
    }
}

/// What the health page asks of the tracker.
#[derive(Debug)]
struct Recorded(Option<Arc<Tracker>>);

impl Recording for Recorded {
    fn health(&self) -> Option<tracon_app::reports::RecorderHealth> {
        Some(self.0.as_ref()?.recorder.health())
    }
}

/// Without `TCP_NODELAY` each SSE answer waits for a delayed ACK: 44 ms a call instead of 0.1 ms.
fn without_delay(stream: &mut TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
}

fn make_directory(path: &Path) -> Result<(), ServeError> {
    std::fs::create_dir_all(path).map_err(|source| ServeError::DataDir { path: path.to_owned(), source })
}

async fn sweep(tracker: Option<&Tracker>, endpoint: &Endpoint) {
    if let Some(tracker) = tracker {
        let silent = tracker.sessions.sweep().into_iter().map(Into::into).collect();
        endpoint.sessions.end(silent, |id| tracker.sessions.release(id)).await;
        endpoint.end_strays(|id| tracker.sessions.by_transport(id).is_some()).await;
    }
}

async fn sweep_regularly(tracker: Option<Arc<Tracker>>, endpoint: Endpoint, limits: Limits) {
    let shortest = limits.idle_after.min(limits.session_timeout);
    let apart = (shortest / 4).clamp(Duration::from_millis(250), Duration::from_secs(15));
    let mut tick = tokio::time::interval_at(Instant::now() + apart, apart);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        sweep(tracker.as_deref(), &endpoint).await;
    }
}
