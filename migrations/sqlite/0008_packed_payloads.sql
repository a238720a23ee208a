-- What was captured of long arguments and results is kept packed where it gets much shorter by it: UTF-8 as an LZ4 block behind its
-- length (four bytes, the lowest first), as Python's `lz4.block.decompress` reads it. The column of the text is then NULL.
ALTER TABLE archon_mcp_payloads ADD COLUMN arguments_lz4 BLOB;
ALTER TABLE archon_mcp_payloads ADD COLUMN result_lz4 BLOB;
