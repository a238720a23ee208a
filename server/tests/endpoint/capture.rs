//! What is kept of arguments, results and errors.

use serde_json::json;
use tracon::config::Capture;

use crate::support::{TestServer, http::answer};

const SECRET: &str = "sk-ant-api03-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The arguments and the result that were captured of a call, and which of the two were cut.
async fn payload_of(server: &TestServer, message: &str) -> Option<(Option<String>, Option<String>, [bool; 2])> {
    let hand = server.hand();
    let session = hand.initialize("hand").await;
    answer(hand.legacy_call(&session, 1, "echo", json!({"message": message, "password": "hunter2"}))).await;
    server.rows().await;
    let statement = "SELECT arguments, arguments_lz4, result, result_lz4, arguments_cut, result_cut
         FROM archon_mcp_payloads";
    let mut payloads = server.database.rows(statement).await;
    let (arguments, long_arguments, result, long_result, arguments_cut, result_cut) = payloads.pop()?;
    Some((text(arguments, long_arguments), text(result, long_result), [arguments_cut, result_cut]))
}

/// What is in the column of the text, or packed in the other.
fn text(plain: Option<String>, packed: Option<Vec<u8>>) -> Option<String> {
    assert!(plain.is_none() || packed.is_none());
    let unpacked = |packed: Vec<u8>| lz4_flex::block::decompress_size_prepended(&packed).expect("an LZ4 block");
    plain.or_else(|| Some(String::from_utf8(unpacked(packed?)).expect("a text")))
}

#[tokio::test]
async fn by_default_secrets_are_replaced_before_anything_is_kept() {
    let server = TestServer::start().await;
    let (arguments, result, is_cut) = payload_of(&server, &format!("the key is {SECRET}!")).await.expect("a payload");
    let (arguments, result) = (arguments.expect("arguments"), result.expect("a result"));
    assert_eq!(arguments, r#"{"message":"the key is [redacted]!","password":"[redacted]"}"#);
    assert!(result.contains("the key is [redacted]!") && is_cut == [false; 2], "{result}");
    // Nothing of it is anywhere on disk, the spool and the write-ahead log included.
    let files = walk(&server.running.config.data_dir);
    assert!(files.len() > 2 || server.site.is_postgres(), "{files:?}");
    for file in files {
        let bytes = std::fs::read(&file).expect("it can be read");
        for secret in [SECRET, "hunter2"] {
            assert!(memchr::memmem::find(&bytes, secret.as_bytes()).is_none(), "{secret} is in {}", file.display());
        }
    }
}

fn walk(directory: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).expect("it can be listed") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { files.extend(walk(&path)) } else { files.push(path) }
    }
    files
}

#[tokio::test]
async fn arguments_are_kept_of_a_call_whose_client_goes() {
    let server = TestServer::start().await;
    let call = server.hand().sessionless_call(1, "wait", json!({"password": "hunter2"}), json!({}));
    let running = tokio::spawn(call.send());
    server.gate.entered().await;
    running.abort();
    server.gate.left().await;
    server.rows_when(1).await;
    let payloads: Vec<(Option<String>, Option<String>)> =
        server.database.rows("SELECT arguments, result FROM archon_mcp_payloads").await;
    assert_eq!(payloads, [(Some(r#"{"password":"[redacted]"}"#.to_owned()), None)]);
}

#[tokio::test]
async fn all_is_kept_when_that_is_asked_for() {
    let server = TestServer::start_with(|config| config.tracking.capture = Capture::Full).await;
    let (arguments, result, _) = payload_of(&server, SECRET).await.expect("a payload");
    assert!(arguments.expect("arguments").contains("hunter2"));
    assert!(result.expect("a result").contains(SECRET));
}

#[tokio::test]
async fn nothing_is_kept_when_capture_is_off() {
    let server = TestServer::start_with(|config| config.tracking.capture = Capture::Off).await;
    assert_eq!(payload_of(&server, "x").await, None);
    assert_eq!(server.row_of("echo").await.outcome, "ok");
}

#[tokio::test]
async fn long_arguments_and_results_are_cut() {
    let server = TestServer::start().await;
    let (arguments, result, is_cut) =
        payload_of(&server, &format!("{SECRET} {}", "long ".repeat(10_000))).await.expect("a payload");
    assert_eq!(is_cut, [true; 2]);
    for text in [arguments.expect("arguments"), result.expect("a result")] {
        assert!(text.len() <= 16 << 10 && text.len() > 15 << 10, "{} bytes", text.len());
        assert!(text.contains("[redacted] long long ") && !text.contains(SECRET), "{text}");
    }
}

#[tokio::test]
async fn error_messages_are_always_cleaned() {
    let server = TestServer::start_with(|config| config.tracking.capture = Capture::Off).await;
    let hand = server.hand();
    let session = hand.initialize("hand").await;
    answer(hand.legacy_call(&session, 1, "fail_saying", json!({"message": format!("the key {SECRET} is refused")})))
        .await;
    let rows = server.rows().await;
    let message = rows[1].error_message.as_deref().expect("a message");
    assert!(message.contains("[redacted]") && !message.contains(SECRET), "{message}");
}

#[tokio::test]
async fn tokens_of_results_and_of_definitions_are_estimated() {
    let server = TestServer::start_with(|config| config.tracking.capture = Capture::Off).await;
    let hand = server.hand();
    let session = hand.initialize("hand").await;
    let text = "The quick brown fox jumps over the lazy dog. ".repeat(20);
    answer(hand.legacy_call(&session, 1, "echo", json!({"message": text}))).await;
    let list = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"});
    hand.send(hand.in_session(&session), &list).await;
    server.rows().await;
    let tokens: Vec<(String, Option<i64>)> =
        server.database.rows("SELECT method, response_tokens FROM archon_mcp_requests ORDER BY id").await;
    // Ten tokens a sentence, and a few for what stands around them.
    assert!(matches!(tokens[1].1, Some(200..240)), "{tokens:?}");
    assert_eq!(tokens[0].1, None, "no model reads the answer to a handshake");
    assert!(tokens[2].1.is_some_and(|tokens| tokens > 100), "{tokens:?}");
    let definitions: Vec<(String, i64)> =
        server.database.rows("SELECT tool_name, tokens FROM archon_mcp_tool_definitions").await;
    assert!(
        definitions.len() >= 6 && definitions.iter().all(|(_, tokens)| (15..200).contains(tokens)),
        "{definitions:?}"
    );
}
