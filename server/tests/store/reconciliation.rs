//! Tiles, rows, rollups and the counters of sessions tell the same, whatever was applied how often.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tracon::store::{Change, RequestRecord, SessionRecord, SessionRef};
use tracon_app::reports::{Coverage, Outcome, RequestFilter, TimeRange, ToolTotals};

use crate::fixture::{Dice, Fixture, ago, is_close, millis, now, percentile, session};

/// An hour of four clients, who call eight tools and other methods; every outcome; some of no session or client.
fn run(on: &Fixture, dice: &mut Dice) -> Vec<RequestRecord> {
    let sessions: Vec<Arc<SessionRecord>> = (1..=4).map(|number| Arc::new(session(number, ago(3_600)))).collect();
    let request = |number: i64| {
        let session = dice.pick(&sessions);
        let mut request = on.call(&session, ago(3_000 - number * 4));
        let is_call = dice.roll(4) > 0;
        request.tool_name = is_call.then(|| format!("tool_{}", dice.roll(8)).into());
        request.method = if is_call { "tools/call" } else { "tools/list" }.into();
        request.outcome = Outcome::ALL[usize::try_from(number).unwrap() % 10];
        request.duration = Duration::from_micros(dice.roll(3_000) * dice.roll(3_000));
        request.response_bytes = dice.roll(5_000);
        request.response_tokens = is_call.then(|| u32::try_from(dice.roll(900)).unwrap());
        request.session = (dice.roll(5) > 0).then_some(SessionRef::Opens(session));
        request.client_type = (dice.roll(6) > 0).then(|| "Codex".into());
        request
    };
    (0..700).map(request).collect()
}

pub async fn tiles_rows_rollups_and_counters_are_the_same_to_the_row(mut on: Fixture) {
    let requests = run(&on, &mut Dice::new(21));
    let changes: Vec<Change> = requests.iter().cloned().map(Change::Request).collect();
    for batch in changes.chunks(64) {
        on.apply(batch).await;
        on.apply(batch).await;
        on.apply(&batch[..batch.len() / 2]).await;
        on.apply(&batch[batch.len() / 2..]).await;
    }
    on.apply(&changes).await;

    let errors = requests.iter().filter(|request| request.outcome.is_error()).count() as u64;
    // Each range is made of rollups of another width or another number of them.
    for range in TimeRange::ALL.into_iter().filter(|range| *range != TimeRange::QuarterHour) {
        let overview = on.store.overview(range, now()).await.unwrap();
        assert_eq!((overview.totals.requests, overview.totals.errors), (700, errors), "{range:?}");
        let filter = RequestFilter { range: Some(range), ..RequestFilter::default() };
        assert_eq!(on.store.requests(&filter, now()).await.unwrap().total, 700, "{range:?}");
        let failed = RequestFilter { errors_only: true, ..filter.clone() };
        assert_eq!(on.store.requests(&failed, now()).await.unwrap().total, errors, "{range:?}");

        let mut outcomes = BTreeMap::new();
        for (outcome, count) in overview.buckets.iter().flat_map(|bucket| &bucket.outcomes) {
            *outcomes.entry(*outcome).or_insert(0) += count;
        }
        for outcome in Outcome::ALL {
            let of_outcome = RequestFilter { outcome: Some(outcome), ..filter.clone() };
            assert_eq!(outcomes[&outcome], 70, "{range:?} {outcome:?}");
            assert_eq!(on.store.requests(&of_outcome, now()).await.unwrap().total, 70, "{range:?} {outcome:?}");
        }
        let tokens: u64 = requests.iter().filter_map(|request| request.response_tokens).map(u64::from).sum();
        assert_eq!(overview.totals.response_tokens, tokens, "{range:?}");
        assert_eq!(overview.top_tools.len(), 8, "{range:?}");
        for tool in &overview.top_tools {
            tool_is_of(tool, &requests);
            let of_tool = RequestFilter { tool: Some(tool.tool_name.clone()), ..filter.clone() };
            assert_eq!(on.store.requests(&of_tool, now()).await.unwrap().total, tool.calls, "{range:?}");
        }
    }

    let sessions = on.all_sessions().await;
    let with_session = requests.iter().filter(|request| request.session.is_some());
    assert_eq!(sessions.iter().map(|row| row.total_requests).sum::<u64>(), with_session.clone().count() as u64);
    let failed = with_session.clone().filter(|request| request.outcome.is_error()).count() as u64;
    assert_eq!(sessions.iter().map(|row| row.failed_requests).sum::<u64>(), failed);
    let coverage = Coverage {
        requests: 700,
        with_session: with_session.count() as u64,
        with_client: requests.iter().filter(|request| request.client_type.is_some()).count() as u64,
        with_user: 0,
    };
    assert_eq!(on.store.coverage(now()).await.unwrap(), coverage);
}

fn tool_is_of(tool: &ToolTotals, requests: &[RequestRecord]) {
    let calls: Vec<_> =
        requests.iter().filter(|request| request.tool_name.as_deref() == Some(&*tool.tool_name)).collect();
    assert_eq!(tool.calls, calls.len() as u64);
    assert_eq!(tool.errors, calls.iter().filter(|call| call.outcome.is_error()).count() as u64);
    assert_eq!(tool.response_bytes, calls.iter().map(|call| call.response_bytes).sum::<u64>());
    let tokens = calls.iter().filter_map(|call| call.response_tokens).map(u64::from).sum::<u64>();
    assert_eq!(tool.response_tokens, tokens);
    let p95 = percentile(95, calls.iter().map(|call| millis(call.duration)).collect());
    assert!(is_close(tool.p95_ms, p95), "{:?} for {p95:?}", tool.p95_ms);
}

pub async fn a_tool_of_an_empty_name_is_no_tool(mut on: Fixture) {
    let session = Arc::new(session(1, ago(60)));
    let call = RequestRecord { tool_name: Some("".into()), ..on.call(&session, ago(50)) };
    on.apply(&[Change::Request(call)]).await;
    let overview = on.store.overview(TimeRange::Hour, now()).await.unwrap();
    assert_eq!((overview.totals.requests, overview.top_tools.len()), (1, 0));
}

pub async fn sums_that_are_too_large_stay_at_the_largest(mut on: Fixture) {
    let session = Arc::new(session(1, ago(60)));
    for _ in 0..3 {
        let call = RequestRecord { response_bytes: u64::MAX, ..on.call(&session, ago(50)) };
        on.apply(&[Change::Request(call)]).await;
    }
    let totals = on.store.overview(TimeRange::Hour, now()).await.unwrap().totals;
    assert_eq!((totals.requests, totals.response_bytes), (3, i64::MAX.unsigned_abs()));
}
