//! What cannot be brought about from outside: a part of the server that ends by itself.

use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;
use tracon_app::reports::RequestFilter;

use super::{Running, ServeError, Setup, Writing};
use crate::{
    clock::{Clock, SystemClock},
    config::Config,
};

/// Nothing that is waited for takes this long.
const BOUND: Duration = Duration::from_secs(20);

async fn start(directory: &TempDir) -> Running {
    let bind = ([127, 0, 0, 1], 0).into();
    let config = Config { bind, data_dir: directory.path().to_owned(), ..Config::default() };
    Setup::new(config).start().await.expect("the server starts")
}

/// A handshake.
async fn shake_hands(running: &Running) {
    let answer = reqwest::Client::new()
        .post(format!("http://{}/mcp", running.address))
        .header("accept", "application/json, text/event-stream")
        .json(&json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}}))
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn no_other_task_ends_unnoticed() {
    let directory = TempDir::new().expect("a directory");
    for message in [
        "the task that looks after the sessions ended; the log says why",
        "the task that listens to other servers ended; the log says why",
    ] {
        let mut running = start(&directory).await;
        let task = if message.contains("sessions") { &running.sweeper } else { &running.follower };
        task.abort();
        let broke = tokio::time::timeout(BOUND, running.broke()).await.expect("the server notices");
        assert_eq!((broke.to_string().as_str(), broke.exit_code()), (message, 1));
        running.stop().await.expect("it stops");
    }
}

#[tokio::test]
async fn a_writer_that_ends_by_itself_stops_the_server_and_loses_nothing() {
    let directory = TempDir::new().expect("a directory");
    let mut running = start(&directory).await;
    shake_hands(&running).await;
    let Writing::On(tracking) = &running.writing else { panic!("tracking is on by default") };
    tracking.tracker.recorder.settled().await;
    tracking.writer.abort();

    let broke = tokio::time::timeout(BOUND, running.broke()).await.expect("the server notices");
    assert!(matches!(broke, ServeError::WriterEnded), "{broke}");
    assert_eq!(broke.exit_code(), 1);
    assert_eq!(broke.to_string(), "the task that writes to the database ended; the log says why");

    // Until it has stopped it answers, and what it answers is kept.
    shake_hands(&running).await;
    let stopped = tokio::time::timeout(BOUND, running.stop()).await.expect("it stops");
    assert!(matches!(stopped, Err(ServeError::WriterEnded)), "{stopped:?}");

    let again = start(&directory).await;
    let recorder = &again.tracker().expect("tracking is on").recorder;
    tokio::time::timeout(BOUND, recorder.settled()).await.expect("what waited is written");
    let kept = again.store.requests(&RequestFilter::default(), SystemClock.now()).await.expect("it answers");
    assert_eq!(kept.total, 2);
    again.stop().await.expect("it stops");
}
