// The file that a server makes where it is told of no other database.

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Store, Value } from './store.ts';

/** Opened for each question. */
export class SqliteStore implements Store {
  readonly engine = 'SQLite';
  readonly flags: string[] = [];
  readonly path: string;

  constructor(folder: string) {
    this.path = join(folder, 'tracon.db');
  }

  async rows<T>(sql: string, values: Value[]): Promise<T[]> {
    const database = new DatabaseSync(this.path, { readOnly: true });
    try {
      // Here `$1` is a name.
      const named = Object.fromEntries(values.map((value, index) => [`$${index + 1}`, value]));
      return database.prepare(sql).all(named) as T[];
    } finally {
      database.close();
    }
  }

  async lock(): Promise<() => Promise<void>> {
    const database = new DatabaseSync(this.path, { timeout: 5_000 });
    database.exec('BEGIN IMMEDIATE');
    return async () => {
      database.exec('ROLLBACK');
      database.close();
    };
  }

  /** It is in the server's folder. */
  async remove(): Promise<void> {}
}
