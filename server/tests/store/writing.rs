//! Rows, counters and replays.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use tracon::store::{Change, DisconnectReason, RequestRecord, SessionRef};
use tracon_app::reports::{Outcome, RequestFilter};
use uuid::Uuid;

use crate::fixture::{Dice, Fixture, ago, gone, idle_before, millis, now, session, totals};

pub async fn what_was_recorded_is_read_back(mut on: Fixture) {
    let opened = Arc::new(session(1, ago(60)));
    let request = RequestRecord {
        outcome: Outcome::ProtocolError,
        error_code: Some(-32_602),
        error_message: Some("no such tool: ‘élan’ 'quoted' \"twice\"".to_owned()),
        http_status: Some(400),
        rpc_id: Some(r#""a-1""#.into()),
        conversation_id: Some("conversation".to_owned()),
        turn_id: Some("turn".to_owned()),
        trace_id: Some("trace".to_owned()),
        duration: Duration::from_nanos(12_345_678),
        ..on.call(&opened, ago(50))
    };
    on.apply(&[Change::Opened(Arc::clone(&opened)), Change::Request(request.clone())]).await;

    let detail = on.store.request(&request.id.to_string()).await.unwrap().unwrap();
    assert_eq!(detail.request.id, request.id.to_string());
    assert_eq!(detail.request.session_id, Some(opened.session_id.to_string()));
    assert_eq!(detail.request.client_type.as_deref(), Some("Claude Code"));
    assert_eq!(detail.request.method, "tools/call");
    assert_eq!(detail.request.tool_name.as_deref(), Some("health_check"));
    assert_eq!(detail.request.outcome, Outcome::ProtocolError);
    assert_eq!(detail.request.error_code, Some(-32_602));
    assert_eq!(detail.request.timestamp, request.timestamp);
    assert!((detail.request.duration_ms - 12.345).abs() < f64::EPSILON, "microseconds are kept");
    assert_eq!((detail.request.request_bytes, detail.request.response_bytes), (120, 340));
    assert_eq!(detail.error_message, request.error_message);
    assert_eq!(detail.http_status, Some(400));
    assert_eq!(detail.rpc_id.as_deref(), request.rpc_id.as_deref());
    assert_eq!(detail.protocol_version.as_deref(), Some("2025-11-25"));
    assert_eq!(detail.conversation_id.as_deref(), Some("conversation"));
    assert_eq!(detail.turn_id.as_deref(), Some("turn"));
    assert_eq!(detail.trace_id.as_deref(), Some("trace"));
    assert_eq!(detail.server_instance, opened.server_instance.to_string());
    assert_eq!((detail.previous, detail.next), (None, None));

    let detail = on.store.session(&opened.session_id.to_string(), now()).await.unwrap().unwrap();
    assert_eq!(detail.now, now());
    assert_eq!(detail.session.session_id, opened.session_id.to_string());
    assert_eq!(detail.session.client_type.as_deref(), opened.client_type.as_deref());
    assert_eq!(detail.session.client_name, opened.client_name);
    assert_eq!(detail.session.client_version, opened.client_version);
    assert_eq!(detail.session.protocol_version.as_deref(), opened.protocol_version.as_deref());
    assert_eq!(detail.session.attribution, "transport");
    assert_eq!(detail.session.user_agent, opened.user_agent);
    assert_eq!(detail.session.connected_at, opened.connected_at);
    assert_eq!(detail.session.p95_ms, Some(12.345));
    assert_eq!(detail.client_capabilities, opened.client_capabilities);
    assert_eq!(detail.peer, opened.peer);
    assert_eq!(detail.server_instance, opened.server_instance.to_string());
}

/// A day in the life of a few sessions: opened, called, idle, ended, with failures between.
fn story(on: &Fixture, dice: &mut Dice) -> Vec<Change> {
    let sessions: Vec<_> = (1..=5).map(|number| Arc::new(session(number, ago(4_000)))).collect();
    let mut changes: Vec<Change> = sessions.iter().take(3).map(|session| Change::Opened(Arc::clone(session))).collect();
    for step in 0..300 {
        let session = dice.pick(&sessions);
        let at = ago(3_900 - step * 10);
        changes.push(match dice.roll(30) {
            0 => idle_before(at - TimeDelta::minutes(2)),
            1 if step > 150 => gone(&session, DisconnectReason::ClientDisconnect, at),
            _ => Change::Request(RequestRecord {
                outcome: dice.pick(&Outcome::ALL),
                method: dice.pick(&["tools/call", "tools/list", "ping"]).into(),
                duration: Duration::from_micros(dice.roll(4_000_000)),
                ..on.call(&session, at)
            }),
        });
    }
    changes
}

fn requests_of(changes: &[Change]) -> Vec<&RequestRecord> {
    changes
        .iter()
        .filter_map(|change| if let Change::Request(request) = change { Some(request) } else { None })
        .collect()
}

pub async fn the_same_batch_twice_changes_nothing(mut on: Fixture) {
    let changes = story(&on, &mut Dice::new(1));
    let requests = requests_of(&changes).len() as u64;
    assert_eq!(on.apply(&changes).await, (requests, 5));
    let before = on.everything().await;
    assert_eq!(on.apply(&changes).await, (0, 0));
    assert_eq!(on.everything().await, before);
}

pub async fn all_batches_again_change_nothing(mut on: Fixture) {
    let changes = story(&on, &mut Dice::new(2));
    for batch in changes.chunks(17) {
        on.apply(batch).await;
    }
    let before = on.everything().await;
    for batch in changes.chunks(23) {
        assert_eq!(on.apply(batch).await, (0, 0));
    }
    assert_eq!(on.everything().await, before);
}

pub async fn counters_are_the_sums_of_the_rows(mut on: Fixture) {
    let changes = story(&on, &mut Dice::new(3));
    // Some of it again, in between and out of place: a spool that was cut too late.
    for batch in changes.chunks(40) {
        on.apply(batch).await;
        on.apply(&batch[batch.len() / 2..]).await;
    }
    let requests = requests_of(&changes);
    for row in on.all_sessions().await {
        let of_session: Vec<&&RequestRecord> = requests
            .iter()
            .filter(|request| request.session.as_ref().is_some_and(|s| s.id().to_string() == row.session_id))
            .collect();
        assert_eq!(row.total_requests, of_session.len() as u64);
        assert_eq!(row.failed_requests, of_session.iter().filter(|r| r.outcome.is_error()).count() as u64);
        let latest = of_session.iter().map(|r| r.timestamp + TimeDelta::from_std(r.duration).unwrap()).max();
        assert_eq!(Some(row.last_activity), latest);
        let stored =
            on.all_requests(&RequestFilter { session: Some(row.session_id.clone()), ..RequestFilter::default() }).await;
        assert_eq!(stored.len() as u64, row.total_requests);
    }
}

pub async fn a_request_opens_its_missing_session(mut on: Fixture) {
    let opened = Arc::new(session(1, ago(60)));
    let request = on.call(&opened, ago(50));
    assert_eq!(on.apply(&[Change::Request(request)]).await, (1, 1));
    let later = Change::Opened(Arc::new(session(1, ago(10))));
    assert_eq!(on.apply(&[later]).await, (0, 0), "it is open already");
    let row = on.all_sessions().await.remove(0);
    assert_eq!((row.connected_at, row.total_requests), (ago(60), 1));
}

pub async fn a_request_names_a_stored_session_by_its_id(mut on: Fixture) {
    let opened = Arc::new(session(1, ago(60)));
    let of = |id| RequestRecord { session: Some(SessionRef::Stored(id)), ..on.call(&opened, ago(50)) };
    let [same_batch, next_batch] = [of(opened.session_id), of(opened.session_id)];
    let of_none = of(Uuid::from_u128(2));
    on.apply(&[Change::Opened(Arc::clone(&opened)), Change::Request(same_batch.clone())]).await;
    on.apply(&[Change::Request(next_batch.clone()), Change::Request(of_none.clone())]).await;

    let id = opened.session_id.to_string();
    for request in [&same_batch, &next_batch] {
        let detail = on.store.request(&request.id.to_string()).await.unwrap().unwrap();
        assert_eq!(detail.request.session_id.as_ref(), Some(&id));
    }
    let detail = on.store.request(&of_none.id.to_string()).await.unwrap().unwrap();
    assert_eq!(detail.request.session_id, None, "a session that is not there is not made up");
    assert_eq!(on.store.session(&id, now()).await.unwrap().unwrap().session.total_requests, 2);
    let coverage = on.store.coverage(now()).await.unwrap();
    assert_eq!((coverage.requests, coverage.with_session), (3, 2));
}

pub async fn of_two_records_of_one_id_the_first_counts(mut on: Fixture) {
    let (one, other) = (Arc::new(session(1, ago(60))), Arc::new(session(2, ago(60))));
    let first = on.call(&one, ago(50));
    let second = RequestRecord { id: first.id, outcome: Outcome::Internal, ..on.call(&other, ago(40)) };
    let applied = on.apply(&[Change::Request(first.clone()), Change::Request(second.clone())]).await;
    assert_eq!(applied, (1, 2));
    assert_eq!(on.apply(&[Change::Request(second)]).await, (0, 0));
    assert_eq!(totals(&on.store, one.session_id).await, Some((1, 0)));
    assert_eq!(totals(&on.store, other.session_id).await, Some((0, 0)));
    let stored = on.store.request(&first.id.to_string()).await.unwrap().unwrap();
    assert_eq!(stored.request.outcome, Outcome::Ok);
}

pub async fn batches_of_every_size_are_written(mut on: Fixture) {
    let mut written = 0;
    for size in (0..=70).chain([127, 128, 129, 200]) {
        // Each request of a session of its own, so that rows of every kind come in that number.
        let changes: Vec<Change> = (0..size)
            .map(|number| {
                let own = Arc::new(session(1_000_000 + u128::from(written + number), ago(100)));
                Change::Request(on.call(&own, ago(90)))
            })
            .collect();
        assert_eq!(on.apply(&changes).await, (size, size));
        written += size;
    }
    assert_eq!(on.store.requests(&RequestFilter::default(), now()).await.unwrap().total, written);
    assert!(on.all_sessions().await.iter().all(|session| session.total_requests == 1));
}

pub async fn a_request_without_a_session_is_kept(mut on: Fixture) {
    let nobody = Arc::new(session(1, ago(60)));
    let request = RequestRecord {
        session: None,
        client_type: None,
        method: "GET".into(),
        tool_name: None,
        outcome: Outcome::Denied,
        http_status: Some(403),
        rpc_id: None,
        protocol_version: None,
        ..on.call(&nobody, ago(50))
    };
    assert_eq!(on.apply(&[Change::Request(request.clone())]).await, (1, 0));
    let detail = on.store.request(&request.id.to_string()).await.unwrap().unwrap();
    assert_eq!((detail.request.session_id, detail.request.client_type), (None, None));
    assert_eq!((detail.previous, detail.next, detail.rpc_id), (None, None, None));
    assert_eq!(detail.http_status, Some(403));
}

pub async fn an_empty_batch_is_nothing(mut on: Fixture) {
    assert_eq!(on.apply(&[]).await, (0, 0));
}

pub async fn the_largest_values_are_kept(mut on: Fixture) {
    let opened = Arc::new(session(u128::MAX, ago(60)));
    let request = RequestRecord {
        id: Uuid::max(),
        error_code: Some(i64::MIN),
        error_message: Some("x".repeat(100_000)),
        duration: Duration::from_hours(100 * 365 * 24),
        request_bytes: i64::MAX.unsigned_abs(),
        http_status: Some(u16::MAX),
        ..on.call(&opened, ago(50))
    };
    on.apply(&[Change::Request(request.clone())]).await;
    let detail = on.store.request(&Uuid::max().to_string()).await.unwrap().unwrap();
    assert_eq!(detail.request.error_code, request.error_code);
    assert_eq!(detail.error_message, request.error_message);
    assert!((detail.request.duration_ms - millis(request.duration)).abs() < f64::EPSILON);
    assert_eq!(detail.request.request_bytes, request.request_bytes);
    assert_eq!(detail.http_status, request.http_status);
}
