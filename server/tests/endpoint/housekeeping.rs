//! The writer keeps house between its batches: what is too old or too much goes while the server is called.

use chrono::{DateTime, NaiveTime, SecondsFormat, TimeDelta, Utc};
use serde_json::json;
use tracon::{clock::Clock, config::Capture};

use crate::support::{
    TestServer,
    http::{Hand, answer},
};

/// The least that may be configured.
const QUOTA: u64 = 16 << 20;
const REQUESTS: TimeDelta = TimeDelta::hours(12);
const PAYLOADS: TimeDelta = TimeDelta::hours(6);
/// Sessions and figures by the minute. A session stays as long as one of its requests.
const OTHERS: TimeDelta = TimeDelta::hours(1);
/// How far the clock is moved at once.
const STEP: TimeDelta = TimeDelta::minutes(10);
const STEPS: usize = 24 * 6;
/// Batches that the writer may need for what one step leaves it to do.
const BATCHES: usize = 50;

/// How many calls a step has. Six busy hours have more than twice what the quota has room for, and none of their payloads is
/// too old before they are over; what goes of the hours around them goes for its age.
fn calls_of(step: usize) -> usize {
    if (54..90).contains(&step) { 24 } else { 2 }
}

/// By this the calls of a step are found in the database.
fn trace_of(step: usize) -> String {
    format!("{:032x}", step + 1)
}

/// 17 KiB of text that does not get shorter by being packed, another for each seed.
fn noise(seed: usize) -> String {
    let mut state = seed as u64;
    let words = (0..17 << 6).map(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        format!("{:016x}", state ^ (state >> 32))
    });
    words.collect()
}

/// The calls of a step, all at once, as one session. What is captured of each is cut at 16 KiB, twice.
async fn call(hand: &Hand<'_>, step: usize) {
    let calls = (0..calls_of(step)).map(|number| async move {
        let message = noise(100 * step + number);
        let trace = json!({"traceparent": format!("00-{}-00f067aa0ba902b7-01", trace_of(step))});
        let answer = answer(hand.sessionless_call(1, "echo", json!({"message": message}), trace)).await;
        assert_eq!(answer.message["result"]["content"][0]["text"], message, "{}", answer.status);
    });
    futures::future::join_all(calls).await;
}

/// From when on what is kept for so long is there. PostgreSQL drops whole days.
fn kept_since(server: &TestServer, kept: TimeDelta) -> DateTime<Utc> {
    let since = server.clock.now() - kept;
    if server.site.is_postgres() { since.date_naive().and_time(NaiveTime::MIN).and_utc() } else { since }
}

/// The oldest request, the oldest request of which something captured is there, and the activity of the oldest session.
async fn oldest(server: &TestServer) -> [Option<DateTime<Utc>>; 3] {
    let statement = "SELECT (SELECT MIN(timestamp) FROM archon_mcp_requests),
             (SELECT MIN(timestamp) FROM archon_mcp_requests WHERE id IN (SELECT request_id FROM archon_mcp_payloads)),
             (SELECT MIN(last_activity) FROM archon_mcp_sessions)";
    let (request, payload, session) = server.database.row(statement).await;
    [request, payload, session]
}

/// What is there that should have gone.
async fn too_much(server: &TestServer) -> Option<String> {
    let oldest = oldest(server).await;
    let since = [REQUESTS, PAYLOADS, REQUESTS].map(|kept| kept_since(server, kept));
    let is_too_old = oldest.iter().zip(since).any(|(oldest, since)| oldest.is_some_and(|oldest| oldest < since));
    let size = server.running.store.size().await.expect("the database answers");
    // PostgreSQL keeps the day that is written, however much that is.
    let today = kept_since(server, TimeDelta::zero());
    let is_excused = server.site.is_postgres() && oldest[0].is_none_or(|oldest| oldest >= today);
    let is_too_much = size > QUOTA && !is_excused;
    (is_too_old || is_too_much).then(|| format!("{size} bytes; {oldest:?}, not {since:?}"))
}

/// Waits until all that should go has gone. The writer keeps house behind each batch, before it takes the next one: so the next
/// one being settled is the event that tells that it has done a step.
async fn kept_house(server: &TestServer) {
    let recorder = &server.running.tracker().expect("tracking is on").recorder;
    let mut left = None;
    for _ in 0..BATCHES {
        // A change by itself: that it is time to look who is gone.
        server.running.sweep().await;
        recorder.settled().await;
        left = too_much(server).await;
        if left.is_none() {
            return;
        }
        // PostgreSQL leaves a day that is being read, as it was just now, to the next look, a minute later.
        if server.site.is_postgres() {
            server.clock.advance(TimeDelta::minutes(1));
        }
    }
    panic!("{} behind the last batch: {left:?}", server.clock.now());
}

#[tokio::test]
async fn a_day_of_calls_leaves_what_is_young_enough_and_has_room_in_the_quota() {
    let server = TestServer::start_with(|config| {
        let [requests, payloads, others] = [REQUESTS, PAYLOADS, OTHERS].map(|kept| kept.to_std().expect("a duration"));
        let kept = &mut config.retention;
        (kept.requests, kept.payloads, kept.sessions, kept.minute_buckets) = (requests, payloads, others, others);
        kept.database_quota_bytes = QUOTA;
        config.tracking.capture = Capture::Full;
    })
    .await;
    let hand = server.hand();
    let mut times = Vec::new();
    for step in 0..STEPS {
        server.clock.advance(STEP);
        times.push(server.clock.now());
        call(&hand, step).await;
        kept_house(&server).await;
        let newest = format!(
            "SELECT COUNT(*) FROM archon_mcp_requests
             WHERE trace_id = '{}' AND id IN (SELECT request_id FROM archon_mcp_payloads)",
            trace_of(step)
        );
        let (newest,): (i64,) = server.database.row(&newest).await;
        assert_eq!(usize::try_from(newest), Ok(calls_of(step)), "what was written last is there, in step {step}");
    }
    // What was captured made room enough, so that no request went before its time.
    let since = server.clock.now() - REQUESTS;
    let young = since.to_rfc3339_opts(SecondsFormat::Micros, true);
    let young = format!("SELECT COUNT(*) FROM archon_mcp_requests WHERE timestamp >= '{young}'");
    let (young,): (i64,) = server.database.row(&young).await;
    let steps = times.iter().enumerate().filter(|(_, time)| **time >= since);
    assert_eq!(usize::try_from(young), Ok(steps.map(|(step, _)| calls_of(step)).sum()));
}
