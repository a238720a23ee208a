// Where a server keeps its records: in SQLite, or in PostgreSQL where TRACON_TEST_ENGINE says so.

import { PostgresStore } from './postgres.ts';
import { SqliteStore } from './sqlite.ts';

export type Value = string | number;

/** The database of one server. Both engines take the same statements, and their rows have the values of SQLite's. */
export interface Store {
  /** As the pages call it. */
  readonly engine: string;
  /** What the server has to be told of it. */
  readonly flags: string[];
  /** The values are those of `$1`, `$2`, …. */
  rows<T>(sql: string, values: Value[]): Promise<T[]>;
  /** Lets nobody write until what it gives is called. */
  lock(): Promise<() => Promise<void>>;
  /** Leaves nothing outside the server's folder. */
  remove(): Promise<void>;
}

/** `sqlite`, as where it is not set, or `postgres`: what the whole run is for. */
const ENGINE = process.env.TRACON_TEST_ENGINE ?? 'sqlite';
if (ENGINE !== 'sqlite' && ENGINE !== 'postgres') {
  throw new Error(`TRACON_TEST_ENGINE is ${JSON.stringify(ENGINE)}: it may be sqlite or postgres`);
}

/** An empty one, for the server whose data directory that is. */
export async function newStore(folder: string): Promise<Store> {
  return ENGINE === 'postgres' ? await PostgresStore.create() : new SqliteStore(folder);
}
