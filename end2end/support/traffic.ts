// A morning's work of several clients in a second: every page has something to show, successes and failures.

import { request } from 'node:http';
import type { McpClient } from './clients.ts';
import type { Clients } from './test.ts';

/** A name that is HTML: shown as text, it harms nobody. */
export const HOSTILE = '</title><img src=x onerror=alert(1)>';
export const LONG = `an-agent-with-a-very-long-name-${'x'.repeat(220)}`;

/** What the clients' names become on the pages. */
export const TRAFFIC_CLIENTS = ['Claude Code', 'Codex', 'Cursor', 'Gemini CLI', 'e2e-modern', HOSTILE, LONG];

/** Several clients of both eras at work; done when all of it is in the database. */
export async function makeTraffic(clients: Clients): Promise<void> {
  const claude = await clients.legacy({ name: 'claude-code', version: '2.1.197' });
  await claude.listTools();
  await claude.call('health_check');
  await claude.call('session_info');
  await claude.fail('no_such_tool');

  const modern = await clients.modern({ name: 'e2e-modern', version: '4.5.6' });
  await modern.listTools();
  await Promise.all(Array.from({ length: 4 }, async () => await modern.call('health_check')));
  await modern.fail('no_such_tool');
  await modern.fail('another_missing_tool');

  const codex = await clients.legacy({ name: 'codex-mcp-client', version: '0.169.0' });
  for (const turn of ['turn-1', 'turn-2']) {
    const meta = { 'x-codex-turn-metadata': { session_id: 'conversation-1', turn_id: turn } };
    await Promise.all([codex.call('health_check', meta), codex.call('session_info', meta), codex.call('session_info', meta)]);
  }

  const cursor = await clients.legacy({ name: 'cursor-vscode', version: '1.0.0' });
  await cursor.call('health_check');
  await cursor.leave();
  const probe = await clients.legacy({ name: 'mcp-test-client', version: '0.0.1' });
  await probe.listTools();
  await probe.leave();

  for (const name of [HOSTILE, LONG]) {
    const client = await clients.modern({ name, version: '1' });
    await client.call('session_info');
  }
  await clients.refused({ origin: 'http://evil.example' }, '{}');
  await clients.refused({}, '{"jsonrpc": "2.0", "id": 1, "method": ');
  await clients.recorded();
}

/** One client that makes this many calls. */
export async function makeCalls(clients: Clients, calls: number): Promise<McpClient> {
  const client = await clients.legacy({ name: 'busy', version: '1' });
  for (let call = 0; call < calls; call += 1) {
    await client.call('health_check');
  }
  await clients.recorded();
  return client;
}

/** Posts to the endpoint what no SDK would, and gives the status. */
export async function post(url: URL, headers: Record<string, string>, body: string): Promise<number> {
  return await new Promise((resolve, reject) => {
    const accept = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    const sent = request(url, { method: 'POST', headers: { ...accept, ...headers } }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    });
    sent.once('error', reject).end(body);
  });
}
