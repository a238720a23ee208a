// The board under the pointer and the keys, and while agents work on it: with a script on the page.

import { Agent, card, column, titles } from '../support/projects.ts';
import { liveMark } from '../support/pages.ts';
import { expect, test as base } from '../support/test.ts';

const test = base.extend<{ agent: Agent; project: string }>({
  agent: async ({ server }, use) => {
    const agent = await Agent.connect(server.mcp);
    await use(agent);
    await agent.close();
  },
  project: async ({ agent }, use) => {
    const project = await agent.project('Spool');
    for (const title of ['first', 'second', 'third']) {
      await agent.task(project, title);
    }
    await agent.task(project, 'running', 'doing');
    await use(project);
  },
});

test('a card is dragged between two others of another column', async ({ page, visit, agent, project, isMobile }) => {
  test.skip(isMobile, 'phones have the form');
  await agent.task(project, 'last', 'doing');
  await visit(`/projects/${project}`);
  await card(page, 'second').locator('h3').hover();
  await page.mouse.down();
  const over = card(page, 'last');
  await over.hover({ position: { x: 20, y: 8 } });
  await over.hover({ position: { x: 22, y: 6 } });
  await over.hover({ position: { x: 24, y: 7 } });
  await expect(over).toHaveAttribute('data-before', '');
  await page.mouse.up();
  await expect.poll(() => titles(page, 'doing')).toEqual(['running', 'second', 'last']);
  await expect.poll(() => titles(page, 'todo')).toEqual(['first', 'third']);
  await expect(page.locator('[data-before], [data-at-end], [aria-busy]')).toHaveCount(0);
  await page.reload();
  expect(await titles(page, 'doing')).toEqual(['running', 'second', 'last']);
});

test('a card is dragged to an empty column', async ({ page, visit, project, isMobile }) => {
  test.skip(isMobile, 'phones have the form');
  await visit(`/projects/${project}`);
  await card(page, 'first').locator('h3').dragTo(column(page, 'review').locator('h2'));
  await expect.poll(() => titles(page, 'review')).toEqual(['first']);
});

test('Shift and an arrow move the task that has the focus, which it keeps', async ({ page, visit, project }) => {
  await visit(`/projects/${project}`);
  const title = page.getByRole('link', { name: 'second', exact: true });
  const said = page.getByRole('status').filter({ hasText: 'second' });
  await title.focus();
  await page.keyboard.press('Shift+ArrowUp');
  await expect.poll(() => titles(page, 'todo')).toEqual(['second', 'first', 'third']);
  await expect(said).toHaveText('“second” is in To do now, 1 of 3.');
  await expect(title).toBeFocused();
  await page.keyboard.press('Shift+ArrowRight');
  await expect.poll(() => titles(page, 'doing')).toEqual(['second', 'running']);
  await expect(said).toHaveText('“second” is in Doing now, 1 of 2.');
  await expect(title).toBeFocused();
  await page.keyboard.press('Shift+ArrowDown');
  await expect.poll(() => titles(page, 'doing')).toEqual(['running', 'second']);
  await expect(said).toHaveText('“second” is in Doing now, 2 of 2.');
  await expect(title).toBeFocused();
  await page.keyboard.press('Shift+ArrowLeft');
  await expect.poll(() => titles(page, 'todo')).toEqual(['second', 'first', 'third']);
  await page.reload();
  expect(await titles(page, 'todo')).toEqual(['second', 'first', 'third']);
});

test('the help names the keys of the board', async ({ page, visit, project }) => {
  await visit(`/projects/${project}`);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard' })).toContainText('Move the task to the column beside');
});

test('a task that an agent makes comes to the open board, and a form that is being filled in stays', async ({ page, visit, agent, project }) => {
  await visit(`/projects/${project}`);
  await expect(liveMark(page)).toHaveAttribute('data-live', 'live');
  await page.evaluate(() => void (document.body.dataset.same = ''));
  await card(page, 'second').locator('summary').click();
  await card(page, 'second').getByLabel('Status').selectOption('done');
  await agent.task(project, 'from an agent');
  await expect.poll(() => titles(page, 'todo')).toContain('from an agent');
  await expect(card(page, 'second').locator('details')).toHaveAttribute('open', '');
  await expect(card(page, 'second').getByLabel('Status')).toHaveValue('done');
  await card(page, 'second').getByRole('button', { name: 'Move' }).click();
  await expect.poll(() => titles(page, 'done')).toEqual(['second']);
  await expect(page.locator('body'), 'the document that was opened at first').toHaveAttribute('data-same', '');
});
