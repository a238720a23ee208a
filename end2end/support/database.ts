// What the server has written, read beside it: the figures that the pages must show.

import type { Store, Value } from './store.ts';

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

/** Questions to the server's database, in words that either engine understands. */
export class Database {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** As the pages call it. */
  get engine(): string {
    return this.#store.engine;
  }

  /** Lets the server write nothing until what it gives is called. */
  async lock(): Promise<() => Promise<void>> {
    return await this.#store.lock();
  }

  /** The values are those of `$1`, `$2`, …. */
  async rows<T>(sql: string, ...values: Value[]): Promise<T[]> {
    return await this.#store.rows(sql, values);
  }

  /** The only row, which has to be there. */
  async row<T>(sql: string, ...values: Value[]): Promise<T> {
    const [row, ...others] = await this.rows<T>(sql, ...values);
    if (row === undefined || others.length > 0) {
      throw new Error(`${others.length + (row === undefined ? 0 : 1)} rows instead of one: ${sql}`);
    }
    return row;
  }

  async count(sql: string, ...values: Value[]): Promise<number> {
    return (await this.row<{ n: number }>(`SELECT COUNT(*) AS n FROM ${sql}`, ...values)).n;
  }

  /** In the order in which they connected. */
  async sessions(): Promise<SessionRow[]> {
    return await this.rows('SELECT * FROM archon_mcp_sessions ORDER BY connected_at, session_id');
  }

  /** The session of that client, once it is written. */
  async find(clientName: string): Promise<SessionRow | undefined> {
    return (await this.rows<SessionRow>('SELECT * FROM archon_mcp_sessions WHERE client_name = $1', clientName))[0];
  }

  async session(clientName: string): Promise<SessionRow> {
    return await this.row('SELECT * FROM archon_mcp_sessions WHERE client_name = $1', clientName);
  }

  /** In the order in which they started. */
  async requests(): Promise<RequestRow[]> {
    return await this.rows('SELECT * FROM archon_mcp_requests ORDER BY id');
  }
}
