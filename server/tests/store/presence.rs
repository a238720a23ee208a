//! Sessions come, fall idle, and go.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use tracon::store::{Change, DisconnectReason, RequestRecord, SessionRecord, Silence};
use tracon_app::reports::{Outcome, Presence, SessionRow};
use uuid::Uuid;

use crate::fixture::{Fixture, INSTANCE, ago, gone, idle_before, now, session, totals};

async fn row(on: &Fixture, session: &SessionRecord) -> SessionRow {
    on.store.session(&session.session_id.to_string(), now()).await.unwrap().unwrap().session
}

pub async fn a_session_opens_active(mut on: Fixture) {
    let opened = Arc::new(session(1, ago(600)));
    on.apply(&[Change::Opened(Arc::clone(&opened))]).await;
    let row = row(&on, &opened).await;
    assert_eq!(row.presence, Presence::Active);
    assert_eq!((row.connected_at, row.last_activity), (ago(600), ago(600)));
    assert_eq!((row.disconnected_at, row.disconnect_reason, row.p95_ms), (None, None, None));
}

pub async fn a_request_wakes_an_idle_session(mut on: Fixture) {
    let opened = Arc::new(session(1, ago(600)));
    on.apply(&[Change::Opened(Arc::clone(&opened)), idle_before(ago(300))]).await;
    assert_eq!(row(&on, &opened).await.presence, Presence::Idle);
    let call = Change::Request(on.call(&opened, ago(200)));
    on.apply(&[call]).await;
    assert_eq!(row(&on, &opened).await.presence, Presence::Active);

    // In one batch, the order decides.
    let call = Change::Request(on.call(&opened, ago(100)));
    on.apply(&[call, idle_before(ago(50))]).await;
    assert_eq!(row(&on, &opened).await.presence, Presence::Idle);
}

pub async fn presence_follows_its_changes(mut on: Fixture) {
    let opened = Arc::new(session(1, ago(600)));
    on.apply(&[Change::Opened(Arc::clone(&opened))]).await;
    for (change, presence) in [
        (idle_before(ago(500)), Presence::Idle),
        (Change::Seen { session_id: opened.session_id, at: ago(400) }, Presence::Idle),
        (Change::Request(on.call(&opened, ago(350))), Presence::Active),
        (idle_before(ago(360)), Presence::Active),
        (idle_before(ago(300)), Presence::Idle),
        (gone(&opened, DisconnectReason::ClientDisconnect, ago(200)), Presence::Disconnected),
    ] {
        on.apply(&[change]).await;
        assert_eq!(row(&on, &opened).await.presence, presence);
    }
    let row = row(&on, &opened).await;
    assert_eq!(row.disconnected_at, Some(ago(200)));
    assert_eq!(row.disconnect_reason.as_deref(), Some("client_disconnect"));
    let activity = ago(350) + TimeDelta::microseconds(1_500);
    assert_eq!(row.last_activity, activity, "presence is not activity");
}

pub async fn an_ended_session_stays_ended(mut on: Fixture) {
    let opened = Arc::new(session(1, ago(600)));
    let call = RequestRecord { outcome: Outcome::Disconnected, ..on.call(&opened, ago(310)) };
    on.apply(&[Change::Opened(Arc::clone(&opened)), gone(&opened, DisconnectReason::Timeout, ago(300))]).await;
    on.apply(&[
        Change::Request(call),
        idle_before(ago(280)),
        gone(&opened, DisconnectReason::ServerShutdown, ago(270)),
    ])
    .await;
    let row = row(&on, &opened).await;
    assert_eq!(row.presence, Presence::Disconnected);
    assert_eq!(row.disconnect_reason.as_deref(), Some("timeout"), "it ended once");
    assert_eq!(row.disconnected_at, Some(ago(300)));
    assert_eq!((row.total_requests, row.failed_requests), (1, 1), "a late request counts");
}

pub async fn a_presence_change_of_no_session_says_nothing(mut on: Fixture) {
    let missing = Arc::new(session(1, ago(600)));
    let seen = Change::Seen { session_id: missing.session_id, at: ago(400) };
    let applied = on.apply(&[seen, gone(&missing, DisconnectReason::Timeout, ago(300))]).await;
    assert_eq!(applied, (0, 0));
    assert!(on.all_sessions().await.is_empty());
    let call = Change::Request(on.call(&missing, ago(200)));
    on.apply(&[call]).await;
    assert_eq!(row(&on, &missing).await.presence, Presence::Active);
}

pub async fn a_late_idle_does_not_undo_the_request_after_it(mut on: Fixture) {
    let opened = Arc::new(session(1, ago(600)));
    let call = Change::Request(on.call(&opened, ago(200)));
    let batch = [Change::Opened(Arc::clone(&opened)), idle_before(ago(300)), call];
    on.apply(&batch).await;
    assert_eq!(row(&on, &opened).await.presence, Presence::Active);
    on.apply(&batch).await;
    assert_eq!(row(&on, &opened).await.presence, Presence::Active);
}

pub async fn last_activity_is_the_latest_end_of_a_request(mut on: Fixture) {
    let opened = Arc::new(session(1, ago(600)));
    let long = RequestRecord { duration: Duration::from_secs(90), ..on.call(&opened, ago(200)) };
    let short = on.call(&opened, ago(150));
    on.apply(&[Change::Request(long), Change::Request(short)]).await;
    assert_eq!(row(&on, &opened).await.last_activity, ago(110));
    let earlier = on.call(&opened, ago(500));
    on.apply(&[Change::Request(earlier)]).await;
    assert_eq!(row(&on, &opened).await.last_activity, ago(110));
}

pub async fn sessions_left_open_by_another_process_are_closed(mut on: Fixture) {
    let dead = Uuid::from_u128(0xdead);
    let of = |number, instance| Arc::new(SessionRecord { server_instance: instance, ..session(number, ago(600)) });
    let (active, fell_idle, ended, ours) = (of(1, dead), of(2, dead), of(3, dead), of(4, INSTANCE));
    let call = RequestRecord { duration: Duration::from_micros(2_500_001), ..on.call(&active, ago(400)) };
    on.apply(&[
        Change::Request(call),
        Change::Opened(Arc::clone(&fell_idle)),
        idle_before(ago(590)),
        Change::Opened(Arc::clone(&ended)),
        gone(&ended, DisconnectReason::ClientDisconnect, ago(500)),
        Change::Opened(Arc::clone(&ours)),
    ])
    .await;

    assert_eq!(on.writer.close_left_open(INSTANCE).await.unwrap(), 2);
    let closed = row(&on, &active).await;
    assert_eq!(closed.presence, Presence::Disconnected);
    assert_eq!(closed.disconnect_reason.as_deref(), Some("server_restart"));
    assert_eq!(closed.disconnected_at, Some(ago(400) + TimeDelta::microseconds(2_500_001)));
    assert_eq!(closed.last_activity, ago(400) + TimeDelta::microseconds(2_500_001));
    assert_eq!((closed.total_requests, closed.failed_requests), (1, 0), "counters stay");
    assert_eq!(row(&on, &fell_idle).await.disconnected_at, Some(ago(600)));
    assert_eq!(row(&on, &ended).await.disconnect_reason.as_deref(), Some("client_disconnect"));
    assert_eq!(row(&on, &ours).await.presence, Presence::Active);
    assert_eq!(on.writer.close_left_open(INSTANCE).await.unwrap(), 0);
}

pub async fn totals_of_a_session_are_those_of_its_rows(mut on: Fixture) {
    let opened = Arc::new(session(1, ago(600)));
    assert_eq!(totals(&on.store, opened.session_id).await, None);
    on.apply(&[Change::Opened(Arc::clone(&opened))]).await;
    assert_eq!(totals(&on.store, opened.session_id).await, Some((0, 0)));
    let changes: Vec<Change> =
        Outcome::ALL.map(|outcome| Change::Request(RequestRecord { outcome, ..on.call(&opened, ago(500)) })).into();
    on.apply(&changes).await;
    assert_eq!(totals(&on.store, opened.session_id).await, Some((10, 8)));
}

pub async fn connected_sessions_leave_probes_out(mut on: Fixture) {
    assert_eq!(on.store.connected_sessions().await.unwrap(), (0, 0));
    let probe = Arc::new(SessionRecord { is_probe: true, ..session(1, ago(600)) });
    let sessions: Vec<_> = (2..=6).map(|number| Arc::new(session(number, ago(600)))).collect();
    on.apply(&[Change::Opened(probe)]).await;
    on.apply(&sessions.iter().map(|session| Change::Opened(Arc::clone(session))).collect::<Vec<_>>()).await;
    on.apply(&[Change::Request(on.call(&sessions[2], ago(20))), idle_before(ago(30))]).await;
    on.apply(&[gone(&sessions[1], DisconnectReason::Timeout, ago(10))]).await;
    assert_eq!(on.store.connected_sessions().await.unwrap(), (1, 3));
}

pub async fn silence_makes_sessions_idle_and_ends_them_when_they_were_last_heard_of(mut on: Fixture) {
    let sessions: Vec<_> = (1..=5).map(|number| Arc::new(session(number, ago(9_000)))).collect();
    on.apply(&sessions.iter().map(|session| Change::Opened(Arc::clone(session))).collect::<Vec<_>>()).await;
    let called = |session: &Arc<SessionRecord>, seconds| {
        Change::Request(RequestRecord { duration: Duration::ZERO, ..on.call(session, ago(seconds)) })
    };
    let seen = |session: &SessionRecord, seconds| Change::Seen { session_id: session.session_id, at: ago(seconds) };
    let batch = [
        called(&sessions[0], 100),
        called(&sessions[1], 600),
        called(&sessions[2], 3_000),
        called(&sessions[3], 3_000),
        seen(&sessions[3], 500),
        seen(&sessions[3], 700),
        seen(&sessions[4], 2_500),
        // In the order of the batch.
        Change::Swept(Silence { idle_before: ago(300), gone_before: ago(1_800) }),
        called(&sessions[1], 50),
    ];
    on.apply(&batch).await;
    let mut found = Vec::new();
    for session in &sessions {
        let row = row(&on, session).await;
        found.push((row.presence, row.disconnected_at, row.disconnect_reason));
    }
    let gone = |at| (Presence::Disconnected, Some(at), Some("timeout".to_owned()));
    assert_eq!(
        found,
        [
            (Presence::Active, None, None),
            (Presence::Active, None, None),
            gone(ago(3_000)),
            (Presence::Idle, None, None),
            gone(ago(2_500)),
        ]
    );
}

pub async fn a_request_that_began_after_a_presumed_end_shows_that_there_was_none(mut on: Fixture) {
    for (number, reason, comes_back) in [
        (1, DisconnectReason::Timeout, true),
        (2, DisconnectReason::ServerRestart, true),
        (3, DisconnectReason::ClientDisconnect, false),
        (4, DisconnectReason::ServerShutdown, true),
    ] {
        let opened = Arc::new(session(number, ago(600)));
        on.apply(&[Change::Opened(Arc::clone(&opened)), gone(&opened, reason, ago(300))]).await;
        let before = on.call(&opened, ago(301));
        on.apply(&[Change::Request(before)]).await;
        assert_eq!(row(&on, &opened).await.presence, Presence::Disconnected, "{reason:?}");
        let after = on.call(&opened, ago(200));
        on.apply(&[Change::Request(after)]).await;
        let row = row(&on, &opened).await;
        let expected = if comes_back { Presence::Active } else { Presence::Disconnected };
        assert_eq!((row.presence, row.total_requests), (expected, 2), "{reason:?}");
        assert_eq!(row.disconnected_at.is_none(), comes_back);
        assert_eq!(row.disconnect_reason.is_none(), comes_back);
    }
}

pub async fn the_only_server_that_stops_ends_all_sessions(mut on: Fixture) {
    let (own, left) = (Arc::new(session(1, ago(600))), Arc::new(session(2, ago(600))));
    let left = Arc::new(SessionRecord { server_instance: Uuid::from_u128(0xdead), ..(*left).clone() });
    on.apply(&[
        Change::Opened(Arc::clone(&own)),
        Change::Opened(Arc::clone(&left)),
        Change::Stopped { instance: INSTANCE, at: ago(100) },
    ])
    .await;
    for session in [own, left] {
        let row = row(&on, &session).await;
        assert_eq!((row.disconnected_at, row.disconnect_reason.as_deref()), (Some(ago(100)), Some("server_shutdown")));
    }
}
