// The health page: its figures are the database's, and it is the first to tell when something is wrong.

import { fact, read, reading, section } from '../support/pages.ts';
import { expect, test } from '../support/test.ts';
import { makeTraffic } from '../support/traffic.ts';

const CALLS = 'archon_mcp_requests';

test.describe('a server that nothing has connected to', () => {
  test('has lost nothing, and says that there were no requests', async ({ page, visit }) => {
    expect((await visit('/health')).status()).toBe(200);
    await expect(page).toHaveTitle('Health · Tracon');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Health');
    for (const name of ['Lost', 'Waiting', 'Refused']) {
      await expect(read(page, name)).toHaveText('0');
    }
    await expect(read(page, 'Damaged')).toHaveText('0 B');
    await expect(reading(page, 'Lost')).toHaveAttribute('data-tone', 'good');
    await expect(reading(page, 'Lost')).toContainText('Every request that was answered is kept.');
    await expect(section(page, 'Attribution')).toContainText('There were no requests in the last 24 hours.');
    await expect(page.locator('[data-trouble]')).toHaveCount(0);
  });

  test('says which server it is, and since when', async ({ page, visit, database }) => {
    const before = Date.now();
    await visit('/health');
    await expect(fact(page, 'Version')).toHaveText(/^\d+\.\d+\.\d+/);
    await expect(fact(page, 'Database')).toHaveText(`${database.engine}, answers`);
    await expect(fact(page, 'Tracking')).toHaveText('on');
    const started = Date.parse((await fact(page, 'Started').locator('time').getAttribute('datetime')) ?? '');
    expect(Math.abs(before - started), 'it has just started').toBeLessThan(60_000);
    await expect(fact(page, 'Running for')).toHaveText(/\d (ms|s)$/);
  });

  test('says how long what is kept', async ({ page, visit }) => {
    await visit('/health');
    for (const name of ['Requests', 'Arguments and results', 'Sessions that have ended', 'Figures by the minute', 'Figures by the hour']) {
      await expect(fact(page, name)).toHaveText(/^\d+ (min|h|d)/);
    }
  });
});

test.describe('with clients at work', () => {
  test.beforeEach(async ({ clients }) => await makeTraffic(clients));

  test('the records are in the database', async ({ page, visit, database }) => {
    await visit('/health');
    await expect(read(page, 'Lost')).toHaveText('0');
    await expect(read(page, 'Waiting')).toHaveText('0');
    // A session that opens or ends is a record, too.
    const written = Number((await read(page, 'Written').innerText()).replaceAll(/\D/g, ''));
    expect(written).toBeGreaterThanOrEqual(await database.count(CALLS));
    const commit = read(page, 'Last commit').locator('time');
    await expect(commit).toHaveText(/^(just now|\d+ s ago)$/);
    await expect(commit).toHaveAttribute('title', / UTC$/);
  });

  test('the shares of what is attributed are those of the database', async ({ page, visit, database }) => {
    await visit('/health');
    const all = await database.count(CALLS);
    for (const [name, where] of [
      ['With a session', 'session_id IS NOT NULL'],
      ['With a client', 'client_type IS NOT NULL'],
      ['With a user', 'user_id IS NOT NULL'],
    ] as const) {
      const part = await database.count(`${CALLS} WHERE ${where}`);
      await expect(reading(page, name)).toContainText(`${part} of ${all} requests`);
      await expect(page.getByRole('meter', { name })).toHaveAttribute('aria-valuenow', ((part * 100) / all).toFixed(0));
    }
  });

  test('what the records take has a size, and a limit', async ({ page, visit }) => {
    await visit('/health');
    for (const name of ['Spool', 'Database']) {
      await expect(read(page, name)).toHaveText(/^[\d.]+ [kMG]?B\s+of [\d.]+ [MG]B$/);
      const share = Number(await page.getByRole('meter', { name }).getAttribute('aria-valuenow'));
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThan(100);
    }
    await expect(read(page, 'Database')).not.toHaveText(/^0 B/);
  });

  test('no page speaks of trouble when there is none', async ({ page, visit }) => {
    for (const path of ['/', '/sessions', '/requests', '/health']) {
      await visit(path);
      await expect(page.locator('[data-trouble]')).toHaveCount(0);
    }
  });
});

test.describe('with tracking off', () => {
  test.use({ serverFlags: ['--tracking-enabled=false'] });

  test('the page says that nothing is recorded', async ({ page, visit }) => {
    await visit('/health');
    await expect(section(page, 'Records')).toContainText('Tracking is off');
    await expect(fact(page, 'Tracking')).toHaveText('off');
    await expect(reading(page, 'Spool')).toHaveCount(0);
    await expect(page.locator('[data-trouble]')).toHaveCount(0);
  });
});

test('probes are answered without a page', async ({ request, server }) => {
  const alive = await request.get(`${server.url}/healthz`);
  expect([alive.status(), await alive.text()]).toEqual([200, 'ok']);
  const ready = await request.get(`${server.url}/readyz`);
  expect([ready.status(), await ready.json()]).toEqual([200, { ready: true, database: true, writer: true }]);
});
