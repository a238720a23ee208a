// What the server has written, read beside it: the figures that the pages must show.

import { DatabaseSync, type SQLInputValue } from 'node:sqlite';

export interface SessionRow {
  session_id: string;
  client_type: string | null;
  client_name: string | null;
  client_version: string | null;
  protocol_version: string | null;
  attribution: string;
  status: string;
  disconnect_reason: string | null;
  connected_at: string;
  total_requests: number;
  failed_requests: number;
}

export interface RequestRow {
  id: string;
  session_id: string | null;
  method: string;
  tool_name: string | null;
  status: string;
  outcome: string;
  error_code: number | null;
  error_message: string | null;
  duration_ms: number;
  timestamp: string;
}

/** The server's SQLite file, opened read-only for each question. */
export class Database {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  rows<T>(sql: string, ...values: SQLInputValue[]): T[] {
    const database = new DatabaseSync(this.#path, { readOnly: true });
    try {
      return database.prepare(sql).all(...values) as T[];
    } finally {
      database.close();
    }
  }

  /** The only row, which has to be there. */
  row<T>(sql: string, ...values: SQLInputValue[]): T {
    const [row, ...others] = this.rows<T>(sql, ...values);
    if (row === undefined || others.length > 0) {
      throw new Error(`${others.length + (row === undefined ? 0 : 1)} rows instead of one: ${sql}`);
    }
    return row;
  }

  count(sql: string, ...values: SQLInputValue[]): number {
    return this.row<{ n: number }>(`SELECT COUNT(*) AS n FROM ${sql}`, ...values).n;
  }

  /** In the order in which they connected. */
  sessions(): SessionRow[] {
    return this.rows('SELECT * FROM archon_mcp_sessions ORDER BY connected_at, session_id');
  }

  /** The session of that client, once it is written. */
  find(clientName: string): SessionRow | undefined {
    return this.rows<SessionRow>('SELECT * FROM archon_mcp_sessions WHERE client_name = ?', clientName)[0];
  }

  session(clientName: string): SessionRow {
    return this.row('SELECT * FROM archon_mcp_sessions WHERE client_name = ?', clientName);
  }

  /** In the order in which they started. */
  requests(): RequestRow[] {
    return this.rows('SELECT * FROM archon_mcp_requests ORDER BY id');
  }
}
