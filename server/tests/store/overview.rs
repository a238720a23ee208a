//! The figures of `/`.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use proptest::{collection::vec, prelude::*, test_runner::TestRunner};
use tracon::store::{Change, DisconnectReason, RequestRecord, SessionRecord};
use tracon_app::reports::{Outcome, Overview, RequestFilter, TimeRange, Totals};

use crate::fixture::{Dice, Fixture, ago, gone, idle_before, is_close, millis, now, percentile, session};

pub async fn an_empty_database_has_an_overview(on: Fixture) {
    for range in TimeRange::ALL {
        let overview = on.store.overview(range, now()).await.unwrap();
        assert_eq!((overview.range, overview.now), (range, now()));
        assert_eq!((overview.active_sessions, overview.idle_sessions), (0, 0));
        assert_eq!((overview.totals, overview.previous), (Totals::default(), Totals::default()));
        assert!(overview.buckets.iter().all(|bucket| bucket.outcomes.is_empty() && bucket.p99_ms.is_none()));
        assert!(overview.top_tools.is_empty() && overview.connected.is_empty() && overview.newest.is_empty());
    }
}

/// Requests over twice the length of the range and a little beyond, at odd times and at the edges of buckets.
fn spread(on: &Fixture, range: TimeRange, dice: &mut Dice, count: i64) -> Vec<RequestRecord> {
    let session = Arc::new(session(1, now() - TimeDelta::days(90)));
    let length = range.length().num_microseconds().unwrap();
    (0..count)
        .map(|number| {
            let back = i64::try_from(dice.roll(length.unsigned_abs() * 9 / 4)).unwrap();
            let at = now() - TimeDelta::microseconds(back);
            let edge = at.timestamp() - at.timestamp() % range.bucket().num_seconds();
            let at = match number % 10 {
                0 => DateTime::from_timestamp(edge, 0).unwrap(),
                1 => DateTime::from_timestamp(edge, 0).unwrap() - TimeDelta::microseconds(1),
                _ => at,
            };
            RequestRecord {
                outcome: dice.pick(&Outcome::ALL),
                tool_name: Some(format!("tool_{}", dice.roll(15)).into()),
                duration: Duration::from_micros(dice.roll(50) * dice.roll(20_000)),
                response_bytes: dice.roll(10_000),
                response_tokens: (number % 3 > 0).then(|| u32::try_from(dice.roll(2_500)).unwrap()),
                ..on.call(&session, at)
            }
        })
        .collect()
}

fn totals<'a>(rows: impl Iterator<Item = &'a RequestRecord>) -> Totals {
    let rows: Vec<_> = rows.collect();
    let durations: Vec<f64> = rows.iter().map(|row| millis(row.duration)).collect();
    Totals {
        requests: rows.len() as u64,
        errors: rows.iter().filter(|row| row.outcome.is_error()).count() as u64,
        response_bytes: rows.iter().map(|row| row.response_bytes).sum(),
        response_tokens: rows.iter().map(|row| u64::from(row.response_tokens.unwrap_or(0))).sum(),
        p50_ms: percentile(50, durations.clone()),
        p95_ms: percentile(95, durations.clone()),
        p99_ms: percentile(99, durations),
    }
}

/// The same to the row, and percentiles, which come from sketches, within 1 %.
#[track_caller]
fn assert_totals(found: &Totals, exact: &Totals, what: &str) {
    assert!(is_close(found.p50_ms, exact.p50_ms), "{what}: p50 {:?} for {:?}", found.p50_ms, exact.p50_ms);
    assert!(is_close(found.p95_ms, exact.p95_ms), "{what}: p95 {:?} for {:?}", found.p95_ms, exact.p95_ms);
    assert!(is_close(found.p99_ms, exact.p99_ms), "{what}: p99 {:?} for {:?}", found.p99_ms, exact.p99_ms);
    let (p50_ms, p95_ms, p99_ms) = (exact.p50_ms, exact.p95_ms, exact.p99_ms);
    assert_eq!(Totals { p50_ms, p95_ms, p99_ms, ..found.clone() }, *exact, "{what}");
}

fn between(rows: &[RequestRecord], from: DateTime<Utc>, to: DateTime<Utc>) -> impl Iterator<Item = &RequestRecord> {
    rows.iter().filter(move |row| row.timestamp >= from && row.timestamp < to)
}

fn sum(overview: &Overview, counts: impl Fn(Outcome) -> bool) -> u64 {
    let outcomes = overview.buckets.iter().flat_map(|bucket| &bucket.outcomes);
    outcomes.filter(|(outcome, _)| counts(*outcome)).map(|(_, count)| count).sum()
}

/// As long as the range has lasted since its start, to the nearest of the buckets that its figures are kept by.
fn length_of_previous(range: TimeRange, start: DateTime<Utc>) -> TimeDelta {
    let width = match range {
        TimeRange::QuarterHour | TimeRange::Hour | TimeRange::SixHours => 60,
        TimeRange::Day | TimeRange::Week => 3_600,
        TimeRange::Month => 86_400,
    };
    TimeDelta::seconds(((now() - start).num_seconds() + width / 2) / width * width)
}

pub async fn figures_reconcile_to_the_row(mut on: Fixture) {
    let mut dice = Dice::new(5);
    let mut rows = Vec::new();
    for range in TimeRange::ALL {
        rows.extend(spread(&on, range, &mut dice, 300));
    }
    for batch in rows.chunks(500) {
        on.apply(&batch.iter().cloned().map(Change::Request).collect::<Vec<_>>()).await;
    }
    for range in TimeRange::ALL {
        let overview = on.store.overview(range, now()).await.unwrap();
        let start = overview.buckets[0].start;
        let expected = totals(between(&rows, start, DateTime::<Utc>::MAX_UTC));
        assert_totals(&overview.totals, &expected, &format!("{range:?}"));
        let expected = totals(between(&rows, start - length_of_previous(range, start), start));
        assert_totals(&overview.previous, &expected, &format!("before {range:?}"));

        assert_eq!(sum(&overview, |_| true), overview.totals.requests, "{range:?}");
        assert_eq!(sum(&overview, Outcome::is_error), overview.totals.errors, "{range:?}");
        let bytes: u64 = overview.buckets.iter().map(|bucket| bucket.response_bytes).sum();
        assert_eq!(bytes, overview.totals.response_bytes, "{range:?}");
        let tokens: u64 = overview.buckets.iter().map(|bucket| bucket.response_tokens).sum();
        assert_eq!(tokens, overview.totals.response_tokens, "{range:?}");

        let of_range = RequestFilter { range: Some(range), ..RequestFilter::default() };
        let listed = on.store.requests(&of_range, now()).await.unwrap().total;
        assert_eq!(listed, overview.totals.requests, "the list of the same range has as many: {range:?}");
    }
}

pub async fn buckets_show_outcomes_and_percentiles(mut on: Fixture) {
    let mut dice = Dice::new(6);
    let rows: Vec<_> = TimeRange::ALL.into_iter().flat_map(|range| spread(&on, range, &mut dice, 500)).collect();
    on.apply(&rows.iter().cloned().map(Change::Request).collect::<Vec<_>>()).await;
    for range in TimeRange::ALL {
        buckets_are_of(&on.store.overview(range, now()).await.unwrap(), &rows);
    }
}

fn buckets_are_of(overview: &Overview, rows: &[RequestRecord]) {
    for bucket in &overview.buckets {
        let expected: Vec<_> = between(rows, bucket.start, bucket.start + overview.range.bucket()).collect();
        let counts: Vec<_> = Outcome::ALL
            .into_iter()
            .map(|outcome| (outcome, expected.iter().filter(|row| row.outcome == outcome).count() as u64))
            .filter(|(_, count)| *count > 0)
            .collect();
        assert_eq!(bucket.outcomes, counts);
        let found = Totals {
            requests: bucket.outcomes.iter().map(|(_, count)| count).sum(),
            errors: bucket.outcomes.iter().filter(|(outcome, _)| outcome.is_error()).map(|(_, count)| count).sum(),
            response_bytes: bucket.response_bytes,
            response_tokens: bucket.response_tokens,
            p50_ms: bucket.p50_ms,
            p95_ms: bucket.p95_ms,
            p99_ms: bucket.p99_ms,
        };
        assert_totals(&found, &totals(expected.into_iter()), &bucket.start.to_string());
    }
}

pub async fn a_range_starts_with_a_bucket_and_ends_with_that_of_now(mut on: Fixture) {
    let session = Arc::new(session(1, ago(10_000)));
    let range = TimeRange::Hour;
    let start = on.store.overview(range, now()).await.unwrap().buckets[0].start;
    assert!(start <= now() - range.length() && now() - range.length() < start + range.bucket());

    let micro = TimeDelta::microseconds(1);
    // What is recorded while a report is being made starts after its `now`, and is in the rollup that it reads.
    let end = start + range.length() + range.bucket();
    let at_edges = [start - micro, start, now(), end - micro, end].map(|at| Change::Request(on.call(&session, at)));
    on.apply(&at_edges).await;
    let overview = on.store.overview(range, now()).await.unwrap();
    assert_eq!(overview.totals.requests, 3, "from the start of its first bucket on, up to the end of its last");
    assert_eq!(overview.previous.requests, 1);
    assert_eq!(overview.buckets.first().unwrap().outcomes, [(Outcome::Ok, 1)]);
    assert_eq!(overview.buckets.last().unwrap().outcomes, [(Outcome::Ok, 2)]);
    let of_range = RequestFilter { range: Some(range), ..RequestFilter::default() };
    assert_eq!(on.store.requests(&of_range, now()).await.unwrap().total, 3, "the list has the same bounds");
    assert!(overview.buckets.windows(2).all(|pair| pair[1].start - pair[0].start == range.bucket()));
}

pub async fn percentiles_are_within_one_per_cent_and_those_of_a_session_exact(on: Fixture) {
    // Each case has an hour and a session of its own, in the same database.
    let (on, case) = (tokio::sync::Mutex::new(on), std::sync::atomic::AtomicU32::new(0));
    let runtime = tokio::runtime::Handle::current();
    let check = |durations: Vec<u64>| {
        let case = case.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let now = now() + TimeDelta::days(i64::from(case));
        let session = Arc::new(session(1 + u128::from(case), now));
        let (overview, p95) = tokio::task::block_in_place(|| {
            runtime.block_on(async {
                let mut on = on.lock().await;
                let call = |micros: &u64| {
                    let duration = Duration::from_micros(*micros);
                    Change::Request(RequestRecord { duration, ..on.call(&session, now - TimeDelta::seconds(1)) })
                };
                let calls: Vec<Change> = durations.iter().map(call).collect();
                on.apply(&calls).await;
                let overview = on.store.overview(TimeRange::QuarterHour, now).await.unwrap();
                let detail = on.store.session(&session.session_id.to_string(), now).await.unwrap();
                (overview, detail.and_then(|detail| detail.session.p95_ms))
            })
        });
        let of = |percent| percentile(percent, durations.iter().map(|micros| *micros as f64 / 1e3).collect());
        let exact = (of(50), of(95), of(99));
        let close = |found: (Option<f64>, Option<f64>, Option<f64>)| {
            is_close(found.0, exact.0) && is_close(found.1, exact.1) && is_close(found.2, exact.2)
        };
        let found = (overview.totals.p50_ms, overview.totals.p95_ms, overview.totals.p99_ms);
        prop_assert!(close(found), "{found:?} for {exact:?}");
        let bucket = overview.buckets.iter().find(|bucket| !bucket.outcomes.is_empty());
        let of_bucket = bucket.map_or((None, None, None), |bucket| (bucket.p50_ms, bucket.p95_ms, bucket.p99_ms));
        prop_assert!(close(of_bucket), "{of_bucket:?} for {exact:?}");
        prop_assert!(is_close(overview.top_tools.first().and_then(|tool| tool.p95_ms), exact.1));
        prop_assert_eq!(p95, of(95));
        Ok(())
    };
    // Lengths around the steps of the ranks, and durations that occur more than once.
    let durations = prop_oneof![vec(0_u64..5_000_000, 0..250), vec(0_u64..4, 0..250), vec(0_u64..100, 99..=101)];
    TestRunner::new(ProptestConfig::with_cases(60)).run(&durations, check).unwrap();
}

pub async fn top_tools_are_the_ten_most_called(mut on: Fixture) {
    let rows = spread(&on, TimeRange::Day, &mut Dice::new(7), 800);
    on.apply(&rows.iter().cloned().map(Change::Request).collect::<Vec<_>>()).await;
    let overview = on.store.overview(TimeRange::Day, now()).await.unwrap();
    let in_range: Vec<_> = between(&rows, overview.buckets[0].start, DateTime::<Utc>::MAX_UTC).collect();
    let mut expected: Vec<(std::cmp::Reverse<u64>, String, Totals)> = (0..15)
        .map(|number| {
            let tool = format!("tool_{number}");
            let totals = totals(in_range.iter().copied().filter(|row| row.tool_name.as_deref() == Some(&tool)));
            (std::cmp::Reverse(totals.requests), tool, totals)
        })
        .collect();
    expected.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    assert_eq!(overview.top_tools.len(), 10);
    for (tool, (_, name, totals)) in overview.top_tools.iter().zip(&expected) {
        assert_eq!(&tool.tool_name, name);
        assert_eq!(
            (tool.calls, tool.errors, tool.response_bytes, tool.response_tokens),
            (totals.requests, totals.errors, totals.response_bytes, totals.response_tokens)
        );
        assert!(is_close(tool.p95_ms, totals.p95_ms), "{:?} for {:?}", tool.p95_ms, totals.p95_ms);
    }
}

pub async fn connected_and_newest_are_ten_each(mut on: Fixture) {
    let sessions: Vec<_> = (1..=13).map(|number| Arc::new(session(number, ago(900)))).collect();
    let probe = Arc::new(SessionRecord { is_probe: true, ..session(99, ago(5)) });
    let silent = Arc::new(session(98, ago(1)));
    for (session, seconds) in sessions.iter().zip(100..) {
        let call = Change::Request(on.call(session, ago(seconds)));
        on.apply(&[call]).await;
    }
    on.apply(&[
        Change::Opened(probe),
        Change::Opened(Arc::clone(&silent)),
        gone(&sessions[0], DisconnectReason::Timeout, ago(1)),
        idle_before(ago(111)),
    ])
    .await;

    let overview = on.store.overview(TimeRange::Hour, now()).await.unwrap();
    assert_eq!((overview.active_sessions, overview.idle_sessions), (12, 1));
    let connected: Vec<_> = overview.connected.iter().map(|session| session.session_id.clone()).collect();
    let expected = std::iter::once(&silent).chain(&sessions[1..10]).map(|session| session.session_id.to_string());
    assert_eq!(connected, expected.collect::<Vec<_>>(), "one that has not called a tool yet is connected");
    assert_eq!(overview.connected[1].p95_ms, Some(1.5));
    let newest: Vec<_> = overview.newest.iter().map(|request| request.timestamp).collect();
    assert_eq!(newest, (100..110).map(ago).collect::<Vec<_>>());
}
