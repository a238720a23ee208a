//! PostgreSQL for the tests: the server that the environment names, or a private one for this run alone. And one for the bench
//! that stops it.
//!
//! A private server, so that no test can touch anybody's data, and so that nothing has to be set up by hand. It trades
//! safety for speed, since nothing in it outlives the run.

mod account;
mod folder;
mod installation;
mod server;

use std::{env, net::TcpListener};

use anyhow::{Context, Result};

pub use self::server::Server;
use self::{
    installation::Installation,
    server::{DURABLE, HASTY},
};
use crate::progress::Progress;

/// The variable that says which engine the server under test is on, where the tests are the same for both; and its value.
pub const ENGINE: (&str, &str) = ("TRACON_TEST_ENGINE", "postgres");

/// The variable that names the PostgreSQL server for the tests.
pub const VARIABLE: &str = "TRACON_TEST_POSTGRES_URL";

/// A server for the tests. A private one ends with this value, and its folder goes.
#[derive(Debug)]
pub enum Cluster {
    /// Somebody else's: it is left as it is.
    Named(String),
    Private(Server),
}

/// Finds PostgreSQL's programs, or has them installed, unless the environment names a server.
pub fn ensure(progress: &Progress) -> Result<()> {
    if named()?.is_none() {
        Installation::ensure(progress)?;
    }
    Ok(())
}

impl Cluster {
    /// The server that `TRACON_TEST_POSTGRES_URL` names or, where that is not set, a private one, started now.
    pub fn start(progress: &Progress) -> Result<Self> {
        if let Some(url) = named()? {
            progress.say(format!("postgres: the server that {VARIABLE} names"));
            return Ok(Self::Named(url));
        }
        private(Installation::ensure(progress)?, HASTY, progress).map(Self::Private)
    }

    /// Where it is, and as whom to log in: `postgres://tracon@127.0.0.1:PORT/postgres`.
    pub fn url(&self) -> &str {
        match self {
            Self::Named(url) => url,
            Self::Private(server) => server.url(),
        }
    }
}

/// A private server that is as durable as any, to be stopped and started again; none where no PostgreSQL is installed that can
/// be used.
pub fn durable(progress: &Progress) -> Result<Option<Server>> {
    Installation::find().unwrap_or_default().map(|installation| private(installation, DURABLE, progress)).transpose()
}

fn private(installation: Installation, settings: &'static [&'static str], progress: &Progress) -> Result<Server> {
    let origin = format!("PostgreSQL {} from {}", installation.version, installation.programs.display());
    let choose = || Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port());
    let server = Server::start(installation, settings, choose)?;
    progress.say(format!("postgres: {origin}, at {}", server.url()));
    Ok(server)
}

/// What the variable says; set to nothing, it is as good as not set.
fn named() -> Result<Option<String>> {
    let Some(value) = env::var_os(VARIABLE).filter(|value| !value.is_empty()) else { return Ok(None) };
    let url = value.to_str().with_context(|| format!("{VARIABLE} is not UTF-8; it should be postgres://..."))?;
    Ok(Some(url.to_owned()))
}
