//! What probes and pages learn of the server's health. The pages themselves are tried in a browser (`end2end/`).

use reqwest::{Client, Response};
use serde_json::{Value, json};

use super::support::TestServer;

async fn get(server: &TestServer, path: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = Client::new().get(server.url(path));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.expect("the server answers")
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().expect("text"))
}

#[tokio::test]
async fn a_server_that_serves_says_so_in_plain_text() {
    let server = TestServer::start().await;
    let answer = get(&server, "/healthz", &[]).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(header(&answer, "content-type"), "text/plain; charset=utf-8");
    assert_eq!(header(&answer, "cache-control"), "no-store");
    assert_eq!(answer.text().await.expect("a body"), "ok");
}

#[tokio::test]
async fn a_server_that_can_work_is_ready() {
    let server = TestServer::start().await;
    let answer = get(&server, "/readyz", &[]).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(header(&answer, "content-type"), "application/json");
    assert_eq!(header(&answer, "cache-control"), "no-store");
    let body: Value = answer.json().await.expect("JSON");
    assert_eq!(body, json!({"ready": true, "database": true, "writer": true}));
}

#[tokio::test]
async fn a_server_whose_database_does_not_answer_serves_and_is_not_ready() {
    let server = TestServer::start().await;
    server.running.store.close().await;
    assert_eq!(get(&server, "/healthz", &[]).await.status(), 200);
    let answer = get(&server, "/readyz", &[]).await;
    assert_eq!(answer.status(), 503);
    let body: Value = answer.json().await.expect("JSON");
    assert_eq!((&body["ready"], &body["database"]), (&json!(false), &json!(false)), "{body}");
}

#[tokio::test]
async fn a_server_without_tracking_is_ready() {
    let server = TestServer::start_with(|config| config.tracking.enabled = false).await;
    assert_eq!(get(&server, "/readyz", &[]).await.status(), 200);
    let health: Value = get(&server, "/api/health", &[]).await.json().await.expect("JSON");
    assert_eq!(health["recorder"], Value::Null, "{health}");
}

#[tokio::test]
async fn probes_ask_by_any_address_and_leave_no_trace() {
    let server = TestServer::start().await;
    let stranger = [("host", "10.1.2.3:8051"), ("origin", "http://evil.example")];
    for path in ["/healthz", "/readyz"] {
        let answer = get(&server, path, &stranger).await;
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(header(&answer, "access-control-allow-origin"), "", "no other page may read it");
    }
    for path in ["/health", "/api/health?", "/api/recorder?"] {
        assert_eq!(get(&server, path, &stranger).await.status(), 403, "{path} is for those who may see figures");
    }
    assert_eq!(server.rows().await, []);
}

#[tokio::test]
async fn the_page_learns_that_the_database_does_not_answer() {
    let server = TestServer::start().await;
    server.running.store.close().await;
    let answer = get(&server, "/api/health", &[]).await;
    assert_eq!(answer.status(), 200, "what does not answer is part of the report");
    let health: Value = answer.json().await.expect("JSON");
    assert_eq!(health["database"]["answers"], false, "{health}");
    assert_eq!(health["coverage"], Value::Null, "{health}");
}

#[tokio::test]
async fn what_the_page_shows_the_browser_can_ask_again() {
    let server = TestServer::start().await;
    for path in ["/api/health", "/api/health?"] {
        let health: Value = get(&server, path, &[]).await.json().await.expect("JSON");
        assert_eq!(health["recorder"]["lost"], 0, "{health}");
        assert_eq!(health["database"]["answers"], true, "{health}");
    }
    let recorder: Value = get(&server, "/api/recorder", &[]).await.json().await.expect("JSON");
    assert_eq!(recorder["lost"], 0, "{recorder}");
}
