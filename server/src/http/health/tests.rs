use std::future::pending;

use axum::{
    body::Body,
    http::{Request, Response},
};
use chrono::DateTime;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use tracon_app::reports::{
    DatabaseHealth, Health, Overview, RecorderHealth, ReportError, RequestDetail, RequestFilter, RequestPage,
    Retention, SessionDetail, SessionFilter, SessionPage, TimeRange,
};

use super::*;

/// A server in that state; `None`: its database never answers.
struct InState(Option<Health>);

#[async_trait::async_trait]
impl Reports for InState {
    async fn overview(&self, _: TimeRange) -> Result<Overview, ReportError> {
        Err(ReportError::Unavailable)
    }

    async fn sessions(&self, _: SessionFilter) -> Result<SessionPage, ReportError> {
        Err(ReportError::Unavailable)
    }

    async fn session(&self, _: &str) -> Result<Option<SessionDetail>, ReportError> {
        Err(ReportError::Unavailable)
    }

    async fn requests(&self, _: RequestFilter) -> Result<RequestPage, ReportError> {
        Err(ReportError::Unavailable)
    }

    async fn request(&self, _: &str) -> Result<Option<RequestDetail>, ReportError> {
        Err(ReportError::Unavailable)
    }

    async fn health(&self) -> Health {
        match &self.0 {
            Some(health) => health.clone(),
            None => pending().await,
        }
    }
}

fn health(answers: bool, recorder: Option<RecorderHealth>) -> Health {
    Health {
        now: DateTime::UNIX_EPOCH,
        started_at: DateTime::UNIX_EPOCH,
        version: String::new(),
        recorder,
        database: DatabaseHealth { answers, ..DatabaseHealth::default() },
        coverage: None,
        retention: Retention::default(),
    }
}

async fn get(health: Option<Health>, path: &str) -> Response<Body> {
    let request = Request::get(path).body(Body::empty()).expect("a request");
    router(Arc::new(InState(health))).oneshot(request).await.expect("an answer")
}

async fn readiness(health: Option<Health>) -> (u16, Value) {
    let answer = get(health, "/readyz").await;
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.expect("a body").to_bytes();
    (status, serde_json::from_slice(&body).expect("JSON"))
}

#[tokio::test]
async fn what_works_is_ready() {
    let ready = (200, json!({"ready": true, "database": true, "writer": true}));
    let busy = RecorderHealth { waiting: 5, lost: 1, ..RecorderHealth::default() };
    assert_eq!(readiness(Some(health(true, Some(busy)))).await, ready);
    assert_eq!(readiness(Some(health(true, None))).await, ready, "tracking is off: nothing has to be written");
}

#[tokio::test]
async fn what_is_not_ready_is_named() {
    let behind = RecorderHealth { failing_since: Some(DateTime::UNIX_EPOCH), ..RecorderHealth::default() };
    let no_spool = RecorderHealth { spool_failing: true, ..RecorderHealth::default() };
    for (health, database, writer) in [
        (health(false, Some(RecorderHealth::default())), false, true),
        (health(true, Some(behind.clone())), true, false),
        (health(true, Some(no_spool)), true, false),
        (health(false, Some(behind)), false, false),
    ] {
        let expected = json!({"ready": false, "database": database, "writer": writer});
        assert_eq!(readiness(Some(health.clone())).await, (503, expected), "{health:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_database_that_hangs_is_not_ready_before_a_probe_gives_up() {
    assert_eq!(readiness(None).await, (503, json!({"ready": false, "database": false, "writer": false})));
}

#[tokio::test]
async fn the_process_lives_whatever_its_database_does() {
    assert_eq!(get(None, "/healthz").await.status(), 200);
}
