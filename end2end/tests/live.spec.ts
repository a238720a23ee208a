// The open dashboard follows what clients do: no reload, and the database's figures.

import type { Page } from '@playwright/test';
import type { Database } from '../support/database.ts';
import { fact, figure, ids, liveMark, read, requestRows, section, sessionRows } from '../support/pages.ts';
import { expect, test } from '../support/test.ts';

const CODE = { name: 'claude-code', version: '2.1.197' };
const CALLS = 'archon_mcp_requests';
const CONNECTED = "archon_mcp_sessions WHERE status = 'active' AND NOT is_probe";

declare global {
  interface Window {
    /** Set by a test; a reload takes it away. */
    sameDocument?: boolean;
  }
}

async function mark(page: Page): Promise<void> {
  await expect(liveMark(page)).toHaveAttribute('data-live', 'live');
  await page.evaluate(() => void (window.sameDocument = true));
}

async function expectNoReload(page: Page): Promise<void> {
  expect(await page.evaluate(() => window.sameDocument), 'the document that was opened at first').toBe(true);
}

async function expectTiles(page: Page, database: Database): Promise<void> {
  await expect(figure(page, 'Requests')).toHaveText(String(await database.count(CALLS)));
  const errors = await database.count(`${CALLS} WHERE status = 'error'`);
  await expect(figure(page, 'Error rate')).toHaveAttribute('title', new RegExp(`^${errors} errors?$`));
  await expect(figure(page, 'Connected now', 'live')).toHaveText(new RegExp(`^${await database.count(CONNECTED)}\\s+live$`));
  const { tokens, bytes } = await database.row<{ tokens: number; bytes: number }>(
    `SELECT COALESCE(SUM(response_tokens), 0) AS tokens, SUM(response_bytes) AS bytes FROM ${CALLS}`,
  );
  const exact = (count: number): string => count.toLocaleString('en-US');
  await expect(figure(page, 'Tokens returned')).toHaveAttribute('title', `${exact(tokens)} tokens, estimated; ${exact(bytes)} bytes`);
}

test('the overview shows the first client and its calls as they happen', async ({ page, visit, clients, database }) => {
  await visit('/');
  await expect(page.getByRole('heading', { name: 'Connect a client' })).toBeVisible();
  await mark(page);

  const client = await clients.legacy(CODE);
  await client.call('health_check');
  const newest = requestRows(section(page, 'Newest requests'));
  await expect(newest.filter({ hasText: 'health_check' })).toHaveCount(1);
  await expect(sessionRows(section(page, 'Connected clients')).filter({ hasText: 'Claude Code' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Connect a client' })).toHaveCount(0);
  await expectTiles(page, database);

  await client.call('session_info');
  await client.fail('no_such_tool');
  const second = await clients.modern({ name: 'e2e-modern', version: '4.5.6' });
  await second.call('health_check');
  await clients.recorded();
  await expect(newest).toHaveCount(await database.count(CALLS));
  expect(await ids(newest)).toEqual((await database.requests()).map(({ id }) => id).reverse());
  await expect(figure(page, 'Requests')).toHaveText('6');
  await expectTiles(page, database);
  await expectNoReload(page);
});

test('the requests show a call as it happens, newest first', async ({ page, visit, clients, database }) => {
  const client = await clients.legacy(CODE);
  await clients.recorded();
  await visit('/requests');
  await expect(requestRows(page)).toHaveCount(1);
  await mark(page);
  for (const calls of [1, 2, 3]) {
    await client.call('health_check');
    await expect(requestRows(page)).toHaveCount(1 + calls);
  }
  expect(await ids(requestRows(page))).toEqual((await database.requests()).map(({ id }) => id).reverse());
  await expect(page.getByText('4 requests', { exact: true })).toBeVisible();
  await expectNoReload(page);
});

test('filtered requests show only what the filter lets through', async ({ page, visit, clients }) => {
  const client = await clients.legacy(CODE);
  await client.fail('no_such_tool');
  await clients.recorded();
  await visit('/requests?errors_only=1');
  await mark(page);
  await client.call('health_check');
  await client.fail('another_missing_tool');
  await expect(requestRows(page)).toHaveCount(2);
  await expect(requestRows(page).filter({ hasText: 'another_missing_tool' })).toBeVisible();
  await expect(requestRows(page).filter({ hasText: 'health_check' })).toHaveCount(0);
  await expectNoReload(page);
});

test('the sessions show who connects and who leaves', async ({ page, visit, clients }) => {
  await visit('/sessions');
  await mark(page);
  const client = await clients.legacy(CODE);
  const row = sessionRows(page).filter({ hasText: 'Claude Code' });
  await expect(row.locator('[data-presence="active"]')).toBeVisible();
  await client.call('health_check');
  await expect(row.getByRole('link', { name: '2', exact: true })).toBeVisible();
  await client.leave();
  await expect(row.locator('[data-presence="disconnected"]')).toHaveText(/gone\s*client disconnect/);
  await expectNoReload(page);
});

test('a session’s page shows its calls, and what became of it', async ({ page, visit, clients, database }) => {
  const client = await clients.legacy(CODE);
  await expect.poll(() => database.sessions()).toHaveLength(1);
  const id = (await database.session('claude-code')).session_id;
  await visit(`/sessions/${id}`);
  await mark(page);
  await client.call('health_check');
  await expect(requestRows(page).filter({ hasText: 'health_check' })).toBeVisible();
  await client.fail('no_such_tool');
  await expect(requestRows(page)).toHaveCount(3);
  await expect(page.locator('[data-bar]')).toHaveCount(3);
  await expect(fact(page, 'Requests')).toHaveText(`${(await database.session('claude-code')).total_requests} requests`);
  await expect(fact(page, 'Errors')).toHaveText('1 error');
  await expect(section(page, 'Errors by kind')).toContainText('-32602');
  await client.leave();
  await expect(page.locator('.page-head [data-presence]')).toHaveAttribute('data-presence', 'disconnected');
  await expectNoReload(page);
});

test('a page says that it reconnects while the server is away, and goes on when it is back', async ({
  page,
  visit,
  clients,
  guard,
  server,
}) => {
  await (await clients.modern({ name: 'before', version: '1' })).call('health_check');
  await clients.recorded();
  await visit('/requests');
  await mark(page);
  guard.allowLoss();
  expect(await server.stop()).toBe(0);
  await expect(liveMark(page)).toHaveAttribute('data-live', 'reconnecting');
  await expect(requestRows(page), 'what was there stays').toHaveCount(2);
  await server.startAgain();
  await expect(liveMark(page)).toHaveAttribute('data-live', 'live', { timeout: 30_000 });
  await (await clients.modern({ name: 'after', version: '1' })).call('session_info');
  await expect(requestRows(page).filter({ hasText: 'session_info' })).toBeVisible();
  await expectNoReload(page);
});

test('a database that takes nothing is told on every page, and what waited is written', async ({ page, visit, clients, database }) => {
  test.slow();
  const client = await clients.legacy(CODE);
  await clients.recorded();
  await visit('/health');
  await mark(page);
  const banner = page.locator('.banner[data-trouble="unreachable"]');
  // Longer than the server waits for a lock, and than a page waits until it asks again.
  const patient = { timeout: 45_000 };
  const unlock = await database.lock();
  try {
    await client.call('health_check');
    await expect(banner).toHaveText(/Database unreachable since .*, [1-9]\d* records? waiting/, patient);
    await expect(read(page, 'Waiting')).not.toHaveText('0');
    expect((await page.request.get('/readyz')).status()).toBe(503);
    expect((await page.request.get('/healthz')).status()).toBe(200);
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Overview' }).click();
    const alarm = page.locator('.alarm[data-trouble="unreachable"]');
    await expect(alarm).toBeVisible(patient);
    await alarm.getByRole('link').click();
    await expect(page).toHaveURL('/health');
    await expect(alarm).toHaveCount(0);
  } finally {
    await unlock();
  }
  await expect(banner).toHaveCount(0, patient);
  await expect(read(page, 'Lost')).toHaveText('0');
  await expectNoReload(page);
  await clients.recorded();
});

test('a hidden page pauses, and catches up when it is seen again', async ({ page, visit, clients }) => {
  const client = await clients.legacy(CODE);
  await clients.recorded();
  await visit('/requests');
  await mark(page);
  const see = async (visibility: 'hidden' | 'visible'): Promise<void> =>
    await page.evaluate((state) => {
      Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
      document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
    }, visibility);
  await see('hidden');
  await expect(liveMark(page)).toHaveAttribute('data-live', 'paused');
  await client.call('health_check');
  await clients.recorded();
  await expect(requestRows(page)).toHaveCount(1);
  await see('visible');
  await expect(liveMark(page)).toHaveAttribute('data-live', 'live');
  await expect(requestRows(page)).toHaveCount(2);
  await expectNoReload(page);
});

test('a page does not jump while it is loaded and taken over by its script', async ({ page, visit, clients }) => {
  await (await clients.legacy(CODE)).call('health_check');
  await clients.recorded();
  await page.addInitScript(() => {
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const shift = entry as PerformanceEntry & { value: number };
        const shifts = (document.documentElement.dataset.shifts ??= '');
        document.documentElement.dataset.shifts = `${shifts} ${shift.value}`;
      }
    }).observe({ type: 'layout-shift', buffered: true });
  });
  for (const path of ['/', '/sessions', '/requests', '/health']) {
    await visit(path);
    await expect(liveMark(page)).toHaveAttribute('data-live', 'live');
    await expect(page.locator('html')).not.toHaveAttribute('data-shifts');
  }
});
