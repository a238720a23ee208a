// An hour of a small team's agents, for pictures: real calls of real clients, made in seconds and then dated back.

import { DatabaseSync } from 'node:sqlite';
import type { McpClient } from './clients.ts';
import type { View } from './every_page.ts';
import { Agent, type Status } from './projects.ts';
import { SqliteStore } from './sqlite.ts';
import type { Store } from './store.ts';
import type { Clients } from './test.ts';

const ROUNDS = 36;
/** How far back the first request is set. */
const MINUTES = 58;

/** A dice that falls the same each time. */
function dice(): () => number {
  let state = 20_260_728;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Lets several clients work in turns. */
export async function makeShowcase(clients: Clients): Promise<void> {
  const agents: { client: McpClient; eagerness: number; turns: boolean }[] = [
    { client: await clients.legacy({ name: 'claude-code', version: '2.1.197' }), eagerness: 4, turns: false },
    { client: await clients.legacy({ name: 'codex-mcp-client', version: '0.169.0' }), eagerness: 2.5, turns: true },
    { client: await clients.modern({ name: 'release-bot', version: '3.2.0' }), eagerness: 1.5, turns: false },
    { client: await clients.legacy({ name: 'gemini-cli-mcp-client', version: '0.61.0' }), eagerness: 0.7, turns: false },
  ];
  const cursor = await clients.legacy({ name: 'cursor-vscode', version: '1.0.0' });
  const roll = dice();
  for (const { client } of agents) {
    await client.listTools();
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    const busy = 0.6 + 0.5 * Math.sin(round / 4);
    for (const { client, eagerness, turns } of agents) {
      const meta = turns ? { 'x-codex-turn-metadata': { session_id: 'fix-login', turn_id: `turn ${1 + Math.floor(round / 9)}` } } : undefined;
      const calls = Array.from({ length: Math.round(roll() * eagerness * busy * 2) }, async () => {
        if (roll() < 0.06) {
          await client.fail('find_taks');
        } else {
          await client.call(roll() < 0.7 ? 'session_info' : 'health_check', meta);
        }
      });
      await Promise.all(calls);
    }
    if (round === 8) {
      await cursor.call('health_check');
      await cursor.call('session_info');
      await cursor.leave();
    }
  }
  const probe = await clients.legacy({ name: 'mcp-test-client', version: '0.0.1' });
  await probe.listTools();
  await probe.leave();
  await clients.recorded();
}

/** How much of the time has passed when this share of the requests has: busy and quiet stretches take turns. */
function passed(share: number): number {
  return share + 0.035 * Math.sin(share * 6 * Math.PI) + 0.006 * Math.sin(share * 17 * Math.PI);
}

/** Spreads what was recorded over the past hour, in its order. */
export function dateBack(store: Store): void {
  if (!(store instanceof SqliteStore)) {
    throw new Error('pictures are taken of SQLite only: set TRACON_TEST_ENGINE to sqlite');
  }
  const database = new DatabaseSync(store.path, { timeout: 5_000 });
  const rows = 'SELECT row_id FROM archon_mcp_request_rows ORDER BY row_id';
  const requests = database.prepare(rows).all() as { row_id: number }[];
  const date = database.prepare('UPDATE archon_mcp_request_rows SET started = ? WHERE row_id = ?');
  const start = Date.now() - MINUTES * 60_000;
  database.exec('BEGIN IMMEDIATE');
  for (const [index, { row_id: row }] of requests.entries()) {
    const time = start + Math.min(1, passed((index + 0.5) / requests.length)) * MINUTES * 60_000;
    date.run(Math.round(time) * 1_000, row);
  }
  database.exec(`
    UPDATE archon_mcp_sessions AS session SET
      connected_at = (SELECT MIN(timestamp) FROM archon_mcp_requests WHERE session_id = session.session_id),
      last_activity = (SELECT MAX(timestamp) FROM archon_mcp_requests WHERE session_id = session.session_id);
    UPDATE archon_mcp_sessions SET disconnected_at = last_activity WHERE disconnected_at IS NOT NULL;
    COMMIT`);
  database.close();
}

/** A project as a small team and its agents have it; gives its pages. */
export async function makeProject(mcp: URL): Promise<View[]> {
  const agent = await Agent.connect(mcp, 'windsurf');
  const project = await agent.project('Checkout', 'Pay by card, by invoice, and by what comes next.');
  await agent.project('Search', 'Find what was meant, not what was typed.');
  const tasks: [string, Status, Record<string, unknown>][] = [
    ['Keep the basket when the session ends', 'todo', { priority: 'high', feature: 'basket' }],
    ['Say which field of the address is missing', 'todo', { feature: 'address' }],
    ['Invoices in the customer’s language', 'todo', { priority: 'low', feature: 'invoice', assignee: 'Ada' }],
    ['Retry a payment that timed out, once', 'doing', { priority: 'critical', feature: 'payment', assignee: 'claude-code' }],
    ['Show taxes before the last step', 'doing', { assignee: 'Ada' }],
    ['Ask for the card’s code only when the bank wants it', 'review', { feature: 'payment', assignee: 'codex' }],
    ['Test cards of three banks', 'done', { feature: 'payment' }],
    ['Round each line as the law says', 'done', { priority: 'high', feature: 'invoice' }],
  ];
  const made: string[] = [];
  for (const [title, status, more] of tasks) {
    made.push(await agent.task(project, title, status, { description: `## Why\n\nPeople leave here.\n\n- [ ] ${title}`, ...more }));
  }
  const plan = await agent.document(project, 'Payment, step by step', '# Payment\n\n1. The basket is priced.\n2. The bank is asked.\n\n| bank | code |\n|---|---|\n| A | never |\n| B | above 30 € |\n\n```rust\nlet asked = bank.ask(&card).await?;\n```\n');
  await agent.rewrite(project, plan, '# Payment\n\n1. The basket is priced, with taxes.\n2. The bank is asked, twice if it does not answer.\n\n| bank | code |\n|---|---|\n| A | never |\n| B | above 30 € |\n\n> A payment is never taken twice.\n\n```rust\nlet asked = bank.ask(&card).await?;\n```\n');
  await agent.close();
  return [
    { name: 'projects', path: '/projects' },
    { name: 'board', path: `/projects/${project}` },
    { name: 'task', path: `/projects/${project}/tasks/${made[3]}` },
    { name: 'document', path: `/projects/${project}/documents/${plan}` },
    { name: 'versions', path: `/projects/${project}/versions?field=docs&number=2` },
    { name: 'history', path: `/projects/${project}/history` },
  ];
}
