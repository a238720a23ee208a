-- Tokens, what was captured of arguments and results, the cost of tool definitions, sessions that can be brought back, and
-- rollups: figures by minute, hour and day, which outlive the requests that they were made of.

-- The requests again, as a table with row ids: their rows are wide, so that going from an index to a row only where
-- it is needed costs less than a key that is the row, and the index of the key alone counts and pages them.
CREATE TABLE archon_mcp_requests_new (
    id               TEXT NOT NULL UNIQUE,             -- UUIDv7 made from the start: sorts by it
    session_id       TEXT REFERENCES archon_mcp_sessions (session_id),
    client_type      TEXT,
    method           TEXT NOT NULL,
    tool_name        TEXT,
    status           TEXT NOT NULL CHECK (status IN ('success', 'error')),
    outcome          TEXT NOT NULL CHECK (outcome IN ('ok', 'input_required', 'tool_error', 'protocol_error', 'denied',
                         'rate_limited', 'timeout', 'cancelled', 'disconnected', 'internal')),
    error_code       INTEGER,
    error_message    TEXT,
    timestamp        TEXT NOT NULL,                    -- start
    duration_ms      REAL NOT NULL,
    request_bytes    INTEGER NOT NULL,
    response_bytes   INTEGER NOT NULL,
    response_tokens  INTEGER,                          -- an estimate
    http_status      INTEGER,
    rpc_id           TEXT,                             -- JSON
    protocol_version TEXT,
    conversation_id  TEXT,
    turn_id          TEXT,
    trace_id         TEXT,
    user_id          TEXT,
    server_instance  TEXT NOT NULL
) STRICT;

INSERT INTO archon_mcp_requests_new (id, session_id, client_type, method, tool_name, status, outcome, error_code,
    error_message, timestamp, duration_ms, request_bytes, response_bytes, http_status, rpc_id, protocol_version,
    conversation_id, turn_id, trace_id, user_id, server_instance)
SELECT id, session_id, client_type, method, tool_name, status, outcome, error_code,
    error_message, timestamp, duration_ms, request_bytes, response_bytes, http_status, rpc_id, protocol_version,
    conversation_id, turn_id, trace_id, user_id, server_instance
FROM archon_mcp_requests ORDER BY id;

DROP TABLE archon_mcp_requests;
ALTER TABLE archon_mcp_requests_new RENAME TO archon_mcp_requests;

-- There is none by time: a range of time is a range of ids, and figures come from the rollups. Each of these ends with the
-- id, so that equality with its first column gives rows sorted by id.
-- The requests of a session, their neighbours and their percentile.
CREATE INDEX archon_mcp_requests_by_session ON archon_mcp_requests (session_id, id, duration_ms)
    WHERE session_id IS NOT NULL;
-- The filters of the list, and the values that they offer.
CREATE INDEX archon_mcp_requests_by_method ON archon_mcp_requests (method, id);
CREATE INDEX archon_mcp_requests_by_tool ON archon_mcp_requests (tool_name, id) WHERE tool_name IS NOT NULL;
CREATE INDEX archon_mcp_requests_by_client ON archon_mcp_requests (client_type, id) WHERE client_type IS NOT NULL;
CREATE INDEX archon_mcp_requests_failed ON archon_mcp_requests (id, outcome) WHERE status = 'error';

-- Apart from the requests, so that their pages do not read over them, and with a shorter life.
CREATE TABLE archon_mcp_payloads (
    request_id    TEXT NOT NULL UNIQUE,
    arguments     TEXT,                                -- JSON, unless it was cut
    result        TEXT,
    arguments_cut INTEGER NOT NULL DEFAULT 0,          -- only the beginning was kept
    result_cut    INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE archon_mcp_tool_definitions (
    tool_name TEXT PRIMARY KEY NOT NULL,
    tokens    INTEGER NOT NULL,                        -- of the definition, each time a client lists it: an estimate
    listed_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Sessions of the legacy protocol that can be brought back, by the Mcp-Session-Id.
CREATE TABLE archon_mcp_transport_sessions (
    transport_session_id TEXT PRIMARY KEY NOT NULL,
    state                TEXT NOT NULL,                -- JSON
    updated_at           TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX archon_mcp_transport_sessions_by_age ON archon_mcp_transport_sessions (updated_at);

CREATE TABLE archon_mcp_rollups (
    width           TEXT NOT NULL CHECK (width IN ('minute', 'hour', 'day')),
    bucket_start    TEXT NOT NULL,
    tool_name       TEXT NOT NULL,                     -- '': all requests, also those of no tool
    ok              INTEGER NOT NULL,
    input_required  INTEGER NOT NULL,
    tool_error      INTEGER NOT NULL,
    protocol_error  INTEGER NOT NULL,
    denied          INTEGER NOT NULL,
    rate_limited    INTEGER NOT NULL,
    timeout         INTEGER NOT NULL,
    cancelled       INTEGER NOT NULL,
    disconnected    INTEGER NOT NULL,
    internal        INTEGER NOT NULL,
    request_bytes   INTEGER NOT NULL,
    response_bytes  INTEGER NOT NULL,
    response_tokens INTEGER NOT NULL,                  -- an estimate
    with_session    INTEGER NOT NULL,
    with_client     INTEGER NOT NULL,
    with_user       INTEGER NOT NULL,
    latency         BLOB NOT NULL,                     -- durations in µs, HDR histogram, V2 format
    PRIMARY KEY (width, bucket_start, tool_name)
) STRICT;
