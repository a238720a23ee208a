-- When the client was last there without a request: with a stream open, or by a notification. Who is idle and who is gone is
-- decided in the database, since on PostgreSQL several servers may have heard of one client.
ALTER TABLE archon_mcp_sessions ADD COLUMN seen_at TEXT;
