// axe on every page, without exceptions, in both themes and both sizes (the projects of the configuration).

import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { EMPTY_PAGES, everyPage, open } from '../support/every_page.ts';
import { expect, test } from '../support/test.ts';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Each fault with where it is and why it is one, in a line. */
async function faults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary?.replaceAll(/\s+/g, ' ')}`),
  );
}

test('axe finds nothing on any page', async ({ page, visit, guard, clients, database, server }) => {
  for (const view of await everyPage(clients, database, server.mcp)) {
    await test.step(view.name, async () => {
      await open(view, visit, guard);
      expect.soft(await faults(page), view.name).toEqual([]);
    });
  }
});

test('axe finds nothing on the pages of a new server', async ({ page, visit, guard }) => {
  for (const view of EMPTY_PAGES) {
    await test.step(view.name, async () => {
      await open(view, visit, guard);
      expect.soft(await faults(page), view.name).toEqual([]);
    });
  }
});

test('axe finds nothing in what opens', async ({ page, visit, clients }) => {
  await (await clients.modern({ name: 'e2e-modern', version: '1' })).call('health_check');
  await clients.recorded();
  await visit('/');
  for (const summary of await page.locator('summary').all()) {
    await summary.click();
  }
  await expect(page.locator('details:not([open])')).toHaveCount(0);
  expect.soft(await faults(page), 'details').toEqual([]);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toBeVisible();
  expect.soft(await faults(page), 'help').toEqual([]);
});

test('who wants less motion gets none', async ({ page, visit }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await visit('/');
  const moving = await page.evaluate(() =>
    document.getAnimations().filter(({ effect }) => Number(effect?.getComputedTiming().duration ?? 0) > 10 && effect?.getComputedTiming().iterations !== 0).length,
  );
  expect(moving).toBe(0);
});
