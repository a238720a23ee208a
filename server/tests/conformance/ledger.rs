//! Holds the rows in the database against what the suite sent.

use std::{collections::BTreeMap, time::Duration};

use sqlx::FromRow;
use tracon::serve::Running;

use crate::database::{Peek, Site};

use super::witness::{Seen, Witness};

/// No row takes this long to be written.
const BOUND: Duration = Duration::from_secs(20);
/// What the guard turns away is recorded without being read: neither its method nor its id is known.
const TURNED_AWAY: &str = "turned away";

#[derive(Debug, FromRow)]
struct Row {
    method: String,
    /// JSON.
    rpc_id: Option<String>,
    outcome: String,
    error_message: Option<String>,
}

/// Asserts that each request that was sent has one row, that there is no other row, and that none was the server's own
/// fault. Gives their number.
pub async fn compare(site: &Site, running: &Running, witness: &Witness) -> usize {
    let own = witness.address.to_string();
    let sent: Vec<String> = witness.seen().iter().filter_map(|seen| sent_name(seen, &own)).collect();
    let rows = settled_rows(site, running, sent.len()).await;

    let unequal = unequal(&sent, &rows.iter().map(row_name).collect::<Vec<_>>());
    assert!(unequal.is_empty(), "requests without exactly one row:\n{}", unequal.join("\n"));
    let faults = rows.iter().filter(|row| row.outcome == "internal");
    let faults: Vec<_> = faults.map(|row| (row_name(row), row.error_message.as_deref())).collect();
    assert!(faults.is_empty(), "no request was the server's own fault, but: {faults:#?}");
    rows.len()
}

/// Method and id; `None` for what is no request: a notification, an answer to the server, a stream, the end of a session.
fn sent_name(seen: &Seen, own: &str) -> Option<String> {
    let (method, id) = (seen.message["method"].as_str()?, seen.message.get("id")?);
    Some(if seen.host == own { format!("{method} {id}") } else { TURNED_AWAY.to_owned() })
}

fn row_name(row: &Row) -> String {
    match row.outcome.as_str() {
        "denied" => TURNED_AWAY.to_owned(),
        _ => format!("{} {}", row.method, row.rpc_id.as_deref().unwrap_or("without an id")),
    }
}

/// The names that one side has more often than the other. Sessions share ids, so the same name may come several times.
fn unequal(sent: &[String], recorded: &[String]) -> Vec<String> {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for name in sent {
        counts.entry(name).or_default().0 += 1;
    }
    for name in recorded {
        counts.entry(name).or_default().1 += 1;
    }
    let unequal = counts.into_iter().filter(|(_, (sent, recorded))| sent != recorded);
    unequal.map(|(name, (sent, recorded))| format!("{name}: sent {sent}, recorded {recorded}")).collect()
}

/// Everything that was recorded, once it is written; waits a while for so many rows.
async fn settled_rows(site: &Site, running: &Running, count: usize) -> Vec<Row> {
    let database = site.open().await;
    let mut changes = running.changes.clone();
    let written = async {
        while all(&database).await.len() < count {
            changes.changed().await.expect("the writer runs");
        }
    };
    // With too few rows after that time, the comparison says which are missing.
    let _ = tokio::time::timeout(BOUND, written).await;
    running.tracker().expect("tracking is on").recorder.settled().await;
    all(&database).await
}

async fn all(database: &Peek) -> Vec<Row> {
    database.rows("SELECT method, rpc_id, outcome, error_message FROM archon_mcp_requests ORDER BY id").await
}
