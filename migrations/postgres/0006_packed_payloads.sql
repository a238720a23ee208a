-- What was captured of long arguments and results is kept packed where it gets much shorter by it: UTF-8 as an LZ4 block behind its
-- length (four bytes, the lowest first), as Python's `lz4.block.decompress` reads it. The column of the text is then NULL.
ALTER TABLE archon_mcp_payloads ADD COLUMN arguments_lz4 BYTEA;
ALTER TABLE archon_mcp_payloads ADD COLUMN result_lz4 BYTEA;
-- PostgreSQL would try to make it shorter once more.
ALTER TABLE archon_mcp_payloads ALTER COLUMN arguments_lz4 SET STORAGE EXTERNAL;
ALTER TABLE archon_mcp_payloads ALTER COLUMN result_lz4 SET STORAGE EXTERNAL;
