// In a window of 360 px nothing scrolls sideways, and nothing is cut off without saying so.

import { EMPTY_PAGES, everyPage, open } from '../support/every_page.ts';
import { expect, test } from '../support/test.ts';

test.use({ viewport: { width: 360, height: 740 } });

interface Overflow {
  /** By how much the document itself scrolls. */
  sideways: number;
  /** What reaches over the edge though nothing around it scrolls. */
  over: string[];
  /** What hides a part of itself, without an ellipsis to show it. */
  cut: string[];
}

const NONE: Overflow = { sideways: 0, over: [], cut: [] };

function overflow(): Overflow {
  const root = document.scrollingElement ?? document.documentElement;
  const contained = (element: Element): boolean => {
    for (let around: Element | null = element; around !== null && around !== root; around = around.parentElement) {
      const { overflowX, position, clipPath } = getComputedStyle(around);
      const unseen = position === 'absolute' && clipPath !== 'none';
      if (unseen || (around !== document.body && (overflowX === 'auto' || overflowX === 'scroll'))) {
        return true;
      }
    }
    return false;
  };
  const over = [...document.body.querySelectorAll('*')].filter((element) => {
    const { left, right, width, height } = element.getBoundingClientRect();
    return width > 0 && height > 0 && (right > root.clientWidth + 0.5 || left < -0.5) && !contained(element);
  });
  // An ellipsis stands for text only: a box in a line, such as a mark with its word, is cut without one.
  const cut = [...document.querySelectorAll('main *')].filter((element) => {
    const { overflowX, position, textOverflow } = getComputedStyle(element);
    const hides = (overflowX === 'hidden' || overflowX === 'clip') && position !== 'absolute';
    const edge = element.getBoundingClientRect().right;
    return hides && [...element.children].some((child) => {
      const { display, position: placed } = getComputedStyle(child);
      const told = textOverflow === 'ellipsis' && display === 'inline';
      return placed !== 'absolute' && !told && child.getBoundingClientRect().right > edge + 1;
    });
  });
  const named = (element: Element): string =>
    `${element.tagName}.${element.getAttribute('class')}: ${element.textContent?.slice(0, 40)}`;
  return {
    // Less than nothing where the room of a scroll bar is kept free.
    sideways: Math.max(0, root.scrollWidth - root.clientWidth),
    over: over.map(named),
    cut: cut.map(named),
  };
}

test('no page is wider than a phone', async ({ page, visit, guard, clients, database, server }) => {
  for (const view of await everyPage(clients, database, server.mcp)) {
    await test.step(view.name, async () => {
      await open(view, visit, guard);
      expect.soft(await page.evaluate(overflow), view.name).toEqual(NONE);
    });
  }
});

test('no page of a new server is wider than a phone', async ({ page, visit, guard }) => {
  for (const view of EMPTY_PAGES) {
    await test.step(view.name, async () => {
      await open(view, visit, guard);
      expect.soft(await page.evaluate(overflow), view.name).toEqual(NONE);
    });
  }
});
