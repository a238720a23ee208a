//! The lists and details of requests.

use std::{sync::Arc, time::Duration};

use tracon::store::{Change, Payload, RequestRecord, SessionRecord, SessionRef, StoreError};
use tracon_app::reports::{Captured, Outcome, RequestFilter, TimeRange};
use uuid::Uuid;

use crate::fixture::{Dice, Fixture, ago, millis, now, session};

const METHODS: [&str; 4] = ["tools/call", "tools/list", "initialize", "POST"];
const TOOLS: [&str; 3] = ["health_check", "session_info", "search"];
const CLIENTS: [Option<&str>; 4] = [Some("Claude Code"), Some("Cursor"), Some("Codex"), None];
const MESSAGES: [Option<&str>; 5] =
    [None, None, Some("Connection REFUSED"), Some("100% of_it"), Some("Échec: délai dépassé")];

fn captured(json: &str) -> Captured {
    Captured { json: json.to_owned(), is_cut: false }
}

/// Requests of every kind: of sessions and of none, over a week and some minutes.
fn rows(on: &Fixture, dice: &mut Dice, count: u64) -> Vec<RequestRecord> {
    let sessions: Vec<Arc<SessionRecord>> = (1..=4).map(|number| Arc::new(session(number, ago(700_000)))).collect();
    let row = |_| {
        let at = ago(i64::try_from(dice.roll(20).pow(dice.roll(5).try_into().unwrap())).unwrap());
        let method = dice.pick(&METHODS);
        let session = dice.pick(&sessions);
        let mut row = on.call(&session, at);
        row.session = (dice.roll(5) > 0).then_some(SessionRef::Opens(session));
        row.tool_name = (method == "tools/call" && dice.roll(9) > 0).then(|| dice.pick(&TOOLS).into());
        row.method = method.into();
        row.client_type = dice.pick(&CLIENTS).map(Into::into);
        row.outcome = dice.pick(&Outcome::ALL);
        row.error_message = dice.pick(&MESSAGES).map(ToOwned::to_owned);
        row.duration = Duration::from_micros(dice.roll(2_000_000));
        row
    };
    (0..count).map(row).collect()
}

/// A filter with some of its fields set, each of them to something that may occur.
fn filter(dice: &mut Dice) -> RequestFilter {
    let mut filter = RequestFilter::default();
    let fields = dice.roll(512) & dice.roll(512);
    let set = |field: u64| fields & (1 << field) != 0;
    filter.method = set(0).then(|| dice.pick(&["tools/call", "POST", "nothing"]).to_owned());
    filter.tool = set(1).then(|| dice.pick(&["search", "session_info", "nothing"]).to_owned());
    filter.client = set(2).then(|| dice.pick(&["Cursor", "Codex", "nobody"]).to_owned());
    filter.session = set(3).then(|| Uuid::from_u128(1 + u128::from(dice.roll(5))).to_string());
    filter.outcome = set(4).then(|| dice.pick(&Outcome::ALL));
    filter.errors_only = set(5);
    filter.min_ms = set(6).then(|| dice.pick(&[0.0, 250.5, 1_500.0, 1e9]));
    filter.text = set(7).then(|| dice.pick(&["refused", "ÉCHEC", "0% of_", "100%%", "_"]).to_owned());
    filter.range = set(8).then(|| dice.pick(&TimeRange::ALL));
    filter
}

fn matches(row: &RequestRecord, filter: &RequestFilter, start: impl Fn(TimeRange) -> i64) -> bool {
    let is =
        |wanted: &Option<String>, value: Option<&str>| wanted.as_deref().is_none_or(|wanted| value == Some(wanted));
    let session = row.session.as_ref().map(|session| session.id().to_string());
    let message = row.error_message.as_deref().map(str::to_lowercase);
    is(&filter.method, Some(&row.method))
        && is(&filter.tool, row.tool_name.as_deref())
        && is(&filter.client, row.client_type.as_deref())
        && is(&filter.session, session.as_deref())
        && filter.outcome.is_none_or(|wanted| row.outcome == wanted)
        && (!filter.errors_only || row.outcome.is_error())
        && filter.min_ms.is_none_or(|least| millis(row.duration) >= least)
        && filter.text.as_ref().is_none_or(|text| message.is_some_and(|message| message.contains(&text.to_lowercase())))
        && filter.range.is_none_or(|range| row.timestamp.timestamp_micros() >= start(range))
}

pub async fn filters_of_requests_agree_with_the_rows(mut on: Fixture) {
    let mut dice = Dice::new(11);
    let mut rows = rows(&on, &mut dice, 700);
    on.apply(&rows.iter().cloned().map(Change::Request).collect::<Vec<_>>()).await;
    rows.sort_by_key(|row| std::cmp::Reverse(row.id));

    // A range starts with its first bucket: the start of the bucket in which it would begin.
    let start = |range: TimeRange| {
        let width = range.bucket().num_microseconds().unwrap();
        let start = (now() - range.length()).timestamp_micros();
        start - start % width
    };
    let one = |change: fn(&mut RequestFilter)| {
        let mut filter = RequestFilter::default();
        change(&mut filter);
        filter
    };
    let alone = [
        RequestFilter::default(),
        one(|f| f.method = Some("tools/list".to_owned())),
        one(|f| f.tool = Some("search".to_owned())),
        one(|f| f.client = Some("Codex".to_owned())),
        one(|f| f.session = Some(Uuid::from_u128(2).to_string())),
        one(|f| f.session = Some(Uuid::from_u128(2).simple().to_string().to_uppercase())),
        one(|f| f.outcome = Some(Outcome::Timeout)),
        one(|f| f.errors_only = true),
        one(|f| f.min_ms = Some(1_000.0)),
        one(|f| f.text = Some("délai".to_owned())),
        one(|f| f.range = Some(TimeRange::Hour)),
    ];
    let combined: Vec<_> = (0..300).map(|_| filter(&mut dice)).collect();
    for filter in alone.iter().chain(&combined) {
        let mut wanted = filter.clone();
        wanted.session = wanted.session.map(|id| id.parse::<Uuid>().unwrap().to_string());
        let expected: Vec<_> =
            rows.iter().filter(|row| matches(row, &wanted, start)).map(|row| row.id.to_string()).collect();
        let page = on.store.requests(filter, now()).await.unwrap();
        assert_eq!(page.total, expected.len() as u64, "{filter:?}");
        let listed: Vec<_> = on.all_requests(filter).await.into_iter().map(|row| row.id).collect();
        assert_eq!(listed, expected, "{filter:?}");
    }
}

/// SQLite's rows have numbers made from what ids begin with. Servers whose clock was set back may give out the same beginning.
pub async fn requests_whose_ids_begin_alike_are_told_apart(mut on: Fixture) {
    let (session, mut dice) = (Arc::new(session(1, ago(600))), Dice::new(13));
    let mut rows: Vec<RequestRecord> = (0..300)
        .map(|number| {
            let at = ago([400, 300][number % 2]);
            // Two beginnings that are neighbours, and beside each of the two some that differ.
            let beginning = on.call(&session, at).id.as_u128() >> 80 << 80 | 7 << 76 | (number as u128 % 6 / 2) << 64;
            let id = Uuid::from_u128(beginning | 1 << 63 | u128::from(dice.roll(1 << 40)));
            let payload =
                Payload { arguments: Some(captured(&format!("{{\"number\":{number}}}")).into()), result: None };
            let payload = (number % 3 == 0).then(|| Box::new(payload));
            RequestRecord {
                id,
                timestamp: at,
                rpc_id: Some(number.to_string().into()),
                payload,
                ..on.call(&session, at)
            }
        })
        .collect();
    // Some of each batch were in the one before.
    for batch in rows.chunks(40).collect::<Vec<_>>().windows(2) {
        on.apply(&batch.concat().into_iter().map(Change::Request).collect::<Vec<_>>()).await;
    }
    let mut listed = on.all_requests(&RequestFilter::default()).await;
    let at: Vec<_> = listed.iter().map(|row| row.timestamp).collect();
    assert!(at.is_sorted_by(|newer, older| newer >= older));

    // From the oldest to the newest by their neighbours.
    let mut next = listed.last().map(|row| row.id.clone());
    let mut neighbours = Vec::new();
    while let Some(id) = next {
        let detail = on.store.request(&id).await.unwrap().unwrap();
        assert_eq!(detail.previous, neighbours.last().cloned());
        let row = rows.iter().find(|row| row.id.to_string() == id).unwrap();
        assert_eq!(
            (detail.rpc_id.as_deref(), detail.arguments),
            (
                row.rpc_id.as_deref(),
                row.payload.as_ref().and_then(|payload| Some(payload.arguments.as_ref()?.captured().unwrap()))
            )
        );
        neighbours.push(id);
        next = detail.next;
    }
    listed.reverse();
    assert_eq!(listed.iter().map(|row| row.id.clone()).collect::<Vec<_>>(), neighbours);
    rows.sort_by_key(|row| row.id);
    listed.sort_by(|one, other| one.id.cmp(&other.id));
    assert!(listed.iter().map(|row| &row.id).eq(&rows.iter().map(|row| row.id.to_string()).collect::<Vec<_>>()));
    let page = on.store.session(&session.session_id.to_string(), now()).await.unwrap().unwrap();
    assert_eq!((page.session.total_requests, page.requests.len()), (300, 200));
}

pub async fn empty_fields_do_not_filter(mut on: Fixture) {
    let rows = rows(&on, &mut Dice::new(12), 40);
    on.apply(&rows.into_iter().map(Change::Request).collect::<Vec<_>>()).await;
    let empty = || Some(String::new());
    let filter = RequestFilter {
        method: empty(),
        tool: empty(),
        client: empty(),
        session: empty(),
        text: empty(),
        before: empty(),
        ..RequestFilter::default()
    };
    assert_eq!(on.store.requests(&filter, now()).await.unwrap().total, 40);
}

pub async fn text_is_taken_literally_and_without_case(mut on: Fixture) {
    let messages = ["100%", "1000", "a_b", "aXb", "[x]", "*", "?", "ÀÉÎ straße", "back\\slash", "quote'", "^-]"];
    let session = Arc::new(session(1, ago(600)));
    let failed = |message: &&str| {
        Change::Request(RequestRecord { error_message: Some((*message).to_owned()), ..on.call(&session, ago(60)) })
    };
    let changes: Vec<Change> = messages.iter().map(failed).collect();
    on.apply(&changes).await;
    for (text, found) in [
        ("0%", 1),
        ("%", 1),
        ("_", 1),
        ("A_B", 1),
        ("a?b", 0),
        ("100", 2),
        ("[X]", 1),
        ("[", 1),
        ("]", 2),
        ("*", 1),
        ("?", 1),
        ("àéî STRASSE", 0),
        ("àéî Straße", 1),
        ("\\", 1),
        ("'", 1),
        ("^-", 1),
        ("-]", 1),
        ("x", 2),
        (" ", 1),
    ] {
        let filter = RequestFilter { text: Some(text.to_owned()), ..RequestFilter::default() };
        assert_eq!(on.store.requests(&filter, now()).await.unwrap().total, found, "{text}");
    }
}

pub async fn pages_of_requests_have_each_once_also_when_more_arrive(mut on: Fixture) {
    let session = Arc::new(session(1, ago(600)));
    let mut expected: Vec<RequestRecord> = (0..170).map(|number| on.call(&session, ago(500 - number / 3))).collect();
    on.apply(&expected.iter().cloned().map(Change::Request).collect::<Vec<_>>()).await;
    expected.reverse();

    let mut filter = RequestFilter::default();
    let mut seen = Vec::new();
    loop {
        let page = on.store.requests(&filter, now()).await.unwrap();
        assert!(page.rows.len() == 50 || page.next.is_none());
        seen.extend(page.rows.into_iter().map(|row| row.id));
        let newcomer = Change::Request(on.call(&session, ago(1)));
        on.apply(&[newcomer]).await;
        filter.before = page.next;
        if filter.before.is_none() {
            break;
        }
    }
    assert_eq!(seen, expected.iter().map(|row| row.id.to_string()).collect::<Vec<_>>());

    // A page that is exactly full is the last.
    let exactly = RequestFilter { min_ms: Some(3.0), ..RequestFilter::default() };
    let slow = |_| RequestRecord { duration: Duration::from_millis(3), ..on.call(&session, ago(1)) };
    let slow: Vec<Change> = (0..50).map(slow).map(Change::Request).collect();
    on.apply(&slow).await;
    let page = on.store.requests(&exactly, now()).await.unwrap();
    assert_eq!((page.rows.len(), page.total, page.next), (50, 50, None));
}

pub async fn a_range_of_many_rows_is_listed_like_one_of_few(mut on: Fixture) {
    // So many that they are found by id and not by time; and ids that do not quite follow the times.
    let session = Arc::new(session(1, ago(9_000)));
    let mut rows: Vec<RequestRecord> = (0..5_200_i64).map(|number| on.call(&session, ago(8_000 - number))).collect();
    for pair in rows.chunks_exact_mut(2) {
        let (first, second) = (pair[0].timestamp, pair[1].timestamp);
        (pair[0].timestamp, pair[1].timestamp) = (second, first);
    }
    for batch in rows.chunks(1_000) {
        on.apply(&batch.iter().cloned().map(Change::Request).collect::<Vec<_>>()).await;
    }
    for (range, reaches) in [(TimeRange::Day, 86_400), (TimeRange::Hour, 3_637)] {
        let filter = RequestFilter { range: Some(range), ..RequestFilter::default() };
        let expected: Vec<_> =
            rows.iter().rev().filter(|row| row.timestamp >= ago(reaches)).map(|row| row.id.to_string()).collect();
        assert_eq!(on.store.requests(&filter, now()).await.unwrap().total, expected.len() as u64, "{range:?}");
        let listed: Vec<_> = on.all_requests(&filter).await.into_iter().map(|row| row.id).collect();
        assert_eq!(listed, expected, "{range:?}");
    }
}

pub async fn values_of_the_filters_are_those_that_occur(mut on: Fixture) {
    let page = on.store.requests(&RequestFilter::default(), now()).await.unwrap();
    assert!(page.methods.is_empty() && page.tools.is_empty() && page.clients.is_empty());

    let rows = rows(&on, &mut Dice::new(13), 200);
    on.apply(&rows.into_iter().map(Change::Request).collect::<Vec<_>>()).await;
    // All that occur, not only those of what is listed.
    let filter = RequestFilter { tool: Some("nothing".to_owned()), ..RequestFilter::default() };
    let page = on.store.requests(&filter, now()).await.unwrap();
    assert_eq!(page.methods, ["POST", "initialize", "tools/call", "tools/list"]);
    assert_eq!(page.tools, ["health_check", "search", "session_info"]);
    assert_eq!(page.clients, ["Claude Code", "Codex", "Cursor"]);

    let session = Arc::new(session(1, ago(600)));
    let mut many: Vec<Change> = (0..5_500)
        .map(|number| {
            Change::Request(RequestRecord {
                tool_name: Some(format!("a{number:04}").into()),
                ..on.call(&session, ago(9))
            })
        })
        .collect();
    let other =
        RequestRecord { method: "prompts/list".into(), client_type: Some("Zed".into()), ..on.call(&session, ago(8)) };
    many.push(Change::Request(RequestRecord { tool_name: None, ..other }));
    on.apply(&many).await;
    let page = on.store.requests(&filter, now()).await.unwrap();
    assert_eq!(page.tools.len(), 200);
    // However many names of tools a client makes up, they are in nobody's way.
    assert_eq!(page.methods, ["POST", "initialize", "prompts/list", "tools/call", "tools/list"]);
    assert_eq!(page.clients, ["Claude Code", "Codex", "Cursor", "Zed"]);
}

pub async fn what_cannot_be_is_refused_by_name(on: Fixture) {
    let default = RequestFilter::default;
    for (filter, name) in [
        (RequestFilter { before: Some("x".to_owned()), ..default() }, "before"),
        (RequestFilter { session: Some("x".to_owned()), ..default() }, "session"),
        (RequestFilter { min_ms: Some(f64::NAN), ..default() }, "min_ms"),
        (RequestFilter { min_ms: Some(f64::INFINITY), ..default() }, "min_ms"),
    ] {
        let error = on.store.requests(&filter, now()).await.unwrap_err();
        assert!(matches!(error, StoreError::Invalid { parameter, .. } if parameter == name), "{error}");
        assert!(error.to_string().contains(name));
    }
}

pub async fn a_request_has_its_detail_and_its_neighbours(mut on: Fixture) {
    let (ours, other) = (Arc::new(session(1, ago(600))), Arc::new(session(2, ago(600))));
    let [first, between, second, third] =
        [on.call(&ours, ago(50)), on.call(&other, ago(40)), on.call(&ours, ago(30)), on.call(&ours, ago(20))];
    on.apply(&[&first, &between, &second, &third].map(|request| Change::Request(request.clone()))).await;
    let id = |request: &RequestRecord| Some(request.id.to_string());
    for (request, previous, next) in [
        (&first, None, id(&second)),
        (&second, id(&first), id(&third)),
        (&third, id(&second), None),
        (&between, None, None),
    ] {
        let detail = on.store.request(&request.id.to_string()).await.unwrap().unwrap();
        assert_eq!((detail.previous, detail.next), (previous, next));
    }
}

pub async fn an_absent_request_is_none(on: Fixture) {
    for id in ["", "nonsense", "00000000-0000-0000-0000-000000000001", "' OR 1=1 --"] {
        assert_eq!(on.store.request(id).await.unwrap(), None);
    }
}
