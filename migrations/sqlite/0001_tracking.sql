-- Sessions and requests. Ids are UUIDs in their text form; times are UTC, ISO 8601 with microseconds and `Z`, so that
-- they sort as text and a person can read them. The columns of the original keep their names and their meaning.

CREATE TABLE archon_mcp_sessions (
    session_id           TEXT PRIMARY KEY NOT NULL,
    client_type          TEXT,
    client_name          TEXT,             -- as sent
    client_version       TEXT,
    protocol_version     TEXT,
    client_capabilities  TEXT,             -- JSON
    attribution          TEXT NOT NULL CHECK (attribution IN ('transport', 'conversation', 'trace', 'window')),
    transport_session_id TEXT,             -- the Mcp-Session-Id header of the legacy protocol
    status               TEXT NOT NULL CHECK (status IN ('active', 'idle', 'disconnected')),
    disconnect_reason    TEXT,
    connected_at         TEXT NOT NULL,
    last_activity        TEXT NOT NULL,
    disconnected_at      TEXT,
    total_duration       REAL,             -- seconds, set when it ends
    total_requests       INTEGER NOT NULL DEFAULT 0,
    failed_requests      INTEGER NOT NULL DEFAULT 0,
    tool_calls           INTEGER NOT NULL DEFAULT 0,
    is_probe             INTEGER NOT NULL DEFAULT 0,   -- connects only to see whether a server answers
    user_id              TEXT,
    user_email           TEXT,
    user_agent           TEXT,
    peer                 TEXT,
    server_instance      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Pages of sessions.
CREATE INDEX archon_mcp_sessions_by_activity ON archon_mcp_sessions (last_activity DESC, session_id DESC);
-- Who is connected: counted and listed from the index alone.
CREATE INDEX archon_mcp_sessions_open ON archon_mcp_sessions (status, is_probe, last_activity)
    WHERE status <> 'disconnected';
-- How many sessions match a filter, and which clients there are.
CREATE INDEX archon_mcp_sessions_by_client ON archon_mcp_sessions (client_type, status, is_probe, tool_calls);

CREATE TABLE archon_mcp_requests (
    id               TEXT PRIMARY KEY NOT NULL,        -- UUIDv7: sorts by start
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
    http_status      INTEGER,
    rpc_id           TEXT,                             -- JSON
    protocol_version TEXT,
    conversation_id  TEXT,
    turn_id          TEXT,
    trace_id         TEXT,
    user_id          TEXT,
    server_instance  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Each index ends with the id, the primary key, so that equality with its first column gives rows sorted by id.
-- The figures of a range, from the index alone: it has every column that they are made of.
CREATE INDEX archon_mcp_requests_by_time ON archon_mcp_requests (timestamp, outcome, duration_ms, response_bytes, tool_name);
-- The requests of a session, their neighbours and their percentile.
CREATE INDEX archon_mcp_requests_by_session ON archon_mcp_requests (session_id, id, duration_ms)
    WHERE session_id IS NOT NULL;
-- The filters of the list, and the values that they offer.
CREATE INDEX archon_mcp_requests_by_method ON archon_mcp_requests (method);
CREATE INDEX archon_mcp_requests_by_tool ON archon_mcp_requests (tool_name) WHERE tool_name IS NOT NULL;
CREATE INDEX archon_mcp_requests_by_client ON archon_mcp_requests (client_type) WHERE client_type IS NOT NULL;
CREATE INDEX archon_mcp_requests_failed ON archon_mcp_requests (id, outcome) WHERE status = 'error';
