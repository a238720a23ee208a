//! Several servers on one PostgreSQL database, and clients whose requests go to any of them.

mod balancer;

use std::{collections::HashSet, sync::Arc};

use chrono::TimeDelta;
use reqwest::{Client, Method, StatusCode};
use serde_json::json;
use tokio::process::{Child, Command};

use self::balancer::Balancer;
use crate::{
    database::{Peek, Site},
    support::{
        BOUND, Place, SessionRow, TestServer,
        http::{Answer, Hand, answer, handshake},
        load::{Answered, Caller, is_result},
        process::started,
    },
};

async fn two_servers() -> (TestServer, TestServer) {
    let first = Place::at(Site::on_postgres().await).start().await;
    let second = Place::beside(&first).start().await;
    // Each has closed what dead servers left open: later it would take the other one for such, if that has stopped by then.
    for server in [&first, &second] {
        server.sessions().await;
    }
    (first, second)
}

async fn echo(hand: &Hand<'_>, session: &str, id: i64) -> Answer {
    answer(hand.legacy_call(session, id, "echo", json!({"message": "x"}))).await
}

fn states(sessions: &[SessionRow]) -> Vec<(&str, Option<&str>, i64)> {
    sessions
        .iter()
        .map(|session| (session.status.as_str(), session.disconnect_reason.as_deref(), session.total_requests))
        .collect()
}

#[tokio::test]
async fn a_legacy_session_is_one_row_wherever_its_requests_go() {
    let (first, second) = two_servers().await;
    let hands = [first.hand(), second.hand()];
    let mut heard = first.running.changes.clone();
    // The next request of this client, its notification, goes to the same server; that of the other does not.
    let session = hands[0].initialize("hand").await;
    let greeted = hands[1].send(hands[1].post(), &handshake("other")).await;
    let other = greeted.session_id.expect("a session id");
    for id in 1..=3 {
        for (session, hand) in [(&session, 1), (&other, 0), (&session, 0), (&other, 1)] {
            let answer = echo(&hands[hand], session, id).await;
            assert_eq!(answer.message["result"]["content"][0]["text"], "x", "{answer:?}");
        }
    }
    first.sessions().await;
    let sessions = second.sessions().await;
    assert_eq!(states(&sessions), [("active", None, 7), ("active", None, 7)]);
    let instances: Vec<(i64,)> =
        first.database.rows("SELECT COUNT(DISTINCT server_instance) FROM archon_mcp_requests").await;
    assert_eq!(instances, [(2,)], "each row names its server");

    // A dashboard at the one hears of what the other writes; of five calls, no more than some that came before may be told late.
    for id in 20..25 {
        heard.mark_unchanged();
        echo(&hands[1], &session, id).await;
        second.sessions().await;
        tokio::time::timeout(BOUND, heard.changed()).await.expect("it is told").expect("the server runs");
    }
}

#[tokio::test]
async fn a_sessionless_client_is_one_row_wherever_its_requests_go() {
    let (first, second) = two_servers().await;
    for (id, server) in (1..).zip([&first, &second, &first, &second]) {
        let call = server.hand().sessionless_call(id, "echo", json!({"message": "x"}), json!({}));
        assert_eq!(answer(call).await.status, 200);
    }
    first.sessions().await;
    assert_eq!(states(&second.sessions().await), [("active", None, 4)]);
    // After a silence that is too long for one of them, but not for both.
    first.clock.advance(TimeDelta::minutes(20));
    answer(second.hand().sessionless_call(5, "echo", json!({"message": "x"}), json!({}))).await;
    second.sessions().await;
    first.clock.advance(TimeDelta::minutes(20));
    first.running.sweep().await;
    second.running.sweep().await;
    answer(first.hand().sessionless_call(6, "echo", json!({"message": "x"}), json!({}))).await;
    second.sessions().await;
    assert_eq!(states(&first.sessions().await), [("active", None, 6)]);
    // After one that is too long for both.
    first.clock.advance(TimeDelta::minutes(31));
    answer(second.hand().sessionless_call(7, "echo", json!({"message": "x"}), json!({}))).await;
    first.running.sweep().await;
    second.running.sweep().await;
    second.sessions().await;
    assert_eq!(states(&first.sessions().await), [("disconnected", Some("timeout"), 6), ("active", None, 1)]);
}

#[tokio::test]
async fn a_session_that_its_client_ends_at_one_server_is_gone_at_the_other() {
    let (first, second) = two_servers().await;
    let (hand, other) = (first.hand(), second.hand());
    let session = hand.initialize("hand").await;
    assert_eq!(echo(&other, &session, 1).await.status, 200);
    let mut heard = first.running.changes.clone();
    let deleted = answer(other.request(Method::DELETE, "/mcp").header("mcp-session-id", &session)).await;
    assert_eq!(deleted.status, 204);
    assert_eq!(echo(&other, &session, 2).await.status, 404, "at once");
    let gone = async {
        while first.running.rmcp_sessions().count().await > 0 {
            heard.changed().await.expect("the server runs");
        }
    };
    tokio::time::timeout(BOUND, gone).await.expect("it is told");
    assert_eq!(echo(&hand, &session, 2).await.status, 404);
    second.sessions().await;
    assert_eq!(states(&first.sessions().await), [("disconnected", Some("client_disconnect"), 2)]);
}

#[tokio::test]
async fn a_session_is_silent_only_when_no_server_hears_of_it() {
    let (first, second) = two_servers().await;
    let session = first.hand().initialize("hand").await;
    let hand = second.hand();
    first.sessions().await;
    let sweep = async || {
        for server in [&first, &second] {
            server.running.sweep().await;
            server.sessions().await;
        }
    };
    first.clock.advance(TimeDelta::minutes(6));
    echo(&hand, &session, 1).await;
    sweep().await;
    assert_eq!(states(&first.sessions().await), [("active", None, 2)], "the other server has heard of it");
    first.clock.advance(TimeDelta::minutes(6));
    sweep().await;
    assert_eq!(states(&first.sessions().await), [("idle", None, 2)]);

    let stream =
        hand.request(Method::GET, "/mcp").header("accept", "text/event-stream").header("mcp-session-id", &session);
    let stream = stream.send().await.expect("it opens");
    for _ in 0..5 {
        first.clock.advance(TimeDelta::minutes(20));
        second.running.sweep().await;
        second.sessions().await;
        sweep().await;
        assert_eq!(states(&first.sessions().await), [("idle", None, 2)], "its stream is open");
    }
    drop(stream);
    let closed = async {
        // The server notices when it next writes to it, or at its end.
        loop {
            first.clock.advance(TimeDelta::minutes(20));
            sweep().await;
            if first.sessions().await[0].status == "disconnected" {
                return;
            }
        }
    };
    tokio::time::timeout(BOUND, closed).await.expect("it times out");
    assert_eq!(states(&first.sessions().await), [("disconnected", Some("timeout"), 2)]);
}

#[tokio::test]
async fn what_one_server_served_goes_on_at_the_other_when_it_stops() {
    let (first, second) = two_servers().await;
    let session = first.hand().initialize("hand").await;
    let (stopped, place) = first.stop().await;
    stopped.expect("it stops");
    assert_eq!(echo(&second.hand(), &session, 1).await.status, 200);
    assert_eq!(states(&second.sessions().await), [("active", None, 2)]);
    let first = place.start().await;
    assert_eq!(echo(&first.hand(), &session, 2).await.status, 200);
    assert_eq!(states(&first.sessions().await), [("active", None, 3)]);
    second.stop().await.0.expect("it stops");
    assert_eq!(states(&first.sessions().await), [("active", None, 3)]);
    let (stopped, place) = first.stop().await;
    stopped.expect("it stops");
    let sessions: Vec<(String, Option<String>)> =
        place.database().await.rows("SELECT status, disconnect_reason FROM archon_mcp_sessions").await;
    assert_eq!(sessions, [("disconnected".to_owned(), Some("server_shutdown".to_owned()))], "it was the last");
}

#[tokio::test]
async fn a_session_that_cannot_be_looked_up_is_not_said_to_be_gone() {
    let (first, second) = two_servers().await;
    let session = first.hand().initialize("hand").await;
    let hand = second.hand();
    first.site.refuse_connections(true).await;
    // Several at once: one of them asks the database, the others wait for what it finds.
    let refused = futures::future::join_all((1..=5).map(|id| echo(&hand, &session, id))).await;
    assert!(refused.iter().all(|answer| answer.status == 503 && answer.error_code().is_some()), "{refused:?}");
    assert_eq!(echo(&first.hand(), &session, 6).await.status, 200, "the one that knows it goes on");
    first.site.refuse_connections(false).await;
    assert_eq!(echo(&hand, &session, 7).await.status, 200);
    assert_eq!(echo(&hand, "01a206b6-260a-728e-b8af-3730c3027319", 8).await.status, 404, "nobody knows that one");
}

const CLIENTS: usize = 100;
const CALLS: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_behind_a_balancer_do_not_notice_that_a_server_is_killed_and_started_again() {
    let site = Site::on_postgres().await;
    let (mut killed, first) = server(&site, "first").await;
    let (_lives, second) = server(&site, "second").await;
    let balancer = Balancer::start([first, second.clone()]).await;

    let answered = Arc::new(Answered::default());
    let callers = futures::future::join_all((0..CLIENTS).map(|number| caller(balancer.url.clone(), number))).await;
    let call = |(number, caller)| tokio::spawn(call_often(caller, number, Arc::clone(&answered)));
    let clients: Vec<_> = callers.into_iter().enumerate().map(call).collect();
    let reach = async |count| tokio::time::timeout(BOUND, answered.reach(count)).await.expect("calls are answered");
    reach(CLIENTS * CALLS / 4).await;
    killed.kill().await.expect("it can be killed");
    reach(CLIENTS * CALLS / 2).await;
    let (_again, first) = server(&site, "first").await;
    let before = balancer.served(0);
    balancer.replace(0, first.clone());
    let mut failed = Vec::new();
    for client in clients {
        let ended = tokio::time::timeout(BOUND, client).await.expect("the load ends");
        failed.extend(ended.expect("the client's task runs"));
    }
    assert!(failed.is_empty(), "no client had to begin again, and no server failed: {failed:?}");
    assert!(balancer.served(0) > before + CLIENTS, "the one that was started again serves, too");

    let database = site.open().await;
    let answered = answered.ids();
    assert_eq!(answered.len(), CLIENTS * CALLS);
    let written = async {
        loop {
            let calls: Vec<(String,)> =
                database.rows("SELECT rpc_id FROM archon_mcp_requests WHERE tool_name IS NOT NULL").await;
            let unique: HashSet<&str> = calls.iter().map(|(id,)| id.trim_matches('"')).collect();
            assert_eq!(unique.len(), calls.len(), "none is there twice");
            if answered.iter().all(|id| unique.contains(id.as_str())) {
                return;
            }
        }
    };
    tokio::time::timeout(BOUND, written).await.expect("all that was answered is written");
    sessions_are_right(&database).await;

    for (page, shows) in [("/", "session_info"), ("/sessions", "client 1"), ("/requests", "session_info")] {
        let same = async {
            // A minute may begin between the two.
            loop {
                let pages = futures::future::join_all([&first, &second].map(|url| shown(url, page))).await;
                assert!(pages[0].contains(shows), "{page}: {}", pages[0]);
                if pages[0] == pages[1] {
                    return;
                }
            }
        };
        tokio::time::timeout(BOUND, same).await.unwrap_or_else(|_| panic!("{page} differs"));
    }
}

/// Each client is one session, with the counters of its rows.
async fn sessions_are_right(database: &Peek) {
    let sessions: Vec<(String, String, i64, i64)> = database
        .rows(
            "SELECT s.client_name, s.status, s.total_requests, COUNT(r.id)
             FROM archon_mcp_sessions s LEFT JOIN archon_mcp_requests r USING (session_id)
             GROUP BY s.session_id ORDER BY s.client_name",
        )
        .await;
    let found: Vec<(&str, &str)> = sessions.iter().map(|(name, status, ..)| (name.as_str(), status.as_str())).collect();
    let mut names: Vec<String> = (0..CLIENTS).map(|number| format!("client {number}")).collect();
    names.sort_unstable();
    let expected: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "active")).collect();
    assert_eq!(found, expected, "one row a client");
    for (name, _, counted, rows) in &sessions {
        assert_eq!(counted, rows, "{name}");
    }
    let rollups: (i64, i64) = database
        .row(
            "SELECT CAST((SELECT COUNT(*) FROM archon_mcp_requests) AS BIGINT),
                 CAST((SELECT SUM(ok + input_required + tool_error + protocol_error + denied + rate_limited + timeout
                     + cancelled + disconnected + internal) FROM archon_mcp_rollups
                     WHERE width = 'day' AND tool_name = '') AS BIGINT)",
        )
        .await;
    assert_eq!(rollups.0, rollups.1);
}

/// The real binary with a data directory of its own.
async fn server(site: &Site, name: &str) -> (Child, String) {
    let directory = site.directory().join(name);
    std::fs::create_dir_all(&directory).expect("a folder");
    let mut server = Command::new(env!("CARGO_BIN_EXE_tracon"));
    server.current_dir(directory).args(["--bind", "127.0.0.1:0", "--log", "off"]);
    server.env("TRACON_DATABASE_URL", site.url());
    let (child, url) = started(&mut server).await;
    (child, url.trim_end_matches("/mcp").to_owned())
}

/// Half of the clients have a legacy session.
async fn caller(url: String, number: usize) -> Caller {
    let mut caller = Caller::new(url, format!("client {number}"));
    if number.is_multiple_of(2) {
        caller.greet().await.expect("the balancer answers");
        let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        let told = answer(caller.post().body(initialized.to_string())).await;
        assert_eq!(told.status, 202, "the other server has its session: {told:?}");
    }
    caller
}

/// Calls until that many are answered. A call that the killed server took with it is made again under another id. Gives what
/// was answered, but not well, such as that there is no such session.
async fn call_often(caller: Caller, number: usize, answered: Arc<Answered>) -> Vec<String> {
    let (mut own, mut failed) = (0, Vec::new());
    for attempt in 0.. {
        if own == CALLS {
            break;
        }
        let id = format!("{number}-{attempt}");
        let sent = match caller.call(&id).send().await {
            Ok(sent) => sent,
            Err(error) if error.is_connect() => panic!("the balancer is there: {error}"),
            // It ended the connection when the killed server did, before the head of the answer had left.
            Err(_) => continue,
        };
        let status = sent.status();
        // The killed server may have begun it.
        let Ok(answer) = sent.text().await else { continue };
        // The balancer says so of a server that is gone.
        if !matches!(status, StatusCode::OK | StatusCode::BAD_GATEWAY) {
            failed.push(format!("{status}: {answer}"));
        }
        if is_result(&answer, &id) {
            own += 1;
            answered.add(id);
        }
    }
    failed
}

/// What people see of a page, without how long ago everything was.
async fn shown(server: &str, page: &str) -> String {
    let html = Client::new().get(format!("{server}{page}")).send().await.expect("it answers").text().await;
    let html = html.expect("a page").replace(server, "");
    let body = html.split_once("<body>").expect("a body").1;
    without(&without(body, "<script", "</script>"), "<time", "</time>")
}

/// The text without what stands from `open` to the next `close`, each time.
fn without(text: &str, open: &str, close: &str) -> String {
    let mut parts = text.split(open);
    let first = parts.next().unwrap_or_default();
    std::iter::once(first).chain(parts.map(|part| part.split_once(close).map_or("", |(_, rest)| rest))).collect()
}
