// Without a mouse.

import { makeTraffic } from '../support/traffic.ts';
import { filters, requestRows } from '../support/pages.ts';
import { expect, test } from '../support/test.ts';

test('/ goes to the first filter, j and k through the rows, Enter opens one', async ({ page, visit, clients, database }) => {
  await makeTraffic(clients);
  await visit('/requests');
  await page.keyboard.press('/');
  await expect(filters(page).locator(':focus')).toHaveCount(1);
  await page.keyboard.press('j');
  await expect(filters(page).locator(':focus'), 'a letter typed into a field is a letter').toHaveCount(1);
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());

  const link = (row: number) => requestRows(page).nth(row).getByRole('link').first();
  await page.keyboard.press('j');
  await expect(link(0)).toBeFocused();
  await page.keyboard.press('j');
  await expect(link(1)).toBeFocused();
  await page.keyboard.press('k');
  await expect(link(0)).toBeFocused();
  await page.keyboard.press('j');
  const second = (await database.requests()).at(-2);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`/requests/${second?.id}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(second?.tool_name ?? second?.method ?? '');
});

test('? opens the help, Escape closes it and gives the focus back', async ({ page, visit, clients }) => {
  await makeTraffic(clients);
  await visit('/requests');
  const help = page.getByRole('dialog', { name: 'Keyboard' });
  await expect(help).toBeHidden();
  await page.keyboard.press('j');
  await page.keyboard.press('?');
  await expect(help).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(help).toBeHidden();
  await expect(requestRows(page).first().getByRole('link').first()).toBeFocused();
});

test('the button opens the help too, where there is room for a keyboard', async ({ page, visit, isMobile }) => {
  await visit('/');
  const button = page.getByRole('button', { name: 'Keyboard help' });
  if (isMobile) {
    await expect(button).toBeHidden();
    return;
  }
  await button.click();
  const help = page.getByRole('dialog', { name: 'Keyboard' });
  await expect(help).toBeVisible();
  await help.getByRole('button', { name: 'Close' }).click();
  await expect(help).toBeHidden();
});

test('the first Tab offers to skip to the content', async ({ page, visit }) => {
  await visit('/sessions');
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to content' });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press('Enter');
  await expect(page.locator('main')).toBeFocused();
});

test('a row keeps the focus when newer rows come in above it', async ({ page, visit, clients }) => {
  const client = await clients.legacy({ name: 'claude-code', version: '2.1.197' });
  await client.fail('no_such_tool');
  await clients.recorded();
  await visit('/requests');
  await page.keyboard.press('j');
  const focused = page.locator('tr[data-request-id] a:focus');
  await expect(focused).toHaveText('no_such_tool');
  await client.call('health_check');
  await expect(requestRows(page)).toHaveCount(3);
  await expect(focused).toHaveText('no_such_tool');
});
