-- Requests again, with numbers in place of what many of them say alike: their session, what was called by which client, the
-- server. A row takes a third of the room, and its entries in the indexes are numbers, which are found in half the time. What
-- reads requests by their names reads the view of them, which has the columns that the table had.

CREATE TABLE archon_mcp_session_numbers (
    number     INTEGER PRIMARY KEY,
    session_id TEXT NOT NULL UNIQUE REFERENCES archon_mcp_sessions (session_id)
) STRICT;

CREATE TABLE archon_mcp_kinds (
    number      INTEGER PRIMARY KEY,
    method      TEXT NOT NULL,
    tool_name   TEXT,
    client_type TEXT
) STRICT;

CREATE TABLE archon_mcp_instances (
    number          INTEGER PRIMARY KEY,
    server_instance TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE archon_mcp_request_rows (
    row_id           INTEGER PRIMARY KEY,
    id               BLOB NOT NULL,                    -- UUIDv7 made from the start
    session          INTEGER REFERENCES archon_mcp_session_numbers (number),
    kind             INTEGER NOT NULL REFERENCES archon_mcp_kinds (number),
    outcome          INTEGER NOT NULL CHECK (outcome BETWEEN 0 AND 9),
    error_code       INTEGER,
    error_message    TEXT,
    started          INTEGER NOT NULL,                 -- microseconds since 1970
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
    instance         INTEGER NOT NULL REFERENCES archon_mcp_instances (number)
) STRICT;

INSERT INTO archon_mcp_session_numbers (session_id)
SELECT session_id FROM archon_mcp_sessions ORDER BY connected_at;
-- One that has lost its session.
INSERT INTO archon_mcp_session_numbers (session_id)
SELECT DISTINCT session_id FROM archon_mcp_requests WHERE session_id IS NOT NULL
ON CONFLICT (session_id) DO NOTHING;
INSERT INTO archon_mcp_kinds (method, tool_name, client_type)
SELECT DISTINCT method, tool_name, client_type FROM archon_mcp_requests;
INSERT INTO archon_mcp_instances (server_instance) SELECT DISTINCT server_instance FROM archon_mcp_requests;
-- What is offered as a filter is read from these in its order.
CREATE INDEX archon_mcp_kinds_by_name ON archon_mcp_kinds (method, tool_name, client_type);
CREATE INDEX archon_mcp_kinds_by_tool ON archon_mcp_kinds (tool_name) WHERE tool_name IS NOT NULL;
CREATE INDEX archon_mcp_kinds_by_client ON archon_mcp_kinds (client_type) WHERE client_type IS NOT NULL;

INSERT INTO archon_mcp_request_rows (row_id, id, session, kind, outcome, error_code, error_message, started, duration_ms,
    request_bytes, response_bytes, response_tokens, http_status, rpc_id, protocol_version, conversation_id, turn_id, trace_id,
    user_id, instance)
SELECT row_id, COALESCE(unhex(id, '-'), CAST(id AS BLOB)),
    (SELECT number FROM archon_mcp_session_numbers AS numbers WHERE numbers.session_id = requests.session_id),
    (SELECT number FROM archon_mcp_kinds AS kinds WHERE kinds.method = requests.method
         AND kinds.tool_name IS requests.tool_name AND kinds.client_type IS requests.client_type),
    CASE outcome WHEN 'ok' THEN 0 WHEN 'input_required' THEN 1 WHEN 'tool_error' THEN 2 WHEN 'protocol_error' THEN 3
        WHEN 'denied' THEN 4 WHEN 'rate_limited' THEN 5 WHEN 'timeout' THEN 6 WHEN 'cancelled' THEN 7
        WHEN 'disconnected' THEN 8 ELSE 9 END,
    error_code, error_message,
    -- Where it cannot be read, what the row's number has of it.
    COALESCE(unixepoch(substr(timestamp, 1, 19)) * 1000000 + CAST(substr(timestamp, 21, 6) AS INTEGER), (row_id >> 12) * 1000),
    duration_ms, request_bytes, response_bytes, response_tokens, http_status, rpc_id, protocol_version, conversation_id, turn_id,
    trace_id, user_id,
    (SELECT number FROM archon_mcp_instances AS instances WHERE instances.server_instance = requests.server_instance)
FROM archon_mcp_requests AS requests ORDER BY row_id;

DROP TABLE archon_mcp_requests;

-- Each ends with the number of the row, so that equality with its first column gives rows in the order of their start.
-- The requests of a session, their neighbours and their percentile.
CREATE INDEX archon_mcp_requests_by_session ON archon_mcp_request_rows (session, row_id, duration_ms) WHERE session IS NOT NULL;
-- The filters of the list: what is filtered by a method, a tool or a client is found by asking for each kind that matches.
CREATE INDEX archon_mcp_requests_by_kind ON archon_mcp_request_rows (kind);
-- The failed, with all that they are filtered by besides.
CREATE INDEX archon_mcp_requests_failed ON archon_mcp_request_rows (row_id, outcome, kind) WHERE outcome > 1;

CREATE VIEW archon_mcp_requests AS
SELECT
    row_id,
    lower(substr(hex(id), 1, 8) || '-' || substr(hex(id), 9, 4) || '-' || substr(hex(id), 13, 4) || '-' || substr(hex(id), 17, 4)
        || '-' || substr(hex(id), 21)) AS id,
    session AS session_number,
    (SELECT session_id FROM archon_mcp_session_numbers AS numbers WHERE numbers.number = session) AS session_id,
    kind,
    (SELECT client_type FROM archon_mcp_kinds AS kinds WHERE kinds.number = kind) AS client_type,
    (SELECT method FROM archon_mcp_kinds AS kinds WHERE kinds.number = kind) AS method,
    (SELECT tool_name FROM archon_mcp_kinds AS kinds WHERE kinds.number = kind) AS tool_name,
    outcome AS outcome_number,
    CASE WHEN outcome > 1 THEN 'error' ELSE 'success' END AS status,
    CASE outcome WHEN 0 THEN 'ok' WHEN 1 THEN 'input_required' WHEN 2 THEN 'tool_error' WHEN 3 THEN 'protocol_error'
        WHEN 4 THEN 'denied' WHEN 5 THEN 'rate_limited' WHEN 6 THEN 'timeout' WHEN 7 THEN 'cancelled'
        WHEN 8 THEN 'disconnected' WHEN 9 THEN 'internal' END AS outcome,
    error_code,
    error_message,
    started,
    strftime('%Y-%m-%dT%H:%M:%S', started / 1000000, 'unixepoch') || printf('.%06dZ', started % 1000000) AS timestamp,
    duration_ms,
    request_bytes,
    response_bytes,
    response_tokens,
    http_status,
    rpc_id,
    protocol_version,
    conversation_id,
    turn_id,
    trace_id,
    user_id,
    (SELECT server_instance FROM archon_mcp_instances AS instances WHERE instances.number = instance) AS server_instance
FROM archon_mcp_request_rows;

-- A number ends with its session, which has no request then. Should it have one, as where a person deletes it, the number must not be
-- given to another session.
CREATE TRIGGER archon_mcp_session_forgotten AFTER DELETE ON archon_mcp_sessions BEGIN
    DELETE FROM archon_mcp_session_numbers WHERE session_id = old.session_id
        AND NOT EXISTS (SELECT 1 FROM archon_mcp_request_rows WHERE session = number);
END;
