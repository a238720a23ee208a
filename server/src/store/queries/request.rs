//! `/requests/{id}`, and the requests of a session, which have the same detail.

use tracon_app::reports::{Captured, RequestDetail};
use uuid::Uuid;

use super::rows::{request_columns, request_row};
use crate::store::{
    Store, StoreError,
    cells::Cells,
    connection::{Row, Value},
    kept::unpacked,
    tables::{PAYLOADS, REQUESTS},
};

macro_rules! detail_columns {
    () => {
        concat!(
            request_columns!(),
            ", error_message, http_status, rpc_id, protocol_version, conversation_id, turn_id, trace_id, server_instance"
        )
    };
}

pub(super) use detail_columns;

impl Store {
    /// One request; `None` when there is none of that id, whatever the id looks like.
    pub async fn request(&self, id: &str) -> Result<Option<RequestDetail>, StoreError> {
        let Ok(id) = Uuid::try_parse(id) else { return Ok(None) };
        let statement = concat!(
            "SELECT ",
            detail_columns!(),
            ", arguments, arguments_lz4, arguments_cut, result, result_lz4, result_cut,
               (SELECT other.id FROM archon_mcp_requests AS other
                WHERE other.request_session = this.request_session AND other.request_place < this.request_place
                ORDER BY other.request_place DESC LIMIT 1) AS previous,
               (SELECT other.id FROM archon_mcp_requests AS other
                WHERE other.request_session = this.request_session AND other.request_place > this.request_place
                ORDER BY other.request_place LIMIT 1) AS next
             FROM archon_mcp_requests AS this
                 LEFT JOIN archon_mcp_payloads AS payload ON payload.payload_place = this.request_place
             WHERE this.request_place >= $2 AND this.request_place <= $3 AND this.id = $1
             ORDER BY this.request_place LIMIT 1"
        );
        let values = vec![id.into(), Value::FirstPlace(id), Value::LastPlace(id)];
        let mut snapshot = self.snapshot().await?;
        let row = snapshot.connection().fetch_optional(statement, values).await?;
        snapshot.end().await?;

        let whole = |row: &Row| {
            let cells = Cells::keyed(row, REQUESTS, "id")?;
            let payload = Cells::of(row, PAYLOADS, cells.key().to_owned());
            Ok(RequestDetail {
                arguments: captured(&payload, "arguments", "arguments_lz4", "arguments_cut")?,
                result: captured(&payload, "result", "result_lz4", "result_cut")?,
                previous: cells.optional_id_text("previous")?,
                next: cells.optional_id_text("next")?,
                ..request_detail(row)?
            })
        };
        row.as_ref().map(whole).transpose()
    }
}

fn captured(
    cells: &Cells<'_>,
    plain: &'static str,
    packed: &'static str,
    is_cut: &'static str,
) -> Result<Option<Captured>, StoreError> {
    let json = match cells.get::<Option<&[u8]>>(packed)? {
        Some(bytes) => unpacked(bytes).map_err(|error| cells.corrupt(packed, error))?,
        None => match cells.get(plain)? {
            Some(json) => json,
            None => return Ok(None),
        },
    };
    Ok(Some(Captured { json, is_cut: cells.get(is_cut)? }))
}

/// A row of `detail_columns!`. Its neighbours and what was captured come from elsewhere.
pub fn request_detail(row: &Row) -> Result<RequestDetail, StoreError> {
    let cells = Cells::keyed(row, REQUESTS, "id")?;
    Ok(RequestDetail {
        request: request_row(row)?,
        error_message: cells.get("error_message")?,
        http_status: cells.optional_count("http_status")?,
        rpc_id: cells.get("rpc_id")?,
        protocol_version: cells.get("protocol_version")?,
        conversation_id: cells.get("conversation_id")?,
        turn_id: cells.get("turn_id")?,
        trace_id: cells.get("trace_id")?,
        server_instance: cells.id_text("server_instance")?,
        arguments: None,
        result: None,
        previous: None,
        next: None,
    })
}
