-- Several servers on one database. A session that several of them serve is one row: each opens it under an id of its own, and
-- the first one's row is the session. The key is a hash of what ties the requests together: the transport id, or the signal.
CREATE TABLE archon_mcp_session_names (
    name       UUID PRIMARY KEY,                       -- what a server calls the session
    key        UUID NOT NULL,
    session_id UUID NOT NULL REFERENCES archon_mcp_sessions (session_id) ON DELETE CASCADE
);
CREATE INDEX archon_mcp_session_names_by_key ON archon_mcp_session_names (key);
CREATE INDEX archon_mcp_session_names_by_session ON archon_mcp_session_names (session_id);

-- When the client was last there without a request: with a stream open, or by a notification.
ALTER TABLE archon_mcp_sessions ADD COLUMN seen_at TIMESTAMPTZ;
