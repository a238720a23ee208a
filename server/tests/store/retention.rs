//! What is too old or too much goes; its figures stay.

use std::{fmt::Write, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use tracon::store::{Change, DisconnectReason, ParkedSession, Payload, RequestRecord, RetentionPolicy, SessionRecord};
use tracon_app::reports::{Captured, RequestFilter, TimeRange};
use uuid::Uuid;

use crate::fixture::{Dice, Engine, Fixture, Place, gone, now, session, totals};

const DAY: Duration = Duration::from_hours(24);

pub const POLICY: RetentionPolicy = RetentionPolicy {
    requests: Duration::from_hours(7 * 24),
    payloads: Duration::from_hours(2 * 24),
    sessions: Duration::from_hours(14 * 24),
    minute_buckets: DAY,
    hour_buckets: Duration::from_hours(10 * 24),
    quota_bytes: 1 << 40,
};

fn days_ago(days: i64) -> DateTime<Utc> {
    now() - TimeDelta::days(days)
}

/// Steps until there is nothing more to do; how many rows that deleted.
async fn retain(on: &mut Fixture, policy: &RetentionPolicy, now: DateTime<Utc>) -> u64 {
    let mut deleted = 0;
    for _ in 0..10_000 {
        let retained = on.writer.retain(policy, now).await.unwrap();
        assert!(retained.deleted <= 1_000, "a step is small: {}", retained.deleted);
        deleted += retained.deleted;
        if !retained.more {
            return deleted;
        }
    }
    panic!("it never ends");
}

/// One that does not get smaller by being compressed, as PostgreSQL does.
fn payload(dice: &mut Dice, bytes: usize) -> Payload {
    let mut json = String::new();
    while json.len() < bytes {
        write!(json, "{:016x}", dice.roll(u64::MAX)).unwrap();
    }
    Payload { arguments: None, result: Some(Captured { json, is_cut: true }.into()) }
}

/// The bytes of all files of the database.
async fn on_disk(on: &Fixture) -> u64 {
    match &on.place {
        Place::Folder(folder) => {
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
        }
        // It says so itself, and has no other files.
        Place::Server(_) => on.store.size().await.unwrap(),
    }
}

pub async fn each_kind_goes_at_its_age_and_its_figures_stay(mut on: Fixture) {
    let mut dice = Dice::new(30);
    for day in 0..20_u32 {
        let at = days_ago(day.into());
        let own = Arc::new(session(1 + u128::from(day), at));
        let call = RequestRecord { payload: Some(Box::new(payload(&mut dice, 100))), ..on.call(&own, at) };
        let (session_id, state) = (own.session_id, "{}".to_owned());
        let parked = ParkedSession { session_id, transport_session_id: day.to_string(), state, at };
        on.apply(&[
            Change::Request(call),
            gone(&own, DisconnectReason::Timeout, at + TimeDelta::minutes(5)),
            Change::Parked(parked),
        ])
        .await;
    }
    let month = on.store.overview(TimeRange::Month, now()).await.unwrap();
    assert!(retain(&mut on, &POLICY, now()).await > 0);
    assert_eq!(retain(&mut on, &POLICY, now()).await, 0, "all that is too old is gone");

    let listed = on.all_requests(&RequestFilter::default()).await;
    assert_eq!(listed.len(), 8, "the requests of seven days, and that of the moment seven days ago");
    let mut with_payload = 0;
    for row in &listed {
        let detail = on.store.request(&row.id).await.unwrap().unwrap();
        with_payload += i32::from(detail.result.is_some());
    }
    assert_eq!(with_payload, 3, "the payloads of two days");
    let sessions = on.all_sessions().await;
    assert_eq!(sessions.len(), 15, "the sessions of fourteen days, most of them without their requests");
    assert!(sessions.iter().all(|session| session.total_requests == 1), "their counters stay");
    for day in 0..20 {
        let is_there = on.store.parked_session(&day.to_string()).await.unwrap().is_some();
        assert_eq!(is_there, day <= 14, "what would bring a session back goes with the sessions: {day}");
    }

    let after = on.store.overview(TimeRange::Month, now()).await.unwrap();
    assert_eq!((after.totals, after.buckets), (month.totals, month.buckets), "the figures of the days stay");
    assert_eq!(on.store.overview(TimeRange::Week, now()).await.unwrap().totals.requests, 8, "those of the hours too");
    let earlier = on.store.overview(TimeRange::Week, days_ago(9)).await.unwrap();
    assert_eq!(earlier.totals.requests, 1, "but not those of ten days ago and before");
    assert_eq!(on.store.overview(TimeRange::Hour, now()).await.unwrap().totals.requests, 1);
    assert_eq!(on.store.overview(TimeRange::Hour, days_ago(1)).await.unwrap().totals.requests, 0, "no older minute");
}

pub async fn a_session_stays_while_it_is_open_or_has_requests(mut on: Fixture) {
    let policy = RetentionPolicy { sessions: DAY, minute_buckets: POLICY.hour_buckets, ..POLICY };
    let [open, busy, gone_now, old] = [1, 2, 3, 4].map(|number| Arc::new(session(number, days_ago(5))));
    on.apply(&[
        Change::Opened(Arc::clone(&open)),
        Change::Request(on.call(&busy, days_ago(4))),
        gone(&busy, DisconnectReason::Timeout, days_ago(4)),
        Change::Opened(Arc::clone(&gone_now)),
        gone(&gone_now, DisconnectReason::Timeout, now()),
        Change::Opened(Arc::clone(&old)),
        gone(&old, DisconnectReason::Timeout, days_ago(3)),
    ])
    .await;
    assert_eq!(retain(&mut on, &policy, now()).await, 1);
    assert!(on.store.session(&old.session_id.to_string(), now()).await.unwrap().is_none());
    // When its requests have gone, so may it.
    retain(&mut on, &policy, now() + TimeDelta::days(4)).await;
    assert!(on.store.session(&busy.session_id.to_string(), now()).await.unwrap().is_none());
    assert!(on.store.session(&open.session_id.to_string(), now()).await.unwrap().is_some());
}

pub async fn a_quota_is_kept_while_writing_goes_on_and_space_is_given_back(mut on: Fixture) {
    const QUOTA: u64 = 80 << 20;
    let policy = RetentionPolicy { quota_bytes: QUOTA, payloads: DAY * 7, ..POLICY };
    let own = Arc::new(session(1, now()));
    let mut dice = Dice::new(31);
    let (mut at, mut written) = (now(), 0);
    // Three days in steps of half an hour: twice as much as there may be.
    for _ in 0..144 {
        at += TimeDelta::minutes(30);
        let batch: Vec<Change> = (0..280)
            .map(|number| {
                let at = at - TimeDelta::seconds(600) + TimeDelta::seconds(2 * number);
                let bytes = usize::try_from(dice.roll(8_000)).unwrap();
                Change::Request(RequestRecord {
                    payload: Some(Box::new(payload(&mut dice, bytes))),
                    ..on.call(&own, at)
                })
            })
            .collect();
        written += on.apply(&batch).await.0;
        retain(&mut on, &policy, at).await;
        let size = on.store.size().await.unwrap();
        assert!(size <= QUOTA, "{size} of {QUOTA}");
        assert!(on_disk(&on).await <= QUOTA + (8 << 20), "{} on disk", on_disk(&on).await);
    }
    assert!(on.store.size().await.unwrap() > QUOTA / 2, "it goes no further than it must");
    let total = on.store.requests(&RequestFilter::default(), at).await.unwrap().total;
    assert_eq!(total, written, "payloads go before requests");
    let oldest = on.all_requests(&RequestFilter::default()).await.pop().unwrap();
    assert_eq!(on.store.request(&oldest.id).await.unwrap().unwrap().result, None, "the oldest first");
    let newest = &on.store.requests(&RequestFilter::default(), at).await.unwrap().rows[0];
    assert!(on.store.request(&newest.id).await.unwrap().unwrap().result.is_some());

    // When payloads are not enough, the oldest requests go.
    let narrow = RetentionPolicy { quota_bytes: 4 << 20, ..policy };
    retain(&mut on, &narrow, at).await;
    let left = on.store.requests(&RequestFilter::default(), at).await.unwrap().total;
    assert!(left > 0 && left < written, "{left} of {written}");
    let before = on_disk(&on).await;
    // PostgreSQL keeps the day that is written.
    assert!(before < QUOTA * 2 / 3, "{before} on disk");

    let nothing = RetentionPolicy { requests: Duration::ZERO, ..policy };
    retain(&mut on, &nothing, at + TimeDelta::days(1)).await;
    assert_eq!(on.store.requests(&RequestFilter::default(), at).await.unwrap().total, 0);
    let totals = totals(&on.store, own.session_id).await;
    assert_eq!(totals, Some((written, 0)), "the counters stay");
    let week = on.store.overview(TimeRange::Week, at).await.unwrap();
    assert_eq!(week.totals.requests, written, "and the figures");
}

pub async fn a_look_ends_however_fast_more_gets_too_old(mut on: Fixture) {
    let policy = RetentionPolicy { sessions: DAY, ..POLICY };
    let start = now();
    let mut dice = Dice::new(33);
    let busy = Arc::new(session(1_000, start));
    // As they were written once: every 5 ms a request, what was captured of it, and a session.
    let mut batch = Vec::new();
    for number in 1..=400_u16 {
        let at = start + TimeDelta::milliseconds(5 * i64::from(number));
        let own = Arc::new(session(number.into(), at));
        let payload = Some(Box::new(payload(&mut dice, 100)));
        batch.push(Change::Request(RequestRecord { payload, ..on.call(&busy, at) }));
        batch.extend([Change::Opened(Arc::clone(&own)), gone(&own, DisconnectReason::Timeout, at)]);
    }
    on.apply(&batch).await;
    // The writer takes a step as often, when just these get too old, and some have.
    for kept in [policy.sessions, policy.payloads, policy.requests] {
        let mut at = start + kept + TimeDelta::milliseconds(100);
        let mut steps = 1;
        while on.writer.retain(&policy, at).await.unwrap().more {
            at += TimeDelta::milliseconds(5);
            steps += 1;
        }
        assert!(steps <= 10, "{steps} steps for what is kept {kept:?}");
    }
    retain(&mut on, &policy, start + policy.requests + 2 * DAY).await;
    assert_eq!(on.store.requests(&RequestFilter::default(), now()).await.unwrap().total, 0);
    assert_eq!(session_numbers(&on).await, [1_000]);
}

/// The numbers of all sessions, the oldest first.
async fn session_numbers(on: &Fixture) -> Vec<u128> {
    let mut numbers: Vec<u128> =
        on.all_sessions().await.iter().map(|session| Uuid::parse_str(&session.session_id).unwrap().as_u128()).collect();
    numbers.sort_unstable();
    numbers
}

/// SQLite alone: on PostgreSQL, rows of sessions that are deleted give no space back.
#[tokio::test]
async fn when_requests_are_not_enough_for_the_quota_the_oldest_ended_sessions_go() {
    const QUOTA: u64 = 16 << 20;
    const SESSIONS: u128 = 2_000;
    const BATCH: usize = 200;
    let policy = RetentionPolicy { quota_bytes: QUOTA, ..POLICY };
    let mut on = Fixture::new(Engine::Sqlite).await;
    let mut dice = Dice::new(32);
    let (mut at, mut open) = (now(), Vec::new());
    let numbers: Vec<u128> = (1..=SESSIONS).collect();
    for numbers in numbers.chunks(BATCH) {
        let mut batch = Vec::new();
        for &number in numbers {
            // Each request has a session of its own, as where a client sends another trace with each. A client that says much of
            // itself fills the file with fewer of them.
            at += TimeDelta::seconds(10);
            let Payload { result, .. } = payload(&mut dice, 15_000);
            let capabilities = result.and_then(|kept| kept.plain().map(str::to_owned));
            let own = Arc::new(SessionRecord { client_capabilities: capabilities, ..session(number, at) });
            let (session_id, state) = (own.session_id, "{}".to_owned());
            let parked = ParkedSession { session_id, transport_session_id: format!("transport-{number}"), state, at };
            batch.extend([Change::Request(on.call(&own, at)), Change::Parked(parked)]);
            if number == numbers[0] {
                open.push(number);
            } else {
                batch.push(gone(&own, DisconnectReason::Timeout, at));
            }
        }
        on.apply(&batch).await;
        at += TimeDelta::seconds(1);
        retain(&mut on, &policy, at).await;
        let size = on.store.size().await.unwrap();
        assert!(size <= QUOTA, "{size} of {QUOTA} after {} sessions", numbers[0]);
    }
    assert!(on.store.size().await.unwrap() > QUOTA / 3, "it goes no further than it must");
    let mut left = session_numbers(&on).await;
    left.retain(|number| !open.contains(number));
    let youngest: Vec<u128> = numbers.iter().copied().filter(|number| !open.contains(number)).collect();
    assert!(left.len() > BATCH && youngest.ends_with(&left), "the oldest first, and none else: {left:?}");

    // Those that are open stay, with what would bring them back.
    retain(&mut on, &RetentionPolicy { quota_bytes: 1 << 10, ..policy }, at).await;
    assert_eq!(session_numbers(&on).await, open);
    for number in numbers {
        let parked = on.store.parked_session(&format!("transport-{number}")).await.unwrap();
        assert_eq!(parked.is_some(), open.contains(&number), "{number}");
    }
    assert_eq!(retain(&mut on, &policy, at).await, 0);
}

#[tokio::test]
async fn the_quota_is_kept_of_requests_with_payloads_though_the_writer_never_pauses() {
    const QUOTA: u64 = 8 << 20;
    const MESSAGE: u64 = 4_000;
    let policy = RetentionPolicy { quota_bytes: QUOTA, ..POLICY };
    let mut on = Fixture::new(Engine::Sqlite).await;
    let mut dice = Dice::new(34);
    let own = Arc::new(session(1, now()));
    let message = "m".repeat(usize::try_from(MESSAGE).unwrap());
    // A step behind each batch, and no more.
    for batch in 0..100_i64 {
        let call = |number: i64| {
            let at = now() + TimeDelta::milliseconds(100 * batch + number);
            let payload = Some(Box::new(payload(&mut dice, 100)));
            Change::Request(RequestRecord { error_message: Some(message.clone()), payload, ..on.call(&own, at) })
        };
        let calls: Vec<Change> = (0..50).map(call).collect();
        on.apply(&calls).await;
        on.writer.retain(&policy, now()).await.unwrap();
    }
    let left = on.store.requests(&RequestFilter::default(), now()).await.unwrap().total;
    assert!((500..QUOTA / MESSAGE).contains(&left), "{left}");
}
