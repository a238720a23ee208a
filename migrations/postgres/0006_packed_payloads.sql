-- What was captured of long arguments and results is kept packed: an LZ4 block behind its length (four bytes, the lowest first),
-- as Python's `lz4.block.decompress` reads it. The column of the text is then NULL.
ALTER TABLE archon_mcp_payloads ADD COLUMN arguments_lz4 BYTEA;
ALTER TABLE archon_mcp_payloads ADD COLUMN result_lz4 BYTEA;
