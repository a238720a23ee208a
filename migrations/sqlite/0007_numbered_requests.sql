-- Requests again, with rows that are numbered by their ids: the 48 bits of milliseconds and the 12 behind the version, or the next
-- number that is free. So they lie in the order of their start, there is no index of ids to keep, and every other
-- one names its rows by eight bytes instead of thirty-six letters. Payloads have the number of their request.

CREATE TABLE archon_mcp_requests_new (
    row_id           INTEGER PRIMARY KEY,
    id               TEXT NOT NULL,                    -- UUIDv7 made from the start
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

INSERT INTO archon_mcp_requests_new (row_id, id, session_id, client_type, method, tool_name, status, outcome, error_code,
    error_message, timestamp, duration_ms, request_bytes, response_bytes, response_tokens, http_status, rpc_id,
    protocol_version, conversation_id, turn_id, trace_id, user_id, server_instance)
WITH begun AS (
    SELECT rowid AS old, id, ROW_NUMBER() OVER (ORDER BY id) AS place,
        (instr('0123456789abcdef', substr(id, 1, 1)) - 1 << 56) + (instr('0123456789abcdef', substr(id, 2, 1)) - 1 << 52)
        + (instr('0123456789abcdef', substr(id, 3, 1)) - 1 << 48) + (instr('0123456789abcdef', substr(id, 4, 1)) - 1 << 44)
        + (instr('0123456789abcdef', substr(id, 5, 1)) - 1 << 40) + (instr('0123456789abcdef', substr(id, 6, 1)) - 1 << 36)
        + (instr('0123456789abcdef', substr(id, 7, 1)) - 1 << 32) + (instr('0123456789abcdef', substr(id, 8, 1)) - 1 << 28)
        + (instr('0123456789abcdef', substr(id, 10, 1)) - 1 << 24) + (instr('0123456789abcdef', substr(id, 11, 1)) - 1 << 20)
        + (instr('0123456789abcdef', substr(id, 12, 1)) - 1 << 16) + (instr('0123456789abcdef', substr(id, 13, 1)) - 1 << 12)
        + (instr('0123456789abcdef', substr(id, 16, 1)) - 1 << 8) + (instr('0123456789abcdef', substr(id, 17, 1)) - 1 << 4)
        + (instr('0123456789abcdef', substr(id, 18, 1)) - 1) AS first
    FROM archon_mcp_requests
),
-- Each has a greater number than the one before: its own, or one more than that.
numbered AS (
    SELECT old, place + MAX(first - place) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) AS row_id FROM begun ORDER BY id
)
SELECT row_id, id, session_id, client_type, method, tool_name, status, outcome, error_code, error_message, timestamp, duration_ms,
    request_bytes, response_bytes, response_tokens, http_status, rpc_id, protocol_version, conversation_id, turn_id, trace_id,
    user_id, server_instance
FROM numbered CROSS JOIN archon_mcp_requests AS request ON request.rowid = old;

CREATE TABLE archon_mcp_payloads_new (
    row_id        INTEGER PRIMARY KEY,                 -- of the request
    request_id    TEXT NOT NULL,
    arguments     TEXT,                                -- JSON, unless it was cut
    result        TEXT,
    arguments_cut INTEGER NOT NULL DEFAULT 0,          -- only the beginning was kept
    result_cut    INTEGER NOT NULL DEFAULT 0
) STRICT;

-- One that has lost its request is shown nowhere, and stays behind.
CREATE INDEX archon_mcp_requests_by_id ON archon_mcp_requests_new (id);
INSERT INTO archon_mcp_payloads_new (row_id, request_id, arguments, result, arguments_cut, result_cut)
SELECT requests.row_id, request_id, arguments, result, arguments_cut, result_cut
FROM archon_mcp_payloads JOIN archon_mcp_requests_new AS requests ON requests.id = request_id ORDER BY request_id;
DROP INDEX archon_mcp_requests_by_id;

DROP TABLE archon_mcp_requests;
ALTER TABLE archon_mcp_requests_new RENAME TO archon_mcp_requests;
DROP TABLE archon_mcp_payloads;
ALTER TABLE archon_mcp_payloads_new RENAME TO archon_mcp_payloads;

-- Each ends with the number of the row, so that equality with its first column gives rows in the order of their start.
-- The requests of a session, their neighbours and their percentile.
CREATE INDEX archon_mcp_requests_by_session ON archon_mcp_requests (session_id, row_id, duration_ms)
    WHERE session_id IS NOT NULL;
-- The filters of the list, and the values that they offer: of which kind a request is. One index for all three, since there are few
-- kinds: what is filtered by one of its columns is found by asking for each kind that matches.
CREATE INDEX archon_mcp_requests_by_kind ON archon_mcp_requests (method, tool_name, client_type);
-- The failed, with all that they are filtered by besides.
CREATE INDEX archon_mcp_requests_failed ON archon_mcp_requests (row_id, outcome, method, tool_name, client_type)
    WHERE status = 'error';
