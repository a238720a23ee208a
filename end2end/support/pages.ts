// Where things stand on the pages.

import type { Locator, Page } from '@playwright/test';

export function requestRows(within: Page | Locator): Locator {
  return within.locator('tr[data-request-id]');
}

export function sessionRows(within: Page | Locator): Locator {
  return within.locator('tr[data-session-id]');
}

/** The ids of the rows, from the top down. */
export async function ids(rows: Locator): Promise<(string | null)[]> {
  return await rows.evaluateAll((found) =>
    found.map((row) => row.getAttribute('data-request-id') ?? row.getAttribute('data-session-id')),
  );
}

/** A section of a page, by its heading. */
export function section(page: Page, heading: string): Locator {
  return page.locator('section').filter({ has: page.getByRole('heading', { name: heading, exact: true }) });
}

/** The figure of a tile of the overview; a tile with two figures has them by their unit. */
export function figure(page: Page, tile: string, unit?: string): Locator {
  const links = page
    .getByRole('listitem')
    .filter({ has: page.getByRole('heading', { name: tile, exact: true, level: 3 }) })
    .getByRole('link');
  return unit === undefined ? links : links.filter({ hasText: unit });
}

/** A figure of the health page, by its name: the whole of it, with its mark and what it means. */
export function reading(page: Page, name: string): Locator {
  return page.getByRole('listitem').filter({ has: page.getByRole('heading', { name, exact: true, level: 3 }) });
}

/** Only the figure. */
export function read(page: Page, name: string): Locator {
  return reading(page, name).locator('.value');
}

/** The value beside a name in a list of facts. */
export function fact(page: Page, name: string): Locator {
  return page
    .locator('dl.facts > div')
    .filter({ has: page.locator('dt').getByText(name, { exact: true }) })
    .locator('dd');
}

export function filters(page: Page): Locator {
  return page.getByRole('search');
}

/** What the page follows the server with. */
export function liveMark(page: Page): Locator {
  return page.locator('[data-live]');
}
