//! How the sources lie over each other, and what is said about a value that is wrong.

use super::{Config, ConfigError, Invalid, Loaded, LogFormat, SETTINGS, Setting, Sources, file};
use proptest::prelude::*;
use std::{error::Error, path::Path, time::Duration};
use toml::Table;

type Outcome = Result<(), Box<dyn Error>>;

/// Sources without a file: a directory that is not there holds none.
fn nowhere() -> Sources {
    Sources::new("/nonexistent")
}

fn variable(name: &str, value: &str) -> Result<Config, ConfigError> {
    Config::load(nowhere().environment([(name, value)]))
}

/// What is said about `text` as the `tracon.toml`.
fn file_error(text: &str) -> Result<String, Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    std::fs::write(directory.path().join("tracon.toml"), text)?;
    match Config::load(Sources::new(directory.path())) {
        Ok(config) => Err(format!("it was taken: {config:?}").into()),
        Err(error) => Ok(error.to_string()),
    }
}

fn said<T>(outcome: Result<T, ConfigError>) -> String {
    outcome.err().map_or_else(|| "it was taken".to_owned(), |error| error.to_string())
}

#[test]
fn the_table_and_the_structs_agree() -> Outcome {
    let config = Config { database_url: Some("sqlite:x".into()), ..Config::default() };
    let mut in_structs = Vec::new();
    for (key, value) in Table::try_from(config)? {
        match value.as_table() {
            Some(section) => in_structs.extend(section.keys().map(|name| format!("{key}.{name}"))),
            None => in_structs.push(key),
        }
    }
    let mut in_table: Vec<_> = SETTINGS.iter().map(|setting| setting.key.to_owned()).collect();
    in_structs.sort();
    in_table.sort();
    assert_eq!(in_structs, in_table);
    Ok(())
}

#[test]
fn a_variable_and_a_flag_are_the_path_in_another_spelling() {
    for setting in &SETTINGS {
        assert_eq!(setting.variable(), format!("TRACON_{}", setting.key.to_uppercase().replace('.', "_")));
        let flag = setting.key.replace(['.', '_'], "-");
        assert!(setting.flag == flag || setting.key == "log.level", "{}", setting.flag);
    }
}

#[test]
fn the_defaults_are_valid_and_what_nothing_set_gives() -> Outcome {
    assert_eq!(Config::default().validate(), Ok::<_, Invalid>(()));
    assert_eq!(Config::load(nowhere())?, Config::default());
    assert_eq!(Config::default().effective_database_url().expose(), "sqlite:./data/tracon.db");
    Ok(())
}

#[test]
fn every_default_is_taken_when_it_is_written_out() -> Outcome {
    for setting in &SETTINGS {
        let config = variable(&setting.variable(), setting.default_text())?;
        assert_eq!(config.effective_database_url(), Config::default().effective_database_url());
        assert_eq!(Config { database_url: None, ..config }, Config::default(), "{}", setting.key);
    }
    Ok(())
}

#[test]
fn a_flag_beats_a_variable_beats_the_file_beats_the_default() -> Outcome {
    let directory = tempfile::tempdir()?;
    std::fs::write(
        directory.path().join("tracon.toml"),
        "mcp.tool_timeout = '1s'\n[log]\nlevel = 'warn'\nformat = 'json'\n",
    )?;
    let sources = Sources::new(directory.path())
        .environment([("TRACON_MCP_TOOL_TIMEOUT", "2s"), ("TRACON_LOG_LEVEL", "error"), ("HOME", "/")])
        .flag("mcp.tool_timeout", "3s");
    let loaded = Loaded::read(sources)?;
    let config = &loaded.config;
    assert_eq!(config.mcp.tool_timeout, Duration::from_secs(3));
    assert_eq!(config.log.level, "error");
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(config.mcp.max_sessions, 10_000);

    let places: Vec<_> = ["mcp.tool_timeout", "log.level", "log.format", "mcp.max_sessions"]
        .into_iter()
        .filter_map(|key| Some(loaded.place(Setting::find(key)?).to_string()))
        .collect();
    assert_eq!(places, ["--mcp-tool-timeout", "TRACON_LOG_LEVEL", "tracon.toml:4", "default"]);
    Ok(())
}

#[test]
fn a_named_file_takes_the_place_of_the_default_one() -> Outcome {
    let directory = tempfile::tempdir()?;
    std::fs::write(directory.path().join("tracon.toml"), "[log]\nlevel = 'warn'\n")?;
    std::fs::write(directory.path().join("other.toml"), "[log]\nformat = 'json'\n")?;
    let by_flag = Config::load(Sources::new(directory.path()).file("other.toml"))?;
    let by_variable = Config::load(Sources::new(directory.path()).environment([("TRACON_CONFIG", "other.toml")]))?;
    assert_eq!(by_flag, by_variable);
    assert_eq!((by_flag.log.level.as_str(), by_flag.log.format), ("info,rmcp=off", LogFormat::Json));
    Ok(())
}

#[test]
fn a_named_file_must_be_there() {
    insta::assert_snapshot!(said(Config::load(nowhere().file("gone.toml"))), @"cannot read gone.toml (named by --config): No such file or directory (os error 2)");
    insta::assert_snapshot!(said(variable("TRACON_CONFIG", "gone.toml")), @"cannot read gone.toml (named by TRACON_CONFIG): No such file or directory (os error 2)");
    insta::assert_snapshot!(said(variable("TRACON_CONFIG", "")), @r#"cannot read "" (named by TRACON_CONFIG): the name is empty; name a file, or leave it out"#);
}

#[test]
fn the_address_that_is_listened_on_may_be_asked_for() -> Outcome {
    let hosts = |bind: &str| variable("TRACON_BIND", bind).map(|config| config.http.allowed_hosts);
    assert_eq!(hosts("192.0.2.7:80")?, ["localhost", "127.0.0.1", "[::1]", "192.0.2.7"]);
    assert_eq!(hosts("[2001:db8::7]:80")?, ["localhost", "127.0.0.1", "[::1]", "[2001:db8::7]"]);
    assert_eq!(hosts("0.0.0.0:80")?, ["localhost", "127.0.0.1", "[::1]"]);
    assert_eq!(hosts("[::]:80")?, ["localhost", "127.0.0.1", "[::1]"]);

    let chosen = nowhere().flag("bind", "192.0.2.7:80").flag("http.allowed_hosts", "tracon.example.com");
    assert_eq!(Config::load(chosen)?.http.allowed_hosts, ["tracon.example.com"]);
    Ok(())
}

#[test]
fn a_list_is_comma_separated_in_a_variable() -> Outcome {
    let config = variable("TRACON_HTTP_ALLOWED_HOSTS", "a.example, b.example:8051,[::1]:80,")?;
    assert_eq!(config.http.allowed_hosts, ["a.example", "b.example:8051", "[::1]:80"]);
    let config = variable("TRACON_HTTP_ALLOWED_ORIGINS", "https://a.example,vscode-webview://b")?;
    assert_eq!(config.http.allowed_origins, ["https://a.example", "vscode-webview://b"]);
    assert!(variable("TRACON_HTTP_ALLOWED_ORIGINS", "")?.http.allowed_origins.is_empty());
    Ok(())
}

#[test]
fn what_the_tools_of_the_workspace_read_is_no_mistake() -> Outcome {
    let theirs = [("TRACON_TEST_ANYTHING", "1"), ("TRACON_BIN", "x"), ("TRACON_CHROMIUM", "x"), ("RUST_LOG", "x")];
    assert_eq!(Config::load(nowhere().environment(theirs))?, Config::default());
    Ok(())
}

#[test]
fn an_unknown_name_is_named_with_the_nearest_known_one() -> Outcome {
    insta::assert_snapshot!(said(variable("TRACON_BNID", "x")), @"unknown environment variable TRACON_BNID; did you mean TRACON_BIND?");
    insta::assert_snapshot!(said(variable("TRACON_FOO", "x")), @"unknown environment variable TRACON_FOO; `tracon --help` lists the known ones");
    insta::assert_snapshot!(said(variable("TRACON_", "x")), @"unknown environment variable TRACON_; `tracon --help` lists the known ones");
    insta::assert_snapshot!(said(variable("TRACON_TRACKING_SESION_TIMEOUT", "x")), @"unknown environment variable TRACON_TRACKING_SESION_TIMEOUT; did you mean TRACON_TRACKING_SESSION_TIMEOUT?");
    insta::assert_snapshot!(said(Config::load(nowhere().flag("mcp.timeout", "x"))), @"unknown setting mcp.timeout in --mcp.timeout; did you mean mcp.tool_timeout?");
    insta::assert_snapshot!(file_error("\n[mcp]\ntool_timout = '1s'")?, @"unknown setting mcp.tool_timout in tracon.toml:3; did you mean mcp.tool_timeout?");
    insta::assert_snapshot!(file_error("tool_timeout = '1s'")?, @"unknown setting tool_timeout in tracon.toml:1; did you mean mcp.tool_timeout?");
    insta::assert_snapshot!(file_error("[trackin]\nenabled = true")?, @"unknown setting trackin in tracon.toml:1; did you mean tracking?");
    insta::assert_snapshot!(file_error("'qu\\nx' = 1")?, @r"unknown setting qu\nx in tracon.toml:1; `tracon --help` lists the known ones");
    insta::assert_snapshot!(file_error("\"qu\\nx\" = 1")?, @r"unknown setting qu\nx in tracon.toml:1; `tracon --help` lists the known ones");
    insta::assert_snapshot!(file_error("mcp = 3")?, @"unknown setting mcp in tracon.toml:1; did you mean the section [mcp], such as mcp.tool_timeout?");
    insta::assert_snapshot!(file_error("[[mcp]]\nmax_sessions = 3")?, @"unknown setting mcp in tracon.toml:1; did you mean the section [mcp], such as mcp.tool_timeout?");
    Ok(())
}

#[test]
fn a_bad_value_is_named_with_its_place_and_what_is_allowed() -> Outcome {
    insta::assert_snapshot!(said(variable("TRACON_BIND", "localhost:8051")), @r#"bind = "localhost:8051" from TRACON_BIND is not allowed; expected IP:PORT, such as 127.0.0.1:8051 or [::1]:8051"#);
    insta::assert_snapshot!(said(variable("TRACON_DATA_DIR", "")), @r#"data_dir = "" from TRACON_DATA_DIR is not allowed; expected the path of a directory, such as ./data"#);
    insta::assert_snapshot!(said(variable("TRACON_DATA_DIR", "a\nb")), @r#"data_dir = "a\nb" from TRACON_DATA_DIR is not allowed; expected the path of a directory, such as ./data"#);
    insta::assert_snapshot!(said(variable("TRACON_HTTP_ALLOWED_HOSTS", "")), @"http.allowed_hosts = [] from TRACON_HTTP_ALLOWED_HOSTS is not allowed; expected at least one host, such as localhost");
    insta::assert_snapshot!(said(variable("TRACON_HTTP_ALLOWED_HOSTS", "a.example,::1")), @r#"http.allowed_hosts = ["a.example", "::1"] from TRACON_HTTP_ALLOWED_HOSTS is not allowed; expected hosts such as tracon.example.com, localhost:8051 or [::1], which "::1" is not"#);
    insta::assert_snapshot!(said(variable("TRACON_HTTP_ALLOWED_HOSTS", "https://a.example")), @r#"http.allowed_hosts = ["https://a.example"] from TRACON_HTTP_ALLOWED_HOSTS is not allowed; expected hosts such as tracon.example.com, localhost:8051 or [::1], which "https://a.example" is not"#);
    insta::assert_snapshot!(said(variable("TRACON_HTTP_ALLOWED_ORIGINS", "https://a.example/")), @r#"http.allowed_origins = ["https://a.example/"] from TRACON_HTTP_ALLOWED_ORIGINS is not allowed; expected origins such as https://tracon.example.com (no path), which "https://a.example/" is not"#);
    insta::assert_snapshot!(said(variable("TRACON_HTTP_ALLOWED_ORIGINS", "null")), @r#"http.allowed_origins = ["null"] from TRACON_HTTP_ALLOWED_ORIGINS is not allowed; expected origins such as https://tracon.example.com (no path), which "null" is not"#);
    insta::assert_snapshot!(said(variable("TRACON_MCP_TOOL_TIMEOUT", "120")), @r#"mcp.tool_timeout = "120" from TRACON_MCP_TOOL_TIMEOUT is not allowed; expected a duration from 10ms to 1h, such as "120s""#);
    insta::assert_snapshot!(said(variable("TRACON_MCP_MAX_BODY_BYTES", "4MiB")), @r#"mcp.max_body_bytes = "4MiB" from TRACON_MCP_MAX_BODY_BYTES is not allowed; expected a number of bytes from 1024 to 67108864"#);
    insta::assert_snapshot!(said(variable("TRACON_MCP_MAX_SESSIONS", "-1")), @"mcp.max_sessions = -1 from TRACON_MCP_MAX_SESSIONS is not allowed; expected a number from 1 to 1000000");
    insta::assert_snapshot!(said(variable("TRACON_TRACKING_ENABLED", "yes")), @r#"tracking.enabled = "yes" from TRACON_TRACKING_ENABLED is not allowed; expected true or false"#);
    insta::assert_snapshot!(said(variable("TRACON_TRACKING_SPOOL_QUOTA_BYTES", "1e3")), @r#"tracking.spool_quota_bytes = "1e3" from TRACON_TRACKING_SPOOL_QUOTA_BYTES is not allowed; expected a number of bytes from 1048576 to 1099511627776"#);
    insta::assert_snapshot!(said(variable("TRACON_LOG_LEVEL", "vrebose")), @r#"log.level = "vrebose" from TRACON_LOG_LEVEL is not allowed; expected off, error, warn, info, debug or trace, or directives such as `warn,tracon=debug` (`vrebose` is no level; to log a module write `vrebose=debug`)"#);
    insta::assert_snapshot!(said(variable("TRACON_LOG_LEVEL", "tracon=loud")), @r#"log.level = "tracon=loud" from TRACON_LOG_LEVEL is not allowed; expected off, error, warn, info, debug or trace, or directives such as `warn,tracon=debug` (error parsing level filter: expected one of "off", "error", "warn", "info", "debug", "trace", or a number 0-5)"#);
    insta::assert_snapshot!(said(variable("TRACON_LOG_LEVEL", " ")), @r#"log.level = " " from TRACON_LOG_LEVEL is not allowed; expected off, error, warn, info, debug or trace, or directives such as `warn,tracon=debug` (it is empty)"#);
    insta::assert_snapshot!(said(variable("TRACON_LOG_FORMAT", "yaml")), @r#"log.format = "yaml" from TRACON_LOG_FORMAT is not allowed; expected "text" or "json""#);
    insta::assert_snapshot!(file_error("[mcp]\nmax_sessions = 'ten\\nfold'")?, @r#"mcp.max_sessions = "ten\nfold" from tracon.toml:2 is not allowed; expected a number from 1 to 1000000"#);
    insta::assert_snapshot!(file_error("[mcp]\nmax_sessions = 99999999999999999999")?, @"mcp.max_sessions = 99999999999999999999 from tracon.toml:2 is not allowed; expected a number from 1 to 1000000");
    insta::assert_snapshot!(file_error("[http]\nallowed_hosts = [\n  'a',\n  1,\n]")?, @r#"http.allowed_hosts = ["a", 1] from tracon.toml:2 is not allowed; expected a list of hosts, such as ["localhost", "tracon.example.com:443"]"#);
    insta::assert_snapshot!(file_error("[tracking.enabled]\nx = 1")?, @"tracking.enabled = { x = 1 } from tracon.toml:1 is not allowed; expected true or false");
    Ok(())
}

#[test]
fn a_file_that_is_not_toml_is_named_with_the_line() -> Outcome {
    insta::assert_snapshot!(file_error("bind = '127.0.0.1:1'\n[mcp\n")?, @"tracon.toml:2: not TOML: unclosed table, expected `]`");
    insta::assert_snapshot!(file_error("[log]\nlevel = 'info'\nlevel = 'warn'\n")?, @"tracon.toml:3: not TOML: duplicate key");
    insta::assert_snapshot!(file_error("\n\nbind = localhost\n")?, @"tracon.toml:3: not TOML: string values must be quoted, expected literal string");
    Ok(())
}

#[cfg(unix)]
#[test]
fn what_is_no_unicode_is_refused() {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt};
    let broken = OsString::from_vec(vec![b'a', 0xff]);
    let value = nowhere().environment([(OsString::from("TRACON_DATA_DIR"), broken)]);
    insta::assert_snapshot!(said(Config::load(value)), @r#"data_dir = "a�" from TRACON_DATA_DIR is not allowed; expected text in UTF-8"#);
    let name = nowhere().environment([(OsString::from_vec(b"TRACON_\xff".to_vec()), OsString::from("x"))]);
    insta::assert_snapshot!(said(Config::load(name)), @"unknown environment variable TRACON_�; `tracon --help` lists the known ones");
}

#[test]
fn the_ranges_end_where_they_are_said_to_end() {
    let ends = [
        ("mcp.tool_timeout", ["9ms", "10ms", "1h", "3601s"]),
        ("mcp.max_body_bytes", ["1023", "1024", "67108864", "67108865"]),
        ("mcp.max_sessions", ["0", "1", "1000000", "1000001"]),
        ("tracking.idle_after", ["999ms", "1s", "1799s", "1800s"]),
        ("tracking.session_timeout", ["300s", "301s", "365days", "366days"]),
        ("tracking.spool_quota_bytes", ["1048575", "1048576", "1099511627776", "1099511627777"]),
        ("retention.requests", ["59m", "1h", "3650days", "3651days"]),
        ("retention.database_quota_bytes", ["16777215", "16777216", "70368744177664", "70368744177665"]),
    ];
    for (key, texts) in ends {
        let taken = texts.map(|text| Config::load(nowhere().flag(key, text)).is_ok());
        assert_eq!(taken, [false, true, true, false], "{key}");
    }
    let both = nowhere().flag("tracking.idle_after", "364days").flag("tracking.session_timeout", "365days");
    assert!(Config::load(both).is_ok());
}

#[test]
fn idle_comes_before_gone() {
    insta::assert_snapshot!(said(variable("TRACON_TRACKING_SESSION_TIMEOUT", "5m")), @r#"tracking.session_timeout = "5m" from TRACON_TRACKING_SESSION_TIMEOUT is not allowed; expected tracking.idle_after (5m) to be shorter than tracking.session_timeout (5m)"#);
    insta::assert_snapshot!(said(variable("TRACON_TRACKING_IDLE_AFTER", "1h")), @r#"tracking.idle_after = "1h" from TRACON_TRACKING_IDLE_AFTER is not allowed; expected tracking.idle_after (1h) to be shorter than tracking.session_timeout (30m)"#);
}

#[test]
fn only_values_that_count_are_judged() -> Outcome {
    let sources = nowhere().environment([("TRACON_BIND", "nonsense")]).flag("bind", "127.0.0.1:1");
    assert_eq!(Config::load(sources)?.bind.port(), 1);
    Ok(())
}

proptest! {
    #[test]
    fn any_text_as_any_value_is_taken_or_refused_in_one_line(index in 0..SETTINGS.len(), text in any::<String>()) {
        let setting = &SETTINGS[index];
        let by_flag = Config::load(nowhere().flag(setting.key, &text));
        let by_variable = variable(&setting.variable(), &text);
        let quoted = toml::Value::from(text.as_str());
        let by_file = file::parse(Path::new("t.toml"), &format!("{} = {quoted}", setting.key));
        prop_assert!(by_file.is_ok());
        for outcome in [by_flag, by_variable] {
            is_one_line(outcome)?;
        }
    }

    #[test]
    fn any_text_near_a_right_value_is_taken_or_refused_in_one_line(
        index in 0..SETTINGS.len(),
        text in "[a-z0-9:/.,=\\[\\]{}@?&%*()+\" -]{0,24}",
    ) {
        is_one_line(Config::load(nowhere().flag(SETTINGS[index].key, text)))?;
    }

    #[test]
    fn any_name_is_taken_or_refused_in_one_line(name in any::<String>()) {
        is_one_line(variable(&format!("TRACON_{name}"), "1"))?;
        is_one_line(Config::load(nowhere().flag(name.as_str(), "1")))?;
        is_one_line(Config::load(nowhere().file(name)))?;
    }

    #[test]
    fn any_text_as_a_file_is_taken_or_refused_in_one_line(text in any::<String>()) {
        is_one_line(file::parse(Path::new("t\n.toml"), &text))?;
    }

    #[test]
    fn any_few_tokens_as_a_file_are_taken_or_refused_in_one_line(
        tokens in prop::collection::vec(prop::sample::select(vec![
            "mcp", "bind", "tool_timeout", "[", "]", "[[", "]]", ".", "=", "\n", "\"", "'", "1", "\"a\"", "{", "}", ",", " ",
            "1979-05-27", "nan", "true", "#", "\u{85}", "\u{2028}", "\\",
        ]), 0..24),
    ) {
        is_one_line(file::parse(Path::new("t.toml"), &tokens.concat()))?;
    }
}

fn is_one_line<T>(outcome: Result<T, ConfigError>) -> Result<(), TestCaseError> {
    if let Err(error) = outcome {
        let text = error.to_string();
        prop_assert_eq!(text.lines().count(), 1, "{:?}", text);
        prop_assert!(
            !text.contains(|letter: char| letter.is_control() || "\u{2028}\u{2029}".contains(letter)),
            "{:?}",
            text
        );
        let debug = format!("{error:?}");
        prop_assert!(!debug.contains('\n'), "{}", debug);
    }
    Ok(())
}
