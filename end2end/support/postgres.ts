// A PostgreSQL database of its own for each server, on the server that `cargo xtask test` starts.

import { randomUUID } from 'node:crypto';
import { Client, types } from 'pg';
import type { Store, Value } from './store.ts';

/** Names the server, and a database on it that is there: `postgres://user@host:port/postgres`. */
const SERVER = 'TRACON_TEST_POSTGRES_URL';
const TIME = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\+00$/;

/** What values become that would not be those of SQLite's columns. */
const PARSERS = new Map<number, (text: string) => unknown>([
  [types.builtins.BOOL, (text) => Number(text === 't')],
  [types.builtins.INT8, Number],
  [types.builtins.JSONB, String],
  // The sum of integers.
  [types.builtins.NUMERIC, Number],
  [types.builtins.TIMESTAMPTZ, iso],
]);

/** Connected to for each question. */
export class PostgresStore implements Store {
  readonly engine = 'PostgreSQL';
  readonly flags: string[];
  readonly #server: string;
  readonly #name: string;
  readonly #url: string;

  private constructor(server: string, name: string) {
    const url = new URL(server);
    url.pathname = `/${name}`;
    this.#server = server;
    this.#name = name;
    this.#url = url.href;
    this.flags = ['--database-url', this.#url];
  }

  static async create(): Promise<PostgresStore> {
    const server = process.env[SERVER] ?? '';
    if (server === '') {
      throw new Error(`${SERVER} is not set: run \`cargo xtask test\`, which starts a PostgreSQL for the tests`);
    }
    const store = new PostgresStore(server, `tracon_test_${randomUUID().replaceAll('-', '')}`);
    // From the template that nobody is ever connected to.
    await run(server, `CREATE DATABASE ${store.#name} TEMPLATE template0`);
    return store;
  }

  async rows<T>(sql: string, values: Value[]): Promise<T[]> {
    const client = await connect(this.#url);
    try {
      await client.query("SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET default_transaction_read_only = on");
      return (await client.query(sql, values)).rows as T[];
    } finally {
      await client.end();
    }
  }

  async lock(): Promise<() => Promise<void>> {
    const client = await connect(this.#url);
    await client.query('BEGIN; LOCK TABLE archon_mcp_sessions, archon_mcp_requests IN SHARE MODE');
    return async () => {
      await client.query('ROLLBACK');
      await client.end();
    };
  }

  async remove(): Promise<void> {
    await run(this.#server, `DROP DATABASE ${this.#name} WITH (FORCE)`);
  }
}

async function connect(url: string): Promise<Client> {
  const parser = (type: number, format?: 'text' | 'binary') => PARSERS.get(type) ?? types.getTypeParser(type, format as 'text');
  const client = new Client({ connectionString: url, types: { getTypeParser: parser as typeof types.getTypeParser } });
  // A connection that is lost fails the next question, and nobody else.
  client.on('error', () => {});
  await client.connect();
  return client;
}

async function run(url: string, statement: string): Promise<void> {
  const client = await connect(url);
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A time as SQLite has it, of `2026-01-09 14:40:00.12+00`. */
function iso(text: string): string {
  const [, date, time, fraction = ''] = TIME.exec(text) ?? [];
  if (date === undefined) {
    throw new Error(`PostgreSQL says ${text}, which is no time in UTC`);
  }
  return `${date}T${time}.${fraction.padEnd(6, '0')}Z`;
}
