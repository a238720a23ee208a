-- What SQLite's migrations make, in this engine's types. Numbers are BIGINT throughout, so that one type is read. Texts that
-- are sorted or looked up sort by their bytes, as in SQLite, whatever the database's locale. The columns of the original keep
-- their names and their meaning.

CREATE TABLE archon_mcp_sessions (
    session_id           UUID PRIMARY KEY,
    client_type          TEXT COLLATE "C",
    client_name          TEXT,             -- as sent
    client_version       TEXT,
    protocol_version     TEXT,
    client_capabilities  JSONB,
    attribution          TEXT NOT NULL CHECK (attribution IN ('transport', 'conversation', 'trace', 'window')),
    transport_session_id TEXT,             -- the Mcp-Session-Id header of the legacy protocol
    status               TEXT NOT NULL CHECK (status IN ('active', 'idle', 'disconnected')),
    disconnect_reason    TEXT,
    connected_at         TIMESTAMPTZ NOT NULL,
    last_activity        TIMESTAMPTZ NOT NULL,
    disconnected_at      TIMESTAMPTZ,
    total_duration       DOUBLE PRECISION, -- seconds, set when it ends
    total_requests       BIGINT NOT NULL DEFAULT 0,
    failed_requests      BIGINT NOT NULL DEFAULT 0,
    tool_calls           BIGINT NOT NULL DEFAULT 0,
    is_probe             BOOLEAN NOT NULL DEFAULT FALSE,   -- connects only to see whether a server answers
    user_id              TEXT,
    user_email           TEXT,
    user_agent           TEXT,
    peer                 TEXT,
    server_instance      UUID NOT NULL
);

-- Pages of sessions.
CREATE INDEX archon_mcp_sessions_by_activity ON archon_mcp_sessions (last_activity DESC, session_id DESC);
-- Who is connected.
CREATE INDEX archon_mcp_sessions_open ON archon_mcp_sessions (status, is_probe, last_activity)
    WHERE status <> 'disconnected';
-- How many sessions match a filter, and which clients there are.
CREATE INDEX archon_mcp_sessions_by_client ON archon_mcp_sessions (client_type, status, is_probe, tool_calls);

-- A partition a day: ids are of version 7 and begin with their time, so that a day is a range of ids, and the key of the whole
-- is the id alone. Days are made when they are first written to, and dropped when they are too old. Sessions are not referenced
-- as foreign keys: a batch reads the sessions that its rows name, and none with a request is deleted.
CREATE TABLE archon_mcp_requests (
    id               UUID PRIMARY KEY,
    session_id       UUID,
    client_type      TEXT COLLATE "C",
    method           TEXT COLLATE "C" NOT NULL,
    tool_name        TEXT COLLATE "C",
    status           TEXT NOT NULL CHECK (status IN ('success', 'error')),
    outcome          TEXT COLLATE "C" NOT NULL CHECK (outcome IN ('ok', 'input_required', 'tool_error', 'protocol_error',
                         'denied', 'rate_limited', 'timeout', 'cancelled', 'disconnected', 'internal')),
    error_code       BIGINT,
    error_message    TEXT,
    timestamp        TIMESTAMPTZ NOT NULL,             -- start
    duration_ms      DOUBLE PRECISION NOT NULL,
    request_bytes    BIGINT NOT NULL,
    response_bytes   BIGINT NOT NULL,
    response_tokens  BIGINT,                           -- an estimate
    http_status      BIGINT,
    rpc_id           TEXT,                             -- JSON
    protocol_version TEXT,
    conversation_id  TEXT,
    turn_id          TEXT,
    trace_id         TEXT,
    user_id          TEXT,
    server_instance  UUID NOT NULL
) PARTITION BY RANGE (id);

-- Each of these ends with the id, so that equality with its first column gives rows sorted by id.
-- The requests of a session, their neighbours and their percentile.
CREATE INDEX archon_mcp_requests_by_session ON archon_mcp_requests (session_id, id, duration_ms)
    WHERE session_id IS NOT NULL;
-- The filters of the list, and the values that they offer.
CREATE INDEX archon_mcp_requests_by_method ON archon_mcp_requests (method, id);
CREATE INDEX archon_mcp_requests_by_tool ON archon_mcp_requests (tool_name, id) WHERE tool_name IS NOT NULL;
CREATE INDEX archon_mcp_requests_by_client ON archon_mcp_requests (client_type, id) WHERE client_type IS NOT NULL;
CREATE INDEX archon_mcp_requests_failed ON archon_mcp_requests (id, outcome) WHERE status = 'error';

-- Apart from the requests, so that their pages do not read over them, and with a shorter life. A partition a day, too.
CREATE TABLE archon_mcp_payloads (
    request_id    UUID PRIMARY KEY,
    arguments     TEXT,                                -- JSON, unless it was cut
    result        TEXT,
    arguments_cut BOOLEAN NOT NULL DEFAULT FALSE,      -- only the beginning was kept
    result_cut    BOOLEAN NOT NULL DEFAULT FALSE
) PARTITION BY RANGE (request_id);

CREATE TABLE archon_mcp_tool_definitions (
    tool_name TEXT COLLATE "C" PRIMARY KEY,
    tokens    BIGINT NOT NULL,                         -- of the definition, each time a client lists it: an estimate
    listed_at TIMESTAMPTZ NOT NULL
);

-- Sessions of the legacy protocol that can be brought back, by the Mcp-Session-Id.
CREATE TABLE archon_mcp_transport_sessions (
    transport_session_id TEXT PRIMARY KEY,
    state                TEXT NOT NULL,                -- JSON
    updated_at           TIMESTAMPTZ NOT NULL
);
CREATE INDEX archon_mcp_transport_sessions_by_age ON archon_mcp_transport_sessions (updated_at);

CREATE TABLE archon_mcp_rollups (
    width           TEXT COLLATE "C" NOT NULL CHECK (width IN ('minute', 'hour', 'day')),
    bucket_start    TIMESTAMPTZ NOT NULL,
    tool_name       TEXT COLLATE "C" NOT NULL,         -- '': all requests, also those of no tool
    ok              BIGINT NOT NULL,
    input_required  BIGINT NOT NULL,
    tool_error      BIGINT NOT NULL,
    protocol_error  BIGINT NOT NULL,
    denied          BIGINT NOT NULL,
    rate_limited    BIGINT NOT NULL,
    timeout         BIGINT NOT NULL,
    cancelled       BIGINT NOT NULL,
    disconnected    BIGINT NOT NULL,
    internal        BIGINT NOT NULL,
    request_bytes   BIGINT NOT NULL,
    response_bytes  BIGINT NOT NULL,
    response_tokens BIGINT NOT NULL,                   -- an estimate
    with_session    BIGINT NOT NULL,
    with_client     BIGINT NOT NULL,
    with_user       BIGINT NOT NULL,
    latency         BYTEA NOT NULL,                    -- durations in µs, HDR histogram, V2 format
    PRIMARY KEY (width, bucket_start, tool_name)
) WITH (fillfactor = 50);                              -- the rows of now are written again and again
