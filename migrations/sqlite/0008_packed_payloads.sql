-- What was captured of long arguments and results is kept packed: UTF-8 as an LZ4 block behind its length (four bytes, the lowest
-- first), as Python's `lz4.block.decompress` reads it. The column of the text is NULL where the packed one is not.
ALTER TABLE archon_mcp_payloads ADD COLUMN arguments_lz4 BLOB;
ALTER TABLE archon_mcp_payloads ADD COLUMN result_lz4 BLOB;
