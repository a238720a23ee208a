-- How far `tracon migrate` has come with moving a SQLite database here: a row a table, changed in the transactions that write
-- the table's rows. It stays when all is done, and says so.

CREATE TABLE archon_mcp_transfer (
    table_name  TEXT COLLATE "C" PRIMARY KEY,
    source      TEXT NOT NULL,                         -- the file that is moved
    moved       BIGINT NOT NULL DEFAULT 0,             -- rows
    last_key    TEXT,                                  -- of the last of them as the source has it, JSON
    verified_at TIMESTAMPTZ                            -- all was read again, and was the same on both sides
);
