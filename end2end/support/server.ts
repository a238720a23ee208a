// The real binary, as a user starts it: its own process, port, data directory and database.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { newStore, type Store } from './store.ts';

const BINARY = process.env.TRACON_BIN ?? resolve(import.meta.dirname, '../../target/debug/tracon');
/** Above the 10 s that a server which stops gives to calls in flight. */
const STOP_WITHIN = 20_000;
const START_WITHIN = 20_000;
/** The banner's line that says where the dashboard is. */
const DASHBOARD = /^\s*Dashboard\s+(http:\/\/127\.0\.0\.1:\d+)\/$/;

export class Server {
  /** Without a trailing slash. */
  url = '';
  /** What it printed, both streams: for the report of a failed test. */
  log = '';

  readonly store: Store;
  readonly #folder: string;
  readonly #flags: string[];
  #process: ChildProcess | undefined;

  private constructor(folder: string, store: Store, flags: string[]) {
    this.#folder = folder;
    this.store = store;
    this.#flags = flags;
  }

  /** Starts a server on a free port, with nothing in its database. */
  static async start(flags: string[] = []): Promise<Server> {
    const folder = await mkdtemp(join(tmpdir(), 'tracon-end2end-'));
    const server = new Server(folder, await newStore(folder), flags);
    try {
      await server.#run('127.0.0.1:0');
    } catch (error) {
      await server.removeData();
      throw error;
    }
    return server;
  }

  get mcp(): URL {
    return new URL('/mcp', this.url);
  }

  get runs(): boolean {
    return this.#process !== undefined;
  }

  /** Starts it again, where it was and with what it had. */
  async startAgain(): Promise<void> {
    await this.#run(new URL(this.url).host);
  }

  /** Asks it to stop, and gives its exit code; `null` when it had to be killed. */
  async stop(): Promise<number | null> {
    const child = this.#process;
    if (child === undefined) {
      return 0;
    }
    this.#process = undefined;
    if (child.exitCode !== null) {
      return child.exitCode;
    }
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN);
    await exit;
    clearTimeout(kill);
    return child.exitCode;
  }

  async removeData(): Promise<void> {
    await Promise.all([this.store.remove(), rm(this.#folder, { recursive: true, force: true })]);
  }

  async #run(bind: string): Promise<void> {
    // In its own folder and without the caller's settings: neither a tracon.toml nor a TRACON_* changes a test.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TRACON_')));
    const child = spawn(BINARY, ['--bind', bind, '--data-dir', this.#folder, ...this.store.flags, ...this.#flags], {
      cwd: this.#folder,
      env: { ...env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.log += text));
    const lines = createInterface(child.stdout);
    this.url = await new Promise<string>((found, failed) => {
      const late = setTimeout(() => {
        child.kill('SIGKILL');
        failed(new Error(`the server said no address within ${START_WITHIN} ms\n${this.log}`));
      }, START_WITHIN);
      const end = (settle: () => void): void => {
        clearTimeout(late);
        settle();
      };
      lines.on('line', (line) => {
        this.log += `${line}\n`;
        const url = DASHBOARD.exec(line)?.[1];
        if (url !== undefined) {
          end(() => found(url));
        }
      });
      child.once('error', (error) => end(() => failed(new Error(`cannot start ${BINARY}`, { cause: error }))));
      child.once('exit', (code) => end(() => failed(new Error(`the server ended with ${code}\n${this.log}`))));
    });
  }
}
