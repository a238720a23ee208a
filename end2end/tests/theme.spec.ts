// Light and dark: as the system says, or as chosen, from the first byte on.

import type { Page } from '@playwright/test';
import { expect, hydrated, test } from '../support/test.ts';

async function lightness(page: Page): Promise<number> {
  return await page.evaluate(() => {
    const pixel = new OffscreenCanvas(1, 1).getContext('2d');
    if (pixel === null) {
      throw new Error('no canvas');
    }
    pixel.fillStyle = getComputedStyle(document.documentElement).backgroundColor;
    pixel.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0] = pixel.getImageData(0, 0, 1, 1).data;
    return (red + green + blue) / 3 / 255;
  });
}

test('the system decides until somebody chooses', async ({ page, visit }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  await visit('/');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'system');
  expect(await lightness(page)).toBeGreaterThan(0.8);
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(() => lightness(page)).toBeLessThan(0.25);
});

for (const { choice, theme, system } of [
  { choice: 'Dark colours', theme: 'dark', system: 'light' },
  { choice: 'Light colours', theme: 'light', system: 'dark' },
] as const) {
  test(`${theme}, once chosen, stays without a flash`, async ({ page, visit }) => {
    await page.emulateMedia({ colorScheme: system });
    await visit('/');
    const button = page.getByRole('button', { name: choice });
    await button.click();
    await expect(button).toHaveAttribute('aria-pressed', 'true');
    await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
    const chosen = await lightness(page);
    expect(chosen < 0.5).toBe(theme === 'dark');

    // The server writes it: there is no moment in which a script would have to.
    for (const path of ['/', '/sessions', '/health', '/nothing']) {
      expect(await (await page.request.get(path)).text()).toMatch(new RegExp(`<html[^>]* data-theme="${theme}"`));
    }
    await page.addInitScript(() => {
      new MutationObserver((changes) => {
        for (const { target, attributeName } of changes) {
          if (target instanceof HTMLHtmlElement && attributeName === 'data-theme') {
            target.dataset.flashed = 'yes';
          }
        }
      }).observe(document, { attributes: true, subtree: true });
    });
    await page.reload();
    await hydrated(page);
    await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
    await expect(page.locator('html')).not.toHaveAttribute('data-flashed');
    await expect(button).toHaveAttribute('aria-pressed', 'true');
    expect(await lightness(page)).toBe(chosen);

    await page.getByRole('button', { name: 'Colours as the system' }).click();
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'system');
    expect(await (await page.request.get('/')).text()).toMatch(/<html[^>]* data-theme="system"/);
  });
}
