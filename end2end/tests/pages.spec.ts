// Every page with real data: on a desktop, on a phone, and with JavaScript off.

import type { Page } from '@playwright/test';
import type { Database } from '../support/database.ts';
import { fact, figure, filters, ids, requestRows, section, sessionRows } from '../support/pages.ts';
import { expect, test } from '../support/test.ts';
import { HOSTILE, makeCalls, makeTraffic } from '../support/traffic.ts';

const CALLS = 'archon_mcp_requests';
const NEWEST_FIRST = 'ORDER BY id DESC';
/** What the list of sessions sets apart. */
const APART = "(is_probe OR (status = 'disconnected' AND tool_calls = 0))";
const COMMAND = 'claude mcp add --transport http tracon';

/** One of: what is chosen, what is typed; else it is a box to tick. */
interface Filter {
  name: string;
  label: string;
  role: 'combobox' | 'checkbox' | 'searchbox' | 'spinbutton' | 'textbox';
  choose?: string;
  fill?: (database: Database) => Promise<string>;
  where: string;
  as?: string;
}

const FILTERS: Filter[] = [
  { name: 'tool', label: 'Tool', role: 'combobox', choose: 'session_info', where: "tool_name = 'session_info'" },
  { name: 'method', label: 'Method', role: 'combobox', choose: 'tools/list', where: "method = 'tools/list'" },
  { name: 'client', label: 'Client', role: 'combobox', choose: 'Codex', where: "client_type = 'Codex'" },
  { name: 'client', label: 'Client', role: 'combobox', choose: HOSTILE, where: "client_type LIKE '</title>%'", as: ' whose name is HTML' },
  { name: 'outcome', label: 'Outcome', role: 'combobox', choose: 'denied', where: "outcome = 'denied'" },
  { name: 'errors_only', label: 'Only errors', role: 'checkbox', where: "status = 'error'" },
  { name: 'min_ms', label: 'At least, ms', role: 'spinbutton', fill: async () => '0.5', where: 'duration_ms >= 0.5' },
  { name: 'text', label: 'Error text', role: 'searchbox', fill: async () => 'NOT FOUND', where: "LOWER(error_message) LIKE '%not found%'" },
  {
    name: 'session',
    label: 'Session',
    role: 'textbox',
    fill: async (database) => (await database.session('cursor-vscode')).session_id,
    where: "session_id = (SELECT session_id FROM archon_mcp_sessions WHERE client_name = 'cursor-vscode')",
  },
];

test.describe('a server that nothing has connected to', () => {
  for (const [path, heading] of [
    ['/', 'Overview'],
    ['/sessions', 'Sessions'],
    ['/requests', 'Requests'],
  ] as const) {
    test(`says on ${path} how to connect a client`, async ({ page, visit, server }) => {
      const response = await visit(path);
      expect(response.status()).toBe(200);
      await expect(page).toHaveTitle(`${heading} · Tracon`);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(heading);
      await expect(page.getByRole('heading', { name: 'Connect a client' })).toBeVisible();
      await expect(page.getByText(`${COMMAND} ${server.url}/mcp`)).toBeVisible();
      await expect(requestRows(page)).toHaveCount(0);
      await expect(sessionRows(page)).toHaveCount(0);
    });
  }

  test('has no figures but noughts', async ({ page, visit }) => {
    await visit('/');
    await expect(figure(page, 'Requests')).toHaveText('0');
    await expect(figure(page, 'Error rate')).toHaveText('–');
    await expect(figure(page, 'Connected now', 'live')).toHaveText(/^0\s+live$/);
  });
});

test.describe('with clients at work', () => {
  test.beforeEach(async ({ clients }) => await makeTraffic(clients));

  test('the pages lead to each other', async ({ page, visit }) => {
    await visit('/');
    const pages = page.getByRole('navigation', { name: 'Pages' });
    for (const [name, path] of [
      ['Sessions', '/sessions'],
      ['Requests', '/requests'],
      ['Projects', '/projects'],
      ['Health', '/health'],
      ['Overview', '/'],
    ] as const) {
      await pages.getByRole('link', { name }).click();
      await expect(page).toHaveURL(path);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
      await expect(pages.getByRole('link', { name })).toHaveAttribute('aria-current', 'page');
    }
    await pages.getByRole('link', { name: 'Sessions' }).click();
    await sessionRows(page).first().getByRole('link').first().click();
    await expect(page.locator('.page-head[data-session-id]')).toBeVisible();
    await requestRows(page).first().getByRole('link').first().click();
    await expect(page.locator('.page-head[data-request-id]')).toBeVisible();
    await fact(page, 'Session').getByRole('link').click();
    await expect(page.locator('.page-head[data-session-id]')).toBeVisible();
  });

  test('the overview has the figures of the database', async ({ page, visit, database }) => {
    await visit('/');
    const count = await database.count(CALLS);
    const errors = await database.count(`${CALLS} WHERE status = 'error'`);
    await expect(figure(page, 'Requests')).toHaveText(String(count));
    await expect(figure(page, 'Error rate')).toHaveText(`${((errors * 100) / count).toFixed(0)} %`);
    await expect(figure(page, 'Error rate')).toHaveAttribute('title', `${errors} errors`);
    for (const [name, share] of [
      ['p50', 0.5],
      ['p95', 0.95],
      ['p99', 0.99],
    ] as const) {
      const ms = Number.parseFloat((await figure(page, name).getAttribute('title')) ?? '');
      // What a quantile is, whichever way it is chosen: so much of all is at most it, and the rest at least it. The
      // figure is at most 1 % off, and rounded to three digits.
      expect(await database.count(`${CALLS} WHERE duration_ms <= $1`, ms * 1.015)).toBeGreaterThanOrEqual(share * count);
      expect(await database.count(`${CALLS} WHERE duration_ms >= $1`, ms / 1.015)).toBeGreaterThanOrEqual((1 - share) * count);
    }
    const newest = await database.rows<{ id: string }>(`SELECT id FROM ${CALLS} ${NEWEST_FIRST} LIMIT 10`);
    await expect(requestRows(section(page, 'Newest requests'))).toHaveCount(10);
    expect(await ids(requestRows(section(page, 'Newest requests')))).toEqual(newest.map(({ id }) => id));
    const connected = await database.count("archon_mcp_sessions WHERE status = 'active' AND NOT is_probe");
    await expect(sessionRows(section(page, 'Connected clients'))).toHaveCount(connected);
    const sums = await database.row<{ tokens: number; bytes: number }>(
      `SELECT COALESCE(SUM(response_tokens), 0) AS tokens, SUM(response_bytes) AS bytes FROM ${CALLS}`,
    );
    expect(sums.tokens).toBeGreaterThan(0);
    await expect(figure(page, 'Tokens returned')).toHaveText(tokens(sums.tokens));
    await expect(figure(page, 'Tokens returned')).toHaveAttribute(
      'title',
      `${sums.tokens.toLocaleString('en-US')} tokens, estimated; ${sums.bytes.toLocaleString('en-US')} bytes`,
    );
    const tools = await database.rows<{ tool_name: string; calls: number; errors: number; tokens: number }>(
      `SELECT tool_name, COUNT(*) AS calls, COUNT(*) FILTER (WHERE status = 'error') AS errors,
         COALESCE(SUM(response_tokens), 0) AS tokens
       FROM ${CALLS} WHERE tool_name IS NOT NULL GROUP BY tool_name ORDER BY calls DESC, tool_name`,
    );
    const shown = section(page, 'Top tools').locator('tbody tr');
    await expect(shown).toHaveCount(tools.length);
    for (const [index, tool] of tools.entries()) {
      const row = shown.nth(index);
      await expect(row.getByRole('link').first()).toHaveText(tool.tool_name);
      await expect(row.locator('[data-label="Calls"]')).toHaveText(String(tool.calls));
      await expect(row.locator('[data-label="Errors"]')).toHaveText(String(tool.errors));
      await expect(row.locator('[data-label="Tokens"]')).toHaveText(tokens(tool.tokens));
      await expect(row.locator('[data-label="Per call"]')).toHaveText(tokens(Math.round(tool.tokens / tool.calls)));
      // Only what there is was ever listed.
      const listed = ['health_check', 'session_info'].includes(tool.tool_name);
      await expect(row.locator('[data-label="Definition"]')).toHaveText(listed ? /^≈ [1-9]/ : '–');
    }
  });

  test('the charts have a title, a description, and the same figures as a table', async ({ page, visit, database }) => {
    await visit('/');
    for (const title of ['Requests over time', 'Latency over time']) {
      const chart = page.getByRole('figure', { name: title });
      await expect(chart.getByRole('img', { name: title })).toBeVisible();
      await expect(chart.locator('svg[role=img] > desc')).not.toBeEmpty();
      await expect(chart.getByRole('table')).toBeHidden();
      await chart.getByText('Data as a table').click();
      await expect(chart.locator('table')).toBeVisible();
    }
    const cells = await page.getByRole('figure', { name: 'Requests over time' }).locator('tbody td').allTextContents();
    expect(cells.reduce((sum, text) => sum + Number(text), 0)).toBe(await database.count(CALLS));
  });

  test('another range is one link away, and the figures are those of it', async ({ page, visit, database }) => {
    await visit('/');
    const ranges = page.getByRole('navigation', { name: 'Time range' });
    await expect(ranges.getByRole('link', { name: '1h' })).toHaveAttribute('aria-current', 'true');
    await ranges.getByRole('link', { name: '24h' }).click();
    await expect(page).toHaveURL('/?range=24h');
    await expect(ranges.getByRole('link', { name: '24h' })).toHaveAttribute('aria-current', 'true');
    await expect(figure(page, 'Requests')).toHaveText(String(await database.count(CALLS)));
    await figure(page, 'Requests').click();
    await expect(page).toHaveURL('/requests?range=24h');
  });

  test('the tiles lead to the rows that they count', async ({ page, visit }) => {
    for (const tile of ['Requests', 'Error rate', 'Tokens returned'] as const) {
      await visit('/');
      const told = (await figure(page, tile).getAttribute('title')) ?? '';
      const expected = tile === 'Tokens returned' ? ((await figure(page, 'Requests').getAttribute('title')) ?? '') : told;
      await figure(page, tile).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Requests');
      await expect(requestRows(page)).toHaveCount(Number.parseInt(expected, 10));
      await expect(page.locator('.total')).toHaveText(`${Number.parseInt(expected, 10)} requests`);
    }
    await visit('/');
    const live = Number.parseInt(await figure(page, 'Connected now', 'live').innerText(), 10);
    await figure(page, 'Connected now', 'live').click();
    await expect(page).toHaveURL('/sessions?presence=active');
    await expect(sessionRows(page)).toHaveCount(live);
    await expect(page.locator('.total')).toHaveText(`${live} sessions`);
  });

  test('the latency tiles lead to the requests that took so long', async ({ page, visit, database }) => {
    for (const name of ['p50', 'p95', 'p99']) {
      await visit('/');
      const ms = Number.parseFloat((await figure(page, name).getAttribute('title')) ?? '');
      await figure(page, name).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Requests');
      await expect(requestRows(page)).toHaveCount(await database.count(`${CALLS} WHERE duration_ms >= $1`, ms));
    }
  });

  test('each count of a table leads to what it counts', async ({ page, visit }) => {
    for (const [path, rows, label] of [
      ['/', '.tools tbody tr', 'Errors'],
      ['/sessions', 'tr[data-session-id]', 'Requests'],
      ['/sessions', 'tr[data-session-id]', 'Errors'],
    ] as const) {
      await visit(path);
      await expect(page.locator(rows).first()).toBeVisible();
      const counts = page.locator(`${rows} >> [data-label="${label}"]`).getByRole('link');
      const links = await counts.evaluateAll((found) => found.map((link) => [link.textContent, link.getAttribute('href') ?? '']));
      expect(links.length).toBeGreaterThan(0);
      for (const [text, href = ''] of links) {
        await visit(href);
        await expect(requestRows(page), `${label} on ${path}: ${href}`).toHaveCount(Number(text));
      }
    }
  });

  test('each kind of error leads to the requests that it counts', async ({ page, visit, clients, database }) => {
    // Two kinds of one outcome.
    const client = await clients.legacy({ name: 'clumsy', version: '1' });
    await client.fail('no_such_tool');
    await client.request('no/such/method');
    await client.request('no/such/method');
    await clients.recorded();
    await visit(`/sessions/${(await database.session('clumsy')).session_id}`);
    const counts = section(page, 'Errors by kind').locator('tbody').getByRole('link');
    await expect(counts).toHaveText(['2', '1']);
    const links = await counts.evaluateAll((found) => found.map((link) => [link.textContent, link.getAttribute('href') ?? '']));
    for (const [text, href = ''] of links) {
      await visit(href);
      await expect(requestRows(page), href).toHaveCount(Number(text));
    }
  });

  test('the sessions are listed, the last active first, probes apart', async ({ page, visit, database }) => {
    await visit('/sessions');
    const listed = async (where: string): Promise<string[]> => {
      const found = await database.rows<{ session_id: string }>(
        `SELECT session_id FROM archon_mcp_sessions WHERE ${where} ORDER BY last_activity DESC, session_id DESC`,
      );
      return found.map(({ session_id }) => session_id);
    };
    const working = await listed(`NOT ${APART}`);
    const apart = await listed(APART);
    await expect(sessionRows(page)).toHaveCount(working.length);
    expect(await ids(sessionRows(page))).toEqual(working);
    await expect(page.locator('.total')).toHaveText(`${working.length} sessions`);
    for (const session of await database.rows<{ session_id: string; client_type: string; client_version: string; total_requests: number }>(
      `SELECT * FROM archon_mcp_sessions WHERE NOT ${APART}`,
    )) {
      const row = page.locator(`tr[data-session-id="${session.session_id}"]`);
      await expect(row.locator('th')).toContainText(session.client_type);
      await expect(row.locator('th')).toContainText(session.client_version);
      await expect(row.locator('[data-label="Requests"]')).toHaveText(String(session.total_requests));
    }
    const probes = page.getByRole('navigation', { name: 'Kinds of session' }).getByRole('link', { name: /Probes/ });
    await expect(probes).toContainText(String(apart.length));
    await probes.click();
    await expect(sessionRows(page)).toHaveCount(1);
    expect(await ids(sessionRows(page))).toEqual(apart);
  });

  test('the sessions are filtered by client and presence', async ({ page, visit, database, javaScriptEnabled }) => {
    await visit('/sessions');
    await filters(page).getByRole('combobox', { name: 'Presence' }).selectOption('disconnected');
    await apply(page, javaScriptEnabled);
    await expect(page).toHaveURL(/[?&]presence=disconnected/);
    await expect(sessionRows(page)).toHaveCount(1);
    await expect(sessionRows(page)).toContainText('Cursor');
    await filters(page).getByRole('combobox', { name: 'Client' }).selectOption('Codex');
    await apply(page, javaScriptEnabled);
    await expect(page.getByText('No sessions match these filters.')).toBeVisible();
    await page.getByRole('link', { name: 'Clear all filters' }).click();
    await expect(sessionRows(page)).toHaveCount(await database.count(`archon_mcp_sessions WHERE NOT ${APART}`));
    await expect(page).toHaveURL('/sessions');
  });

  test('a session’s page tells who it is, what it did, and what failed', async ({ page, visit, database }) => {
    const session = await database.session('claude-code');
    await visit(`/sessions/${session.session_id}`);
    await expect(page).toHaveTitle('Claude Code: session · Tracon');
    await expect(page.getByRole('heading', { level: 1 })).toContainText('Claude Code');
    for (const [name, value] of [
      ['Names itself', 'claude-code'],
      ['Version', '2.1.197'],
      ['Protocol', '2025-11-25'],
      ['Requests', `${session.total_requests} requests`],
      ['Errors', '1 error'],
      ['Attributed by', 'the session id of the transport'],
      ['Session', session.session_id],
      ['Peer', '127.0.0.1'],
    ] as const) {
      await expect(fact(page, name)).toHaveText(value);
    }
    const own = await database.rows<{ id: string }>(`SELECT id FROM ${CALLS} WHERE session_id = $1 ${NEWEST_FIRST}`, session.session_id);
    await expect(requestRows(page)).toHaveCount(own.length);
    expect(await ids(requestRows(page))).toEqual(own.map(({ id }) => id));
    await expect(page.locator('[data-bar]')).toHaveCount(own.length);
    const kinds = section(page, 'Errors by kind').locator('tbody tr');
    await expect(kinds).toHaveCount(1);
    await expect(kinds).toContainText('protocol error');
    await expect(kinds).toContainText('-32602');
    await kinds.getByRole('link').click();
    await expect(page).toHaveURL(new RegExp(`^[^?]*/requests\\?.*session=${session.session_id}`));
    await expect(requestRows(page)).toHaveCount(1);
  });

  test('the timeline groups a session by conversation and turn', async ({ page, visit, database }) => {
    await visit(`/sessions/${(await database.session('codex-mcp-client')).session_id}`);
    const timeline = section(page, 'Timeline');
    for (const turn of ['turn-1', 'turn-2']) {
      await expect(timeline.getByRole('img', { name: `conversation-1 · ${turn}: 3 requests, 0 failed` })).toBeVisible();
    }
  });

  test('the requests are listed, newest first', async ({ page, visit, database }) => {
    await visit('/requests');
    const all = await database.rows<{ id: string }>(`SELECT id FROM ${CALLS} ${NEWEST_FIRST}`);
    await expect(requestRows(page)).toHaveCount(all.length);
    expect(await ids(requestRows(page))).toEqual(all.map(({ id }) => id));
    const failed = await database.rows<{ id: string; outcome: string; error_code: number }>(
      `SELECT * FROM ${CALLS} WHERE status = 'error'`,
    );
    for (const { id, outcome, error_code } of failed) {
      const cell = page.locator(`tr[data-request-id="${id}"] [data-outcome="${outcome}"]`);
      await expect(cell).toContainText(outcome.replace('_', ' '));
      await expect(cell).toContainText(error_code === null ? '' : String(error_code));
    }
    const alone = await database.count(`${CALLS} WHERE session_id IS NULL`);
    await expect(requestRows(page).filter({ hasText: 'no session' })).toHaveCount(alone);
  });

  for (const { name, label, role, choose, fill, where, as = '' } of FILTERS) {
    test(`the requests are filtered by ${name}${as}`, async ({ page, visit, database, javaScriptEnabled }) => {
      await visit('/requests');
      const field = filters(page).getByRole(role, { name: label, exact: true });
      if (choose !== undefined) {
        await field.selectOption(choose);
        await apply(page, javaScriptEnabled);
      } else if (fill !== undefined) {
        await field.fill(await fill(database));
        await field.press('Enter');
      } else {
        await field.check();
        await apply(page, javaScriptEnabled);
      }
      await expect(page).toHaveURL(new RegExp(`[?&]${name}=.`));
      const matching = await database.rows<{ id: string }>(`SELECT id FROM ${CALLS} WHERE ${where} ${NEWEST_FIRST}`);
      const expected = matching.map(({ id }) => id);
      expect(expected.length).toBeGreaterThan(0);
      await expect(page.locator('.total')).toHaveText(expected.length === 1 ? '1 request' : `${expected.length} requests`);
      await expect(requestRows(page)).toHaveCount(expected.length);
      expect(await ids(requestRows(page))).toEqual(expected);

      // The address alone asks the same, and the form shows what is asked.
      await visit(page.url());
      await expect(requestRows(page)).toHaveCount(expected.length);
      if (choose === undefined && fill === undefined) {
        await expect(field).toBeChecked();
      } else {
        await expect(field).toHaveValue(choose ?? (await fill?.(database)) ?? '');
      }
      await filters(page).getByRole('link', { name: 'Clear all' }).click();
      await expect(requestRows(page)).toHaveCount(await database.count(CALLS));
    });
  }

  test('filters narrow each other down, to nothing if need be', async ({ page, visit, database }) => {
    await visit('/requests?client=e2e-modern&errors_only=1&range=15m');
    await expect(requestRows(page)).toHaveCount(2);
    await visit('/requests?client=Codex&errors_only=1');
    await expect(page.getByText('No requests match these filters.')).toBeVisible();
    await expect(requestRows(page)).toHaveCount(0);
    await page.getByRole('link', { name: 'Clear all filters' }).click();
    await expect(requestRows(page)).toHaveCount(await database.count(CALLS));
  });

  test('a request’s page tells all that is known of it', async ({ page, visit, database }) => {
    const request = await database.row<{
      id: string;
      duration_ms: number;
      request_bytes: number;
      response_bytes: number;
      response_tokens: number;
      session_id: string;
    }>(
      `SELECT * FROM ${CALLS} WHERE tool_name = 'session_info' AND client_type = 'Claude Code'`,
    );
    await visit(`/requests/${request.id}`);
    await expect(page).toHaveTitle('session_info: request · Tracon');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('session_info');
    await expect(page.locator('.page-head [data-outcome]')).toHaveAttribute('data-outcome', 'ok');
    for (const [name, value] of [
      ['Method', 'tools/call'],
      ['Tool', 'session_info'],
      ['Client', /Claude Code$/],
      ['Session', request.session_id],
      ['HTTP status', '200'],
      ['Protocol', '2025-11-25'],
      ['Request', request.id],
      ['Asked', new RegExp(`\\(${request.request_bytes.toLocaleString('en-US')} bytes\\)`)],
      ['Answered', new RegExp(`\\(${request.response_bytes.toLocaleString('en-US')} bytes\\)`)],
      ['Tokens returned', `${tokens(request.response_tokens)}, estimated`],
    ] as const) {
      await expect(fact(page, name)).toHaveText(value);
    }
    const neighbours = page.getByRole('navigation', { name: 'In the same session' });
    await neighbours.getByRole('link', { name: 'Next' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('no_such_tool');
    await expect(page.locator('.page-head [data-outcome]')).toHaveAttribute('data-outcome', 'protocol_error');
    await expect(section(page, 'Error -32602')).toContainText('tool not found');
    await neighbours.getByRole('link', { name: 'Previous' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('session_info');
  });

  test('a request’s page shows what was captured, as text', async ({ page, visit, database }) => {
    const { id } = await database.row<{ id: string }>(
      `SELECT id FROM ${CALLS} WHERE tool_name = 'session_info' AND client_type = 'Claude Code'`,
    );
    await visit(`/requests/${id}`);
    await expect(section(page, 'Arguments').locator('pre')).toHaveText('{}');
    const result = await section(page, 'Result').locator('pre').innerText();
    expect(Object.keys(JSON.parse(result) as object)).toContain('content');
    expect(result.split('\n').length, 'it is indented').toBeGreaterThan(2);
    const refused = await database.row<{ id: string }>(`SELECT id FROM ${CALLS} WHERE outcome = 'denied'`);
    await visit(`/requests/${refused.id}`);
    await expect(page.getByText('Not captured, or no longer kept.')).toHaveCount(2);
  });

  test('a refused request has a page without a session', async ({ page, visit, database }) => {
    const { id } = await database.row<{ id: string }>(`SELECT id FROM ${CALLS} WHERE outcome = 'denied'`);
    await visit(`/requests/${id}`);
    await expect(page.locator('.page-head [data-outcome]')).toHaveAttribute('data-outcome', 'denied');
    await expect(fact(page, 'HTTP status')).toHaveText('403');
    await expect(fact(page, 'Session')).toHaveCount(0);
    await expect(page.getByRole('heading', { name: /^Error/ })).toBeVisible();
  });

  test('a name that is HTML is shown as text', async ({ page, visit, database }) => {
    const { session_id } = await database.session(HOSTILE);
    const { id } = await database.row<{ id: string }>(
      `SELECT id FROM ${CALLS} WHERE session_id = $1 AND tool_name IS NOT NULL`,
      session_id,
    );
    for (const path of ['/', '/sessions', `/sessions/${session_id}`, '/requests', `/requests/${id}`]) {
      await visit(path);
      await expect(page.locator('main').getByText(HOSTILE, { exact: true }).locator('visible=true').first()).toBeVisible();
      await expect(page.locator('img')).toHaveCount(0);
      if (path.includes(session_id)) await expect(page).toHaveTitle(`${HOSTILE}: session · Tracon`);
    }
  });
});

test('more than a page of requests has a way to the older ones, and back', async ({ page, visit, clients, database }) => {
  await makeCalls(clients, 60);
  const all = (await database.rows<{ id: string }>(`SELECT id FROM ${CALLS} ${NEWEST_FIRST}`)).map(({ id }) => id);
  for (const [path, filter] of [
    ['/requests', ''],
    ['/requests?tool=health_check', 'tool=health_check&'],
  ] as const) {
    const expected = filter === '' ? all : all.slice(0, -1);
    await visit(path);
    const pager = page.getByRole('navigation', { name: 'More rows' });
    await expect(requestRows(page)).toHaveCount(50);
    expect(await ids(requestRows(page))).toEqual(expected.slice(0, 50));
    await expect(page.locator('.total')).toHaveText(`${expected.length} requests`);
    await expect(pager.getByRole('link', { name: 'Newest' })).toHaveCount(0);
    await pager.getByRole('link', { name: 'Older' }).click();
    await expect(page).toHaveURL(new RegExp(`/requests\\?${filter}before=`));
    await expect(requestRows(page)).toHaveCount(expected.length - 50);
    expect(await ids(requestRows(page))).toEqual(expected.slice(50));
    await expect(pager.getByRole('link', { name: 'Older' })).toHaveCount(0);
    await pager.getByRole('link', { name: 'Newest' }).click();
    await expect(page).toHaveURL(path);
    await expect(requestRows(page)).toHaveCount(50);
  }
});

test('what there is not is answered with 404, and a way back', async ({ page, visit, guard }) => {
  guard.allowStatus(404);
  const nobody = '019a0000-0000-7000-8000-000000000000';
  for (const path of ['/nothing', '/sessions/nobody', `/sessions/${nobody}`, '/requests/none', `/requests/${nobody}`]) {
    await test.step(path, async () => {
      expect((await visit(path)).status()).toBe(404);
      await expect(page).toHaveTitle('Not found · Tracon');
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Not found');
      await page.getByRole('link', { name: 'Back to the overview' }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Overview');
    });
  }
});

test('a parameter that says nothing is answered with 400, which names it', async ({ page, visit, guard }) => {
  guard.allowStatus(400);
  for (const [path, parameter, value] of [
    ['/?range=2y', 'range', '2y'],
    ['/requests?outcome=great', 'outcome', 'great'],
    ['/requests?min_ms=fast', 'min_ms', 'fast'],
    ['/requests?min_ms=-1', 'min_ms', '-1'],
    ['/requests?range=soon', 'range', 'soon'],
    ['/requests?errors_only=maybe', 'errors_only', 'maybe'],
    ['/requests?session=me', 'session', ''],
    ['/requests?before=yesterday', 'before', ''],
    ['/sessions?presence=asleep', 'presence', 'asleep'],
    ['/sessions?before=yesterday', 'before', ''],
  ] as const) {
    await test.step(path, async () => {
      expect((await visit(path)).status()).toBe(400);
      const error = page.getByRole('alert');
      await expect(error).toContainText(parameter);
      await expect(error).toContainText(value);
      await error.getByRole('link').click();
      await expect(page).toHaveURL(new URL(path, page.url()).pathname);
      await expect(page.getByRole('alert')).toHaveCount(0);
    });
  }
});

/** A choice takes effect at once, but where there is no script it has to be sent. */
async function apply(page: Page, javaScriptEnabled: boolean | undefined): Promise<void> {
  if (javaScriptEnabled === false) {
    await filters(page).getByRole('button', { name: 'Apply' }).click();
  }
}

/** An estimate as the pages show it; small ones only. */
function tokens(count: number): string {
  const short = count < 10_000 ? count.toLocaleString('en-US') : `${Number((count / 1000).toPrecision(3))}k`;
  return count === 0 ? '0' : `≈ ${short}`;
}
