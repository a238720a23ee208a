//! The lists and details of sessions.

use std::{collections::BTreeSet, sync::Arc};

use tracon::store::{Change, DisconnectReason, RequestRecord, SessionRecord, StoreError};
use tracon_app::reports::{ErrorKind, Outcome, Presence, SessionFilter, SessionRow};

use crate::fixture::{Fixture, ago, gone, idle_before, now, session};

async fn ids(on: &Fixture, filter: SessionFilter) -> Vec<u128> {
    let page = on.store.sessions(&filter, now()).await.unwrap();
    assert_eq!(page.total, page.rows.len() as u64);
    page.rows.iter().map(number).collect()
}

fn number(row: &SessionRow) -> u128 {
    row.session_id.parse::<uuid::Uuid>().unwrap().as_u128()
}

pub async fn probes_and_silent_sessions_are_listed_apart(mut on: Fixture) {
    let sessions: Vec<_> =
        (1..=5).map(|number| Arc::new(SessionRecord { is_probe: number == 1, ..session(number, ago(600)) })).collect();
    let [probe, silent, gone_silent, called, gone_called] = &sessions[..] else { unreachable!() };
    let list = |session| RequestRecord { method: "tools/list".into(), tool_name: None, ..on.call(session, ago(500)) };
    let changes = [
        Change::Request(on.call(probe, ago(500))),
        Change::Request(list(silent)),
        Change::Request(list(gone_silent)),
        Change::Request(on.call(called, ago(500))),
        Change::Request(on.call(gone_called, ago(500))),
        gone(gone_silent, DisconnectReason::Timeout, ago(400)),
        gone(gone_called, DisconnectReason::Timeout, ago(400)),
    ];
    on.apply(&changes).await;

    assert_eq!(ids(&on, SessionFilter::default()).await, [5, 4, 2]);
    assert_eq!(ids(&on, SessionFilter { probes: true, ..SessionFilter::default() }).await, [3, 1]);
    for row in on.all_sessions().await {
        assert_eq!(row.is_probe, [1, 3].contains(&number(&row)));
        let detail = on.store.session(&row.session_id, now()).await.unwrap().unwrap();
        assert_eq!(detail.session, row);
    }
    let page = on.store.sessions(&SessionFilter::default(), now()).await.unwrap();
    assert_eq!((page.total, page.probes, page.now), (3, 2, now()));
}

pub async fn filters_of_sessions_combine(mut on: Fixture) {
    let clients = [Some("Claude Code"), Some("Cursor"), None];
    let mut expected = Vec::new();
    for number in 0_u32..18 {
        let client = clients[number as usize % 3].map(String::from);
        let record =
            SessionRecord { client_type: client.clone().map(Into::into), ..session(1 + u128::from(number), ago(600)) };
        let record = Arc::new(record);
        let presence = Presence::ALL[number as usize / 3 % 3];
        let called = if presence == Presence::Idle { 550 } else { 500 };
        let mut changes = vec![Change::Request(on.call(&record, ago(called)))];
        match presence {
            Presence::Active => {}
            Presence::Idle => changes.push(idle_before(ago(540))),
            Presence::Disconnected => changes.push(gone(&record, DisconnectReason::Timeout, ago(100))),
        }
        on.apply(&changes).await;
        expected.push((1 + u128::from(number), client, presence));
    }
    // By their last activity.
    expected.sort_by_key(|(number, _, presence)| (*presence != Presence::Idle, *number));
    let presences = [None, Some(Presence::Active), Some(Presence::Idle), Some(Presence::Disconnected)];
    for presence in presences {
        for client in [None, Some(""), Some("Claude Code"), Some("Cursor"), Some("nobody")] {
            let filter = SessionFilter { presence, client: client.map(ToOwned::to_owned), ..SessionFilter::default() };
            let matching = expected.iter().rev().filter(|(_, of, is)| {
                presence.is_none_or(|wanted| *is == wanted)
                    && client.is_none_or(|wanted| wanted.is_empty() || of.as_deref() == Some(wanted))
            });
            assert_eq!(ids(&on, filter).await, matching.map(|(id, ..)| *id).collect::<Vec<_>>());
        }
    }
}

pub async fn pages_of_sessions_have_each_once(mut on: Fixture) {
    // Many with the same last activity: the id decides between them.
    let opened =
        |number: u128| Change::Opened(Arc::new(session(number, ago(600 - i64::try_from(number / 40).unwrap()))));
    on.apply(&(1..=120).map(opened).collect::<Vec<_>>()).await;

    let mut filter = SessionFilter::default();
    let mut seen = Vec::new();
    let mut newcomer = 1_000;
    loop {
        let page = on.store.sessions(&filter, now()).await.unwrap();
        assert!(page.rows.len() == 50 || page.next.is_none());
        seen.extend(page.rows.iter().map(number));
        newcomer += 1;
        on.apply(&[Change::Opened(Arc::new(session(newcomer, ago(1))))]).await;
        filter.before = page.next;
        if filter.before.is_none() {
            break;
        }
    }
    assert_eq!(seen, (1..=120).rev().collect::<Vec<_>>());

    for before in ["nonsense", "1.2.3", "019b0000-0000-7000-8000-000000000000"] {
        let filter = SessionFilter { before: Some(before.to_owned()), ..SessionFilter::default() };
        let error = on.store.sessions(&filter, now()).await.unwrap_err();
        assert!(matches!(error, StoreError::Invalid { parameter: "before", .. }), "{error}");
    }
}

pub async fn a_session_has_its_requests_and_errors(mut on: Fixture) {
    let (ours, other) = (Arc::new(session(1, ago(600))), Arc::new(session(2, ago(600))));
    let failure = |outcome, error_code| RequestRecord { outcome, error_code, ..on.call(&ours, ago(500)) };
    let changes = [
        failure(Outcome::ProtocolError, Some(-32_601)),
        failure(Outcome::ProtocolError, Some(-32_602)),
        failure(Outcome::ProtocolError, Some(-32_602)),
        failure(Outcome::ToolError, None),
        failure(Outcome::ToolError, None),
        failure(Outcome::ToolError, None),
        failure(Outcome::InputRequired, None),
        on.call(&ours, ago(400)),
        RequestRecord { outcome: Outcome::Internal, ..on.call(&other, ago(300)) },
    ]
    .map(Change::Request);
    on.apply(&changes).await;

    let detail = on.store.session(&ours.session_id.to_string(), now()).await.unwrap().unwrap();
    let kind = |outcome, error_code, count| ErrorKind { outcome, error_code, count };
    assert_eq!(
        detail.errors,
        [
            kind(Outcome::ToolError, None, 3),
            kind(Outcome::ProtocolError, Some(-32_602), 2),
            kind(Outcome::ProtocolError, Some(-32_601), 1),
        ]
    );
    assert_eq!(detail.requests.len(), 8);
    assert_eq!((detail.session.total_requests, detail.session.failed_requests), (8, 6));
    let failed: u64 = detail.errors.iter().map(|error| error.count).sum();
    assert_eq!(failed, detail.session.failed_requests);
}

pub async fn requests_of_a_session_know_their_neighbours(mut on: Fixture) {
    let (ours, other) = (Arc::new(session(1, ago(900))), Arc::new(session(2, ago(900))));
    let mut expected = Vec::new();
    let mut changes = Vec::new();
    for number in 0..205 {
        let request = on.call(&ours, ago(800 - number));
        expected.push(request.id.to_string());
        changes.push(Change::Request(request));
        changes.push(Change::Request(on.call(&other, ago(800 - number))));
    }
    on.apply(&changes).await;
    expected.reverse();

    let detail = on.store.session(&ours.session_id.to_string(), now()).await.unwrap().unwrap();
    assert_eq!(detail.session.total_requests, 205);
    let listed: Vec<_> = detail.requests.iter().map(|request| request.request.id.clone()).collect();
    assert_eq!(listed, expected[..200], "the newest 200, newest first");
    for request in &detail.requests {
        let alone = on.store.request(&request.request.id).await.unwrap();
        assert_eq!(alone.as_ref(), Some(request), "as on its own page, neighbours included");
    }
}

pub async fn an_absent_session_is_none(on: Fixture) {
    for id in ["", "nonsense", "00000000-0000-0000-0000-000000000001", "' OR 1=1 --"] {
        assert_eq!(on.store.session(id, now()).await.unwrap(), None);
    }
}

pub async fn clients_are_listed_once(mut on: Fixture) {
    let names: Vec<String> = (0..230).map(|number| format!("client {number:03}")).collect();
    let opened = |number: u128, client_type: Option<String>| {
        let client_type = client_type.map(Into::into);
        Change::Opened(Arc::new(SessionRecord { client_type, ..session(number, ago(600)) }))
    };
    let mut changes: Vec<Change> = names[..2].iter().zip(1..).map(|(name, n)| opened(n, Some(name.clone()))).collect();
    changes.extend([opened(10, None), opened(11, Some(names[0].clone()))]);
    on.apply(&changes).await;
    let page = on.store.sessions(&SessionFilter::default(), now()).await.unwrap();
    assert_eq!(page.clients, names[..2]);

    on.apply(&names.iter().zip(100..).map(|(name, n)| opened(n, Some(name.clone()))).collect::<Vec<_>>()).await;
    let page = on.store.sessions(&SessionFilter::default(), now()).await.unwrap();
    assert_eq!(page.clients, names[..200], "at most 200");
    assert_eq!(page.clients.iter().collect::<BTreeSet<_>>().len(), 200);
}
