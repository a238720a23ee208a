//! Several servers on one PostgreSQL database.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use tracon::store::{
    Change, ForgottenSession, Notice, ParkedSession, PostgresListener, RequestRecord, RetentionPolicy, SessionRecord,
    SessionRef, Silence, Store, Writer,
};
use tracon_app::reports::{Presence, RequestFilter, SessionRow, TimeRange};
use uuid::Uuid;

use crate::{
    fixture::{Engine, Fixture, INSTANCE, Place, ago, key, now, session, totals},
    postgres::Database,
};

#[tokio::test]
async fn servers_that_start_together_migrate_once() {
    let database = Database::new().await;
    let opened = join_all((0..8).map(|_| Store::open(&database.url))).await;
    for opened in opened {
        let (store, writer) = opened.unwrap();
        store.ping().await.unwrap();
        store.close().await;
        writer.close().await.unwrap();
    }
    // None of them leaves a connection behind.
    tokio::time::timeout(Duration::from_secs(20), database.alone()).await.unwrap();
}

const OTHER: Uuid = Uuid::from_u128(0x0002_0000);

/// A server.
async fn one() -> Fixture {
    let mut on = Fixture::new(Engine::Postgres).await;
    on.writer.announce(INSTANCE);
    on
}

/// A second server on the same database.
async fn another(on: &Fixture) -> Writer {
    let (_, mut other) = Store::open(&on.url).await.unwrap();
    other.announce(OTHER);
    assert_eq!(other.close_left_open(OTHER).await.unwrap(), 0);
    other
}

async fn row(on: &Fixture, session: &SessionRecord) -> SessionRow {
    on.store.session(&session.session_id.to_string(), now()).await.unwrap().unwrap().session
}

/// As another server opens it, whose client says the same of itself.
fn reopened(session: &SessionRecord, number: u128, at: DateTime<Utc>) -> Arc<SessionRecord> {
    let key = key(session.key.key, at);
    let (session_id, server_instance) = (Uuid::from_u128(number), OTHER);
    Arc::new(SessionRecord { session_id, key, connected_at: at, server_instance, ..session.clone() })
}

#[tokio::test]
async fn sessions_are_closed_at_a_start_only_when_no_other_server_is_there() {
    let mut on = one().await;
    assert_eq!(on.writer.close_left_open(INSTANCE).await.unwrap(), 0);
    let own = Arc::new(session(1, ago(60)));
    on.apply(&[Change::Opened(Arc::clone(&own))]).await;

    let mut other = another(&on).await;
    assert_eq!(row(&on, &own).await.presence, Presence::Active, "its process is there");
    on.writer.close().await.unwrap();
    // The server lets go of its lock a moment after the connection ended.
    let closed = async { while other.close_left_open(OTHER).await.unwrap() == 0 {} };
    tokio::time::timeout(Duration::from_secs(20), closed).await.unwrap();
    let closed = on.store.session(&own.session_id.to_string(), now()).await.unwrap().unwrap().session;
    assert_eq!(closed.presence, Presence::Disconnected);
    assert_eq!(closed.disconnect_reason.as_deref(), Some("server_restart"));
}

#[tokio::test]
async fn a_session_that_two_servers_open_is_one_row() {
    let mut on = one().await;
    let mut other = another(&on).await;
    let first = Arc::new(session(1, ago(600)));
    on.apply(&[Change::Request(on.call(&first, ago(500)))]).await;
    let second = reopened(&first, 2, ago(400));
    let stored = RequestRecord { session: Some(SessionRef::Stored(second.session_id)), ..on.call(&second, ago(200)) };
    let batch = [Change::Request(on.call(&second, ago(300))), Change::Request(stored)];
    assert_eq!(other.apply(&batch).await.unwrap().sessions, 0);
    // Again, as after a crash before the spool was cut; and later on by the name alone.
    assert!(!other.apply(&batch).await.unwrap().changed);
    let late = RequestRecord { session: Some(SessionRef::Stored(second.session_id)), ..on.call(&second, ago(100)) };
    other.apply(&[Change::Request(late)]).await.unwrap();

    let sessions = on.all_sessions().await;
    assert_eq!(sessions.len(), 1, "{sessions:#?}");
    assert_eq!((sessions[0].total_requests, sessions[0].connected_at), (4, ago(600)));
    assert_eq!(row(&on, &second).await, row(&on, &first).await, "its page is found by either id");
    let page = on.store.session(&first.session_id.to_string(), now()).await.unwrap().unwrap();
    assert_eq!(page.requests.len(), 4);
    assert_eq!(on.store.overview(TimeRange::Hour, now()).await.unwrap().totals.requests, 4);
}

#[tokio::test]
async fn a_session_that_comes_back_after_the_time_out_is_another_row() {
    let mut on = one().await;
    let first = Arc::new(session(1, ago(9_000)));
    on.apply(&[Change::Opened(Arc::clone(&first))]).await;
    // In one batch and before anybody noticed the silence.
    let later = reopened(&first, 2, ago(9_000) + TimeDelta::minutes(31));
    let again = reopened(&first, 3, ago(9_000) + TimeDelta::minutes(32));
    on.apply(&[Change::Opened(later), Change::Opened(Arc::clone(&again))]).await;
    assert_eq!(on.all_sessions().await.len(), 2, "the third is the second");
    let gone_before = ago(9_000) + TimeDelta::minutes(1);
    on.apply(&[Change::Swept(Silence { idle_before: gone_before, gone_before })]).await;
    assert_eq!(row(&on, &first).await.disconnect_reason.as_deref(), Some("timeout"));
    assert_eq!(row(&on, &again).await.presence, Presence::Active);
}

#[tokio::test]
async fn a_client_that_ends_its_session_at_another_server_ends_it() {
    let mut on = one().await;
    let own = Arc::new(session(1, ago(600)));
    on.apply(&[Change::Opened(Arc::clone(&own))]).await;
    let mut other = another(&on).await;
    let (transport_session_id, key) = ("transport-1".to_owned(), own.key.key);
    let forgotten = ForgottenSession { transport_session_id, key, at: ago(300) };
    assert!(other.apply(&[Change::Forgotten(forgotten)]).await.unwrap().changed);
    let ended = row(&on, &own).await;
    assert_eq!(ended.disconnect_reason.as_deref(), Some("client_disconnect"));
    assert_eq!(ended.disconnected_at, Some(ago(300)));
}

#[tokio::test]
async fn one_server_keeps_house_and_another_takes_over_when_it_is_gone() {
    let mut on = one().await;
    let silent = Arc::new(session(1, ago(9_000)));
    on.apply(&[Change::Opened(Arc::clone(&silent))]).await;
    let swept = [Change::Swept(Silence { idle_before: ago(3_600), gone_before: ago(7_200) })];
    let nothing = [Change::Swept(Silence { idle_before: ago(20_000), gone_before: ago(20_000) })];
    on.apply(&nothing).await;
    let mut other = another(&on).await;
    assert!(!other.apply(&swept).await.unwrap().changed, "it is not its turn");
    assert_eq!(row(&on, &silent).await.presence, Presence::Active);
    on.writer.close().await.unwrap();
    let taken_over = async { while !other.apply(&swept).await.unwrap().changed {} };
    tokio::time::timeout(Duration::from_secs(20), taken_over).await.unwrap();
    let ended = on.store.session(&silent.session_id.to_string(), now()).await.unwrap().unwrap().session;
    assert_eq!((ended.presence, ended.disconnected_at), (Presence::Disconnected, Some(ago(9_000))));
}

#[tokio::test]
async fn the_last_server_that_stops_ends_all_sessions_and_no_other() {
    let mut on = one().await;
    let own = Arc::new(session(1, ago(600)));
    on.apply(&[Change::Opened(Arc::clone(&own))]).await;
    let mut other = another(&on).await;
    on.apply(&[Change::Stopped { instance: INSTANCE, at: ago(500) }]).await;
    assert_eq!(row(&on, &own).await.presence, Presence::Active, "it may go on at the other");
    // The first is still connected, but has said that it leaves.
    other.apply(&[Change::Stopped { instance: OTHER, at: ago(400) }]).await.unwrap();
    let ended = row(&on, &own).await;
    assert_eq!(ended.disconnect_reason.as_deref(), Some("server_shutdown"));
    assert_eq!(ended.disconnected_at, Some(ago(400)));
}

#[tokio::test]
async fn the_end_of_an_earlier_process_that_is_written_late_is_not_this_one_s() {
    let mut on = one().await;
    let own = Arc::new(session(1, ago(600)));
    on.apply(&[Change::Opened(Arc::clone(&own))]).await;
    let mut other = another(&on).await;
    // It finds this in its spool at its start.
    on.apply(&[Change::Stopped { instance: Uuid::from_u128(3), at: ago(500) }]).await;
    other.apply(&[Change::Stopped { instance: OTHER, at: ago(400) }]).await.unwrap();
    assert_eq!(row(&on, &own).await.presence, Presence::Active, "the first is there");
    // Where it was the last, nothing ends before it was last heard of.
    on.apply(&[Change::Request(on.call(&own, ago(300))), Change::Stopped { instance: INSTANCE, at: ago(350) }]).await;
    let ended = row(&on, &own).await;
    assert_eq!(ended.disconnected_at, Some(ended.last_activity));
    assert_eq!(ended.last_activity, ago(300) + TimeDelta::microseconds(1_500));
}

#[tokio::test]
async fn what_is_written_late_is_not_of_a_session_that_began_much_later() {
    let mut on = one().await;
    let mut other = another(&on).await;
    let now = Arc::new(session(1, ago(60)));
    on.apply(&[Change::Opened(Arc::clone(&now))]).await;
    let long_ago = reopened(&now, 2, ago(9_000));
    other.apply(&[Change::Request(on.call(&long_ago, ago(9_000)))]).await.unwrap();
    assert_eq!(on.all_sessions().await.len(), 2);
    let a_moment_ago = reopened(&now, 3, ago(90));
    other.apply(&[Change::Opened(a_moment_ago)]).await.unwrap();
    assert_eq!(on.all_sessions().await.len(), 2, "the servers' order of writing says nothing");
}

#[tokio::test]
async fn a_batch_that_comes_again_brings_no_session_back_that_its_client_ended() {
    let mut on = one().await;
    let own = Arc::new(session(1, ago(600)));
    let parked = ParkedSession {
        session_id: own.session_id,
        transport_session_id: "t".to_owned(),
        state: "{}".to_owned(),
        at: ago(600),
    };
    let batch = [Change::Opened(Arc::clone(&own)), Change::Parked(parked)];
    on.apply(&batch).await;
    let mut other = another(&on).await;
    let forgotten = ForgottenSession { transport_session_id: "t".to_owned(), key: own.key.key, at: ago(300) };
    let applied = other.apply(&[Change::Forgotten(forgotten)]).await.unwrap();
    assert_eq!(applied.forgotten, [own.key.key]);
    on.apply(&batch).await;
    assert_eq!(on.store.parked_session("t").await.unwrap(), None);
    assert_eq!(row(&on, &own).await.disconnect_reason.as_deref(), Some("client_disconnect"));
}

#[tokio::test]
async fn what_a_server_writes_the_others_hear() {
    let mut on = one().await;
    let mut listener = on.store.listen(OTHER).unwrap();
    let mut own = on.store.listen(INSTANCE).unwrap();
    let wait = Duration::from_secs(20);
    let next = async |listener: &mut PostgresListener| tokio::time::timeout(wait, listener.next()).await.unwrap();
    assert_eq!(next(&mut listener).await, Notice::Missed, "as at the beginning");
    assert_eq!(next(&mut own).await, Notice::Missed);
    let opened = Arc::new(session(1, ago(600)));
    on.apply(&[Change::Opened(Arc::clone(&opened))]).await;
    assert_eq!(next(&mut listener).await, Notice::Changed);
    let parked = |number: u128| {
        let (session_id, transport_session_id) = (opened.session_id, format!("t{number}"));
        Change::Parked(ParkedSession { session_id, transport_session_id, state: "{}".to_owned(), at: ago(400) })
    };
    on.apply(&(0..450).map(parked).collect::<Vec<_>>()).await;
    // Of the last ten nobody knows anything.
    let forgotten = |number: u128| {
        let (transport_session_id, key) = (format!("t{number}"), Uuid::from_u128(number));
        Change::Forgotten(ForgottenSession { transport_session_id, key, at: ago(300) })
    };
    on.apply(&(0..460).map(forgotten).collect::<Vec<_>>()).await;
    let mut heard = Vec::new();
    while heard.len() < 450 {
        let Notice::Forgotten(keys) = next(&mut listener).await else { panic!("keys are told") };
        heard.extend(keys);
    }
    assert_eq!(heard, (0..450).map(Uuid::from_u128).collect::<Vec<_>>());

    // A connection that is lost is made again, and what may have been missed is said.
    let Place::Server(database) = &on.place else { panic!("it is on PostgreSQL") };
    database.refuse_connections(true).await;
    database.refuse_connections(false).await;
    assert_eq!(next(&mut listener).await, Notice::Missed);
    // Nothing of what a server does itself is news to it.
    assert_eq!(next(&mut own).await, Notice::Missed);
}

#[tokio::test]
async fn a_server_goes_on_after_a_newer_one_has_migrated() {
    let mut on = one().await;
    let own = Arc::new(session(1, ago(60)));
    on.apply(&[Change::Request(on.call(&own, ago(50)))]).await;
    let filter = RequestFilter::default();
    assert_eq!(on.store.requests(&filter, now()).await.unwrap().total, 1);
    // Migrations add, and say nothing to what is there.
    let options: PgConnectOptions = on.url.parse().unwrap();
    let mut newer = options.connect().await.unwrap();
    let added = "ALTER TABLE archon_mcp_sessions ADD COLUMN team TEXT; ALTER TABLE archon_mcp_requests ADD COLUMN cost BIGINT;
         ALTER TABLE archon_mcp_rollups ADD COLUMN cost BIGINT NOT NULL DEFAULT 0; CREATE TABLE archon_mcp_teams (id UUID);
         INSERT INTO _sqlx_migrations SELECT 9999, 'newer', now(), TRUE, 'x', 1";
    sqlx::raw_sql(added).execute(&mut newer).await.unwrap();
    on.apply(&[Change::Request(on.call(&own, ago(40)))]).await;
    assert_eq!(on.store.requests(&filter, now()).await.unwrap().total, 2);
    assert_eq!(on.store.overview(TimeRange::Hour, now()).await.unwrap().totals.requests, 2);
    assert_eq!(row(&on, &own).await.total_requests, 2);
}

#[tokio::test]
async fn a_day_that_another_server_dropped_is_made_again_for_a_late_record() {
    let mut on = Fixture::new(Engine::Postgres).await;
    let own = Arc::new(session(1, ago(90_000)));
    on.apply(&[Change::Request(on.call(&own, ago(86_400)))]).await;
    let (_, mut other) = Store::open(&on.url).await.unwrap();
    let policy = RetentionPolicy {
        requests: Duration::ZERO,
        payloads: Duration::ZERO,
        sessions: Duration::from_hours(1_000),
        minute_buckets: Duration::from_hours(1_000),
        hour_buckets: Duration::from_hours(1_000),
        quota_bytes: u64::MAX,
    };
    while other.retain(&policy, now()).await.unwrap().more {}
    assert_eq!(on.store.requests(&RequestFilter::default(), now()).await.unwrap().total, 0);

    let late = [Change::Request(on.call(&own, ago(86_399)))];
    let error = on.writer.apply(&late).await.unwrap_err();
    assert!(error.is_transient(), "it is not the record's fault: {error}");
    assert_eq!(on.writer.apply(&late).await.unwrap().requests, 1);
}

#[tokio::test]
async fn batches_of_two_servers_add_up() {
    let on = Fixture::new(Engine::Postgres).await;
    let (_, other) = Store::open(&on.url).await.unwrap();
    let own: Arc<SessionRecord> = Arc::new(session(1, ago(600)));
    let batches: Vec<Vec<Change>> =
        (0..40).map(|_| (0..25).map(|_| Change::Request(on.call(&own, ago(300)))).collect()).collect();
    let (mine, theirs) = batches.split_at(20);
    let write = async |mut writer: tracon::store::Writer, batches: &[Vec<Change>]| {
        for batch in batches {
            writer.apply(batch).await.unwrap();
        }
    };
    tokio::join!(write(on.writer, mine), write(other, theirs));
    assert_eq!(totals(&on.store, own.session_id).await, Some((1_000, 0)));
    let overview = on.store.overview(TimeRange::Hour, now()).await.unwrap();
    assert_eq!(overview.totals.requests, 1_000, "the figures are those of the rows");
}

#[tokio::test]
async fn a_batch_that_meets_a_stopped_server_is_transient_and_written_when_it_is_back() {
    let mut on = Fixture::new(Engine::Postgres).await;
    let own = Arc::new(session(1, ago(60)));
    on.apply(&[Change::Request(on.call(&own, ago(50)))]).await;
    let Place::Server(database) = &on.place else { panic!("it is on PostgreSQL") };
    database.refuse_connections(true).await;
    let batch = [Change::Request(on.call(&own, ago(40)))];
    for _ in 0..2 {
        let error = on.writer.apply(&batch).await.unwrap_err();
        assert!(error.is_transient(), "{error}");
    }
    assert!(on.store.ping().await.unwrap_err().is_transient());
    database.refuse_connections(false).await;
    assert_eq!(on.writer.apply(&batch).await.unwrap().requests, 1);
    assert_eq!(totals(&on.store, own.session_id).await, Some((2, 0)));
}
