//! A private server: made, started, awaited and stopped.
//!
//! `postgres` itself is the child, and not `pg_ctl`, which would put it into a session of its own: so Ctrl-C reaches
//! it, and means to it what it means to the rest, the end.

use std::{
    fs::{self, File},
    io,
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use super::{folder::Folder, installation::Installation};
use crate::command::{capture, shown};

const USER: &str = "tracon";
/// The first that the system knows. Either sorts by bytes; only the one knows upper from lower case beyond ASCII.
const LOCALES: [&str; 2] = ["C.UTF-8", "C"];
/// Every test brings some connections.
const SETTINGS: [&str; 3] = ["listen_addresses=127.0.0.1", "max_connections=300", "shared_buffers=128MB"];
/// For what does not have to survive a crash.
pub const HASTY: &[&str] = &["fsync=off", "synchronous_commit=off", "full_page_writes=off"];
/// For what does.
pub const DURABLE: &[&str] = &[];
const DEADLINE: Duration = Duration::from_mins(1);
/// How many ports are tried, should somebody take them between choosing and starting.
const PORTS: u32 = 5;

/// Stopped with this value, and then its folder goes.
#[derive(Debug)]
pub struct Server {
    url: String,
    port: u16,
    /// Beside those of all.
    settings: &'static [&'static str],
    child: Child,
    installation: Installation,
    folder: Folder,
}

impl Server {
    /// A new cluster, served on a port that `choose` gave.
    pub fn start(
        installation: Installation,
        settings: &'static [&'static str],
        mut choose: impl FnMut() -> io::Result<u16>,
    ) -> Result<Self> {
        let folder = Folder::create(&installation)?;
        folder.remove_leftovers(&installation);
        initialise(&installation, &folder)?;
        let mut tries = 1;
        loop {
            let port = choose().context("cannot find a free port on 127.0.0.1")?;
            let mut child = spawn(&installation, &folder, settings, port)?;
            let Err(error) = wait(&mut child, &folder) else {
                let url = format!("postgres://{USER}@127.0.0.1:{port}/postgres");
                return Ok(Self { url, port, settings, child, installation, folder });
            };
            let _ = child.kill();
            let _ = child.wait();
            if tries == PORTS || !log(&folder).contains("could not bind") {
                return Err(error);
            }
            tries += 1;
        }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends it as a crash would: what was committed is in its log, and nowhere else yet.
    pub fn stop(&mut self) -> Result<()> {
        self.installation.stop(&self.folder.data(), "immediate")?;
        self.child.wait().context("PostgreSQL did not end")?;
        Ok(())
    }

    /// Starts it once more, after it was stopped, at the same address.
    pub fn start_again(&mut self) -> Result<()> {
        self.child = spawn(&self.installation, &self.folder, self.settings, self.port)?;
        wait(&mut self.child, &self.folder)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        let data = self.folder.data();
        if !["fast", "immediate"].iter().any(|mode| self.installation.stop(&data, mode).is_ok()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// Makes the cluster's files.
fn initialise(installation: &Installation, folder: &Folder) -> Result<()> {
    let mut made = Ok(());
    for locale in LOCALES {
        let mut initdb = installation.command("initdb");
        initdb.args(["--no-sync", "--auth", "trust", "--encoding", "UTF8", "--username", USER, "--locale", locale]);
        made = capture(initdb.arg("--pgdata").arg(folder.data())).map(drop);
        if made.is_ok() {
            break;
        }
    }
    made.with_context(|| format!("cannot make a PostgreSQL cluster in {}", folder.path().display()))
}

fn spawn(installation: &Installation, folder: &Folder, settings: &[&str], port: u16) -> Result<Child> {
    let log = File::create(folder.log()).with_context(|| format!("cannot create {}", folder.log().display()))?;
    let sockets = if cfg!(unix) { folder.path().display().to_string() } else { String::new() };
    let mut postgres = installation.command("postgres");
    postgres.arg("-D").arg(folder.data());
    for setting in SETTINGS.iter().chain(settings) {
        postgres.args(["-c", setting]);
    }
    postgres.args(["-c", &format!("port={port}"), "-c", &format!("unix_socket_directories={sockets}")]);
    postgres.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    postgres.spawn().with_context(|| format!("cannot start `{}`", shown(&postgres)))
}

/// Until it accepts connections.
fn wait(child: &mut Child, folder: &Folder) -> Result<()> {
    let state = folder.data().join("postmaster.pid");
    let started = Instant::now();
    while !fs::read_to_string(&state).is_ok_and(|state| is_ready(&state, child.id())) {
        if let Some(status) = child.try_wait()? {
            bail!("PostgreSQL did not start ({status}); the end of its log:\n{}", last_lines(&log(folder)));
        }
        if started.elapsed() > DEADLINE {
            let seconds = DEADLINE.as_secs();
            bail!("PostgreSQL was not ready after {seconds} s; the end of its log:\n{}", last_lines(&log(folder)));
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Whether the text of `postmaster.pid` is that process's, in its first line, and says in its eighth that it is ready.
fn is_ready(state: &str, process: u32) -> bool {
    let mut lines = state.lines().map(str::trim);
    lines.next() == Some(process.to_string().as_str()) && lines.nth(6) == Some("ready")
}

fn log(folder: &Folder) -> String {
    fs::read(folder.log()).map(|log| String::from_utf8_lossy(&log).into_owned()).unwrap_or_default()
}

fn last_lines(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

#[cfg(test)]
mod tests {
    use std::{
        env,
        io::{Read as _, Write as _},
        net::{TcpListener, TcpStream},
        path::PathBuf,
    };

    use super::*;
    use crate::test::postgres::VARIABLE;

    const STATE: &str = "4711\n/tmp/t/data\n1763858400\n40001\n/tmp/t\n127.0.0.1\n  1234  0\n";

    /// None where the tests are given a server, since then there need not be any programs.
    fn installation() -> Option<Installation> {
        let found = Installation::find();
        if env::var_os(VARIABLE).is_some() { found.ok().flatten() } else { Some(found.unwrap().expect("PostgreSQL")) }
    }

    fn free_port() -> io::Result<u16> {
        Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
    }

    fn port(server: &Server) -> u16 {
        let port =
            server.url().strip_prefix("postgres://tracon@127.0.0.1:").and_then(|rest| rest.strip_suffix("/postgres"));
        port.unwrap().parse().unwrap()
    }

    #[test]
    fn a_server_is_ready_when_its_own_state_says_so() {
        assert!(is_ready(&format!("{STATE}ready   \n"), 4711));
        assert!(!is_ready(&format!("{STATE}starting\n"), 4711));
        assert!(!is_ready(STATE, 4711), "the last line is written later");
        assert!(!is_ready(&format!("{STATE}ready   \n"), 471));
    }

    #[test]
    fn a_server_answers_on_a_port_that_was_free_also_after_a_stop_and_leaves_nothing() {
        let Some(installation) = installation() else { return };
        let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let mut ports = vec![free_port().unwrap(), taken.local_addr().unwrap().port()];
        let choose = || ports.pop().ok_or_else(|| io::ErrorKind::NotFound.into());
        let mut server = Server::start(installation, HASTY, choose).unwrap();
        assert!(ports.is_empty(), "the port that was taken was tried first");

        let port = port(&server);
        let mut connection = TcpStream::connect(("127.0.0.1", port)).unwrap();
        // The protocol's version 3.0 and who logs in, after the length of it all; and that no password is wanted.
        connection.write_all(b"\0\0\0\x27\0\x03\0\0user\0tracon\0database\0postgres\0\0").unwrap();
        let mut answer = [0; 9];
        connection.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"R\0\0\0\x08\0\0\0\0");

        server.stop().unwrap();
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
        server.start_again().unwrap();
        assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());

        let folder: PathBuf = server.folder.path().to_owned();
        assert!(folder.is_dir());
        drop(server);
        assert!(!folder.exists());
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    }

    /// On other systems nothing tells whether it still runs.
    #[cfg(unix)]
    #[test]
    fn what_a_killed_run_leaves_is_ended_and_removed_by_the_next() {
        let Some(installation) = installation() else { return };
        let mut left = Server::start(installation, HASTY, free_port).unwrap();
        let next = Folder::create(&left.installation).unwrap();
        next.remove_leftovers(&left.installation);
        assert!(left.child.try_wait().unwrap().is_none(), "its run is alive");

        left.folder.lock.unlock().unwrap();
        next.remove_leftovers(&left.installation);
        assert!(left.child.try_wait().unwrap().is_some());
        assert!(!left.folder.path().exists());
        assert!(next.path().is_dir());
    }
}
