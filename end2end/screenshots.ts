// A picture of every page with real data, into the folder that TRACON_SCREENSHOTS names.

import { join, resolve } from 'node:path';
import { EMPTY_PAGES, open, type View } from './support/every_page.ts';
import { liveMark } from './support/pages.ts';
import { dateBack, makeProject, makeShowcase } from './support/showcase.ts';
import { expect, test } from './support/test.ts';

const FOLDER = resolve(process.env.TRACON_SCREENSHOTS ?? 'test-results/screenshots');

test('every page', async ({ page, visit, guard, clients, database, server }, { project }) => {
  const take = async (view: View): Promise<void> => {
    await open(view, visit, guard);
    await expect(liveMark(page)).toHaveAttribute('data-live', 'live');
    const path = join(FOLDER, `${view.name}-${project.name}.png`);
    await page.screenshot({ path, fullPage: true, animations: 'disabled' });
  };
  for (const view of EMPTY_PAGES) {
    await take(view);
  }

  await makeShowcase(clients);
  dateBack(server.store);
  const projects = await makeProject(server.mcp);
  const session = async (client: string): Promise<string> => (await database.session(client)).session_id;
  const request = async (where: string): Promise<string> =>
    (await database.rows<{ id: string }>(`SELECT id FROM archon_mcp_requests WHERE ${where} ORDER BY id DESC LIMIT 1`))[0]?.id ?? '';
  for (const view of [
    { name: 'overview', path: '/' },
    { name: 'sessions', path: '/sessions' },
    { name: 'session', path: `/sessions/${await session('claude-code')}` },
    { name: 'session-turns', path: `/sessions/${await session('codex-mcp-client')}` },
    { name: 'requests', path: '/requests' },
    { name: 'requests-failed', path: '/requests?errors_only=1' },
    { name: 'request', path: `/requests/${await request("tool_name = 'session_info'")}` },
    { name: 'request-failed', path: `/requests/${await request("status = 'error'")}` },
    ...projects,
    { name: 'health', path: '/health' },
    { name: 'not-found', path: '/nothing', status: 404 },
    { name: 'bad-parameter', path: '/requests?outcome=great', status: 400 },
  ]) {
    await take(view);
  }
});
