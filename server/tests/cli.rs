//! The `tracon` command as a person meets it: the real binary, an empty environment, a directory of its own.

use std::{
    collections::BTreeMap,
    error::Error,
    fs,
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};
use tempfile::TempDir;

type Result<T> = std::result::Result<T, Box<dyn Error>>;
/// An environment.
type Variables<'a> = [(&'a str, &'a str)];

/// No command here takes a second; a server that goes on where it should refuse must not hang the test.
const PATIENCE: Duration = Duration::from_secs(20);

/// A directory to run `tracon` in.
struct Place(TempDir);

/// How a command ended.
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Place {
    fn new() -> Result<Self> {
        Ok(Self(tempfile::tempdir()?))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// With this `tracon.toml`.
    fn with_file(self, text: &str) -> Result<Self> {
        fs::write(self.path().join("tracon.toml"), text)?;
        Ok(self)
    }

    fn command(&self, arguments: &[&str], environment: &Variables) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tracon"));
        command.current_dir(self.path()).env_clear().envs(environment.iter().copied()).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs `tracon` to its end.
    fn run(&self, arguments: &[&str], environment: &Variables) -> Result<Ended> {
        let mut child = self.command(arguments, environment).spawn()?;
        let (out, err) = (collected(child.stdout.take()), collected(child.stderr.take()));
        // Both end when the process does.
        let (Ok(out), Ok(err)) = (out.recv_timeout(PATIENCE), err.recv_timeout(PATIENCE)) else {
            child.kill()?;
            child.wait()?;
            return Err(format!("tracon {arguments:?} did not end").into());
        };
        Ok(Ended { code: child.wait()?.code(), out, err })
    }

    /// What `tracon` says on standard error as it refuses: one line, exit code 2, and the directory as it was.
    fn refusal(&self, arguments: &[&str], environment: &Variables) -> Result<String> {
        let before = self.listing()?;
        let ended = self.run(arguments, environment)?;
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{arguments:?} {environment:?}: {}", ended.err);
        assert_eq!(ended.err.lines().count(), 1, "{:?}", ended.err);
        assert!(ended.err.starts_with("tracon: ") && ended.err.ends_with('\n'), "{:?}", ended.err);
        assert_eq!(self.listing()?, before, "{arguments:?} {environment:?} left something behind");
        Ok(ended.err)
    }

    /// Every file below, with its content.
    fn listing(&self) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
        let (mut found, mut open) = (BTreeMap::new(), vec![self.path().to_owned()]);
        while let Some(directory) = open.pop() {
            for entry in fs::read_dir(&directory)? {
                let path = entry?.path();
                let content = if path.is_dir() { Vec::new() } else { fs::read(&path)? };
                if path.is_dir() {
                    open.push(path.clone());
                }
                found.insert(path, content);
            }
        }
        Ok(found)
    }

    fn config(&self, arguments: &[&str], environment: &Variables) -> Result<String> {
        let ended = self.run(arguments, environment)?;
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{arguments:?} {environment:?}");
        Ok(ended.out)
    }
}

/// Reads a stream to its end beside the test.
fn collected<R: Read + Send + 'static>(stream: Option<R>) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stream.map(|mut stream| stream.read_to_end(&mut bytes));
        if matches!(read, Some(Ok(_))) {
            // Nobody listens once the test has given up.
            let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
        }
    });
    receiver
}

/// A server that a failing test does not leave behind.
struct Serving {
    child: Child,
    /// What it said up to its last line of the banner.
    said: String,
}

impl Serving {
    /// Starts `tracon` on a free port and waits until it says how to connect.
    fn start(place: &Place) -> Result<Self> {
        let mut child = place.command(&["--bind", "127.0.0.1:0"], &[]).stderr(Stdio::null()).spawn()?;
        let out = child.stdout.take();
        let mut serving = Self { child, said: String::new() };
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            let lines = out.map(|out| BufReader::new(out).lines().map_while(std::result::Result::ok));
            // Nobody listens once the banner is complete.
            lines.into_iter().flatten().try_for_each(|line| sender.send(line))
        });
        while !serving.said.contains("claude mcp add") {
            serving.said.push_str(&lines.recv_timeout(PATIENCE)?);
            serving.said.push('\n');
        }
        Ok(serving)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn help_names_every_flag_with_its_variable_and_default() -> Result<()> {
    let place = Place::new()?;
    let help = place.config(&["--help"], &[])?;
    insta::assert_snapshot!("help", help);
    assert_eq!(
        place.config(&["serve", "--help"], &[])?.matches("[env: TRACON_").count(),
        help.matches("[env: ").count()
    );
    Ok(())
}

#[test]
fn help_and_version_need_no_right_configuration() -> Result<()> {
    let place = Place::new()?.with_file("nonsense")?;
    assert_eq!(
        place.config(&["--version"], &[("TRACON_FOO", "1")])?,
        format!("tracon {}\n", env!("CARGO_PKG_VERSION"))
    );
    assert!(place.config(&["-h"], &[("TRACON_FOO", "1")])?.contains("--bind"));
    Ok(())
}

#[test]
fn config_prints_the_defaults() -> Result<()> {
    insta::assert_snapshot!("config_defaults", Place::new()?.config(&["config"], &[])?);
    Ok(())
}

#[test]
fn config_prints_where_each_value_comes_from() -> Result<()> {
    let place = Place::new()?.with_file(
        "data_dir = \"from the file\"\n[mcp]\ntool_timeout = \"1m 30s\"\nmax_sessions = 1\n[log]\nlevel = \"warn\"\n",
    )?;
    let environment = [
        ("TRACON_MCP_MAX_SESSIONS", "2"),
        ("TRACON_LOG_LEVEL", "tracon=debug"),
        ("TRACON_HTTP_ALLOWED_ORIGINS", "https://a.example,https://b.example"),
        ("TRACON_DATABASE_URL", "sqlite://tracon:hunter2@x.db?mode=rwc&password=hunter2"),
    ];
    let shown = place.config(&["--bind", "[::]:80", "config", "--log", "trace"], &environment)?;
    insta::assert_snapshot!("config_layers", shown);
    assert!(!shown.contains("hunter2"));
    Ok(())
}

#[test]
fn what_config_prints_is_a_tracon_toml() -> Result<()> {
    let place = Place::new()?;
    let odd = "a \"quoted\" back\\slash #é";
    let arguments = ["--data-dir", odd, "--http-allowed-origins", "https://a.example", "--tracking-enabled", "false"];
    let first = place.config(&[&["config"], &arguments[..]].concat(), &[])?;
    let second = place.with_file(&first)?.config(&["config"], &[])?;
    let values = |text: &str| -> Vec<String> {
        text.lines()
            .map(|line| line.rsplit_once(" # ").map_or(line, |(value, _)| value).trim_end().to_owned())
            .collect()
    };
    assert_eq!(values(&first), values(&second));
    assert_eq!(second.matches("# tracon.toml:").count(), second.matches(" = ").count());
    Ok(())
}

#[test]
fn a_flag_may_stand_before_or_after_the_command() -> Result<()> {
    let place = Place::new()?;
    assert_eq!(
        place.config(&["--mcp-max-sessions", "7", "config"], &[])?,
        place.config(&["config", "--mcp-max-sessions=7"], &[])?
    );
    Ok(())
}

#[test]
fn another_file_is_named_by_flag_or_variable() -> Result<()> {
    let place = Place::new()?.with_file("[log]\nlevel = \"warn\"\n")?;
    fs::write(place.path().join("other.toml"), "[log]\nformat = \"json\"\n")?;
    let by_flag = place.config(&["config", "--config", "other.toml"], &[("TRACON_CONFIG", "gone.toml")])?;
    let by_variable = place.config(&["config"], &[("TRACON_CONFIG", "other.toml")])?;
    assert_eq!(by_flag, by_variable);
    assert!(by_flag.contains("\"json\"") && by_flag.contains("# other.toml:2") && !by_flag.contains("warn"));
    Ok(())
}

/// Each for both commands: `config` shows what `serve` would refuse, in the same words.
#[test]
fn a_wrong_configuration_is_refused_in_one_line() -> Result<()> {
    type Case<'a> = (&'a str, &'a [&'a str], &'a Variables<'a>);
    let cases: [Case; 11] = [
        ("", &[], &[("TRACON_FOO", "1")]),
        ("", &[], &[("TRACON_BNID", "127.0.0.1:0")]),
        ("", &["--bind", "localhost:8051"], &[]),
        ("", &["--mcp-tool-timeout", "2h"], &[]),
        ("", &["--mcp-max-sessions", "-1"], &[]),
        ("", &["--config", "gone.toml"], &[]),
        ("", &[], &[("TRACON_DATABASE_URL", "mysql://tracon:hunter2@db/tracon")]),
        ("", &["--log", "line\nbreak"], &[]),
        ("bind = \"127.0.0.1:0\"\nbnid = 1\n", &[], &[]),
        ("[tracking]\nidle_after = \"1h\"\n", &[], &[]),
        ("[tracking\n", &[], &[]),
    ];
    let mut said = String::new();
    for (file, flags, environment) in cases {
        let place = Place::new()?.with_file(file)?;
        let refusal = place.refusal(flags, environment)?;
        assert_eq!(place.refusal(&[&["config"], flags].concat(), environment)?, refusal);
        said.push_str(&refusal);
    }
    insta::assert_snapshot!("refusals", said);
    Ok(())
}

#[test]
fn an_unknown_flag_or_command_is_a_usage_error() -> Result<()> {
    let place = Place::new()?;
    for arguments in [&["--bnid", "127.0.0.1:0"][..], &["severe"], &["--bind"]] {
        let ended = place.run(arguments, &[])?;
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(ended.err.starts_with("error: "), "{}", ended.err);
    }
    assert!(place.listing()?.is_empty());
    Ok(())
}

#[test]
fn serving_says_where_to_look_and_how_to_connect() -> Result<()> {
    let place = Place::new()?;
    let server = Serving::start(&place)?;
    let said = &server.said;
    let url = said.split_whitespace().find(|word| word.starts_with("http://")).ok_or("no URL")?;
    assert!(!url.ends_with(":0/"), "{said}");
    assert!(said.contains(&format!("claude mcp add --transport http tracon {url}mcp")), "{said}");
    assert!(said.contains("sqlite:./data/tracon.db"), "{said}");
    assert!(place.path().join("data/tracon.db").is_file());
    Ok(())
}

#[test]
fn a_busy_port_is_named() -> Result<()> {
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    let said = Place::new()?.refusal(&["--bind", &address], &[])?;
    assert!(said.contains(&address), "{said}");
    Ok(())
}

#[test]
fn a_data_directory_that_cannot_be_made_is_named() -> Result<()> {
    let place = Place::new()?;
    fs::write(place.path().join("file"), "in the way")?;
    for directory in ["file", "file/below"] {
        let said = place.refusal(&["--bind", "127.0.0.1:0", "--data-dir", directory], &[])?;
        assert!(said.contains("file"), "{said}");
    }
    Ok(())
}

#[test]
fn a_database_of_a_newer_version_is_named_and_left_as_it_is() -> Result<()> {
    let place = Place::new()?;
    drop(Serving::start(&place)?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(make_newer(&place.path().join("data/tracon.db")))?;
    let said = place.refusal(&["--bind", "127.0.0.1:0"], &[])?;
    assert!(said.contains("tracon.db") && said.contains("newer"), "{said}");
    Ok(())
}

/// Makes a database look as if a Tracon from the far future had been at it, by sqlx's own table of migrations.
async fn make_newer(path: &Path) -> std::result::Result<(), sqlx::Error> {
    use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
    let mut database = SqliteConnectOptions::new().filename(path).connect().await?;
    sqlx::raw_sql(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (99990101000000, 'of the future', TRUE, x'00', 0)",
    )
    .execute(&mut database)
    .await?;
    database.close().await
}
