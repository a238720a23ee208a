// Projects: what agents make by tools is read, moved and restored in the dashboard, with and without JavaScript.

import type { Page } from '@playwright/test';
import { Agent, card, column, LONG_TITLE, RTL, SCRIPT, titles } from '../support/projects.ts';
import { liveMark } from '../support/pages.ts';
import { expect, test as base } from '../support/test.ts';

const test = base.extend<{ agent: Agent }>({
  agent: async ({ server }, use) => {
    const agent = await Agent.connect(server.mcp);
    await use(agent);
    await agent.close();
  },
});

/** Three tasks to do, one that is done. */
async function makeBoard(agent: Agent): Promise<{ project: string; ids: Record<string, string> }> {
  const project = await agent.project('Spool', 'What a client has read survives.');
  const ids: Record<string, string> = {};
  for (const title of ['first', 'second', 'third']) {
    ids[title] = await agent.task(project, title);
  }
  ids.old = await agent.task(project, 'old', 'done');
  return { project, ids };
}

async function expectColumn(page: Page, status: 'todo' | 'doing' | 'review' | 'done', expected: string[]): Promise<void> {
  await expect.poll(async () => await titles(page, status), { message: status }).toEqual(expected);
}

/** Opens the card's form, fills it in and sends it. */
async function moveByForm(page: Page, title: string, status: string, place: string): Promise<void> {
  await card(page, title).locator('summary').click();
  await card(page, title).getByLabel('Status').selectOption(status);
  await card(page, title).getByLabel('Place').selectOption(place);
  await card(page, title).getByRole('button', { name: 'Move' }).click();
}

test('a server without projects says how an agent makes one', async ({ page, visit, server }) => {
  await visit('/projects');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Projects');
  await expect(page.getByRole('heading', { name: 'No project yet' })).toBeVisible();
  await expect(page.getByText('manage_project')).toBeVisible();
  await expect(page.getByText(`${server.url}/mcp`)).toBeVisible();
});

test('the list finds by text, and sets archived ones apart', async ({ page, visit, agent }) => {
  await agent.project('Spool', 'segments and frames');
  await agent.project('Dashboard');
  await agent.archive(await agent.project('Old thing'));
  await visit('/projects');
  const rows = page.locator('tr[data-project-row]');
  await expect(rows).toHaveCount(2);
  await page.getByRole('searchbox').fill('FRAMES');
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(page).toHaveURL('/projects?text=FRAMES');
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText('Spool');
  await page.getByRole('searchbox').fill('nothing like it');
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(page.getByText('No projects match these filters.')).toBeVisible();
  await page.getByRole('link', { name: 'Clear all filters' }).click();
  await expect(rows).toHaveCount(2);
  await page.getByRole('link', { name: 'Archived 1' }).click();
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText('Old thing');
});

test('the board has the tasks by status, and leads to each', async ({ page, visit, agent }) => {
  const { project, ids } = await makeBoard(agent);
  await visit('/projects');
  await page.locator('tr[data-project-row]').getByRole('link', { name: 'Spool' }).click();
  await expect(page).toHaveURL(`/projects/${project}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Spool');
  await expectColumn(page, 'todo', ['first', 'second', 'third']);
  await expectColumn(page, 'done', ['old']);
  await expect(column(page, 'doing')).toContainText('No tasks');
  await page.getByRole('link', { name: 'second', exact: true }).click();
  await expect(page).toHaveURL(`/projects/${project}/tasks/${ids.second}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('second');
});

test('the form moves a task, and the move lasts', async ({ page, visit, agent }) => {
  const { project } = await makeBoard(agent);
  await visit(`/projects/${project}`);
  await moveByForm(page, 'second', 'doing', 'first');
  await expectColumn(page, 'doing', ['second']);
  await expectColumn(page, 'todo', ['first', 'third']);
  await moveByForm(page, 'third', 'todo', 'earlier');
  await expectColumn(page, 'todo', ['third', 'first']);
  await visit(`/projects/${project}?status=todo`);
  await expectColumn(page, 'todo', ['third', 'first']);
  await expect(page).not.toHaveURL(/__err/);
});

test('the form of a task’s own page moves it, too', async ({ page, visit, agent }) => {
  const { project, ids } = await makeBoard(agent);
  await visit(`/projects/${project}/tasks/${ids.first}`);
  await page.getByLabel('Status').selectOption('review');
  await page.getByRole('button', { name: 'Move' }).click();
  await expect(page.locator('dl.facts')).toContainText('Review');
  await visit(`/projects/${project}`);
  await expectColumn(page, 'review', ['first']);
});

test('a move that cannot be is told beside the board, which is as the server says', async ({ page, visit, agent, guard }) => {
  const { project, ids } = await makeBoard(agent);
  await visit(`/projects/${project}`);
  // The card is archived behind the page’s back: without the page’s own live events, as when they are slow.
  guard.allow(({ kind, text }) => kind === 'status' && /^4\d\d$/.test(text));
  guard.allow(({ kind, text }) => kind === 'console' && text.includes('the server responded with a status of 4'));
  guard.allow(({ kind, url }) => kind === 'failed' && url.endsWith('/events'));
  await page.route('**/api/board*', (route) => route.abort());
  guard.allow(({ kind, url }) => kind === 'failed' && url.includes('/api/board'));
  guard.allow(({ kind, text }) => kind === 'console' && text.includes('net::ERR_'));
  await agent.deleteTask(ids.second ?? '');
  await moveByForm(page, 'second', 'doing', 'first');
  const alert = page.locator('.form-alert');
  await expect(alert).toContainText('The task was not moved');
  await expect(alert).toHaveAttribute('role', 'alert');
  await page.unroute('**/api/board*');
  await visit(`/projects/${project}`);
  await expect(alert).toBeEmpty();
  await expectColumn(page, 'todo', ['first', 'third']);
});

test('a form that says nothing is refused with the reason, whoever sends it', async ({ request, server, agent }) => {
  const { ids } = await makeBoard(agent);
  for (const [form, said] of [
    [{ status: 'doing', place: 'first' }, 'task_id'],
    [{ task_id: ids.first ?? '', status: 'nearly', place: 'first' }, 'nearly'],
    [{ task_id: ids.first ?? '', status: 'doing', place: 'middle' }, 'middle'],
  ] as const) {
    const answer = await request.post(`${server.url}/api/move_task`, { form, headers: { accept: 'application/json' } });
    expect(answer.status(), said).toBe(400);
    expect(await answer.text()).toContain(said);
  }
  const unknown = { task_id: 'nobody', status: 'doing', place: 'first' };
  const missing = await request.post(`${server.url}/api/move_task`, { form: unknown, headers: { accept: 'application/json' } });
  expect(missing.status()).toBe(404);
  const tooLong = { ...unknown, place: 'x'.repeat(3_000_000) };
  const answer = await request.post(`${server.url}/api/move_task`, { form: tooLong, headers: { accept: 'application/json' } });
  expect([400, 413]).toContain(answer.status());
});

test('other pages can neither move a task nor be come back to', async ({ request, server, agent }) => {
  const { ids } = await makeBoard(agent);
  const form = { task_id: ids.first ?? '', status: 'doing', place: 'first' };
  const post = async (headers: Record<string, string>) =>
    await request.post(`${server.url}/api/move_task`, { form, headers: { accept: 'text/html', ...headers }, maxRedirects: 0 });
  for (const origin of ['http://evil.example', 'null']) {
    expect((await post({ origin })).status(), origin).toBe(403);
  }
  const answer = await post({ origin: server.url, referer: 'http://evil.example/' });
  expect(answer.status()).toBe(302);
  expect(answer.headers().location?.replace(/\?$/, '')).toBe(`${server.url}/projects`);
});

test('titles and documents that are HTML are text, and nothing of them runs', async ({ page, visit, agent }) => {
  const project = await agent.project(SCRIPT, SCRIPT);
  const task = await agent.task(project, SCRIPT, 'todo', { description: SCRIPT, assignee: SCRIPT, feature: SCRIPT });
  const document = await agent.document(project, SCRIPT);
  for (const [path, title] of [
    [`/projects/${project}`, SCRIPT],
    [`/projects/${project}/tasks/${task}`, SCRIPT],
    [`/projects/${project}/documents/${document}`, `${SCRIPT}: documents`],
    [`/projects/${project}/versions`, `${SCRIPT}: versions`],
    [`/projects/${project}/history`, `${SCRIPT}: history`],
  ] as const) {
    await visit(path);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(SCRIPT);
    await expect(page).toHaveTitle(`${title} · Tracon`);
    await expect(page.locator('main script, main img, main iframe, main [onerror]')).toHaveCount(0);
  }
  await visit(`/projects/${project}/documents/${document}`);
  const prose = page.locator('.prose');
  await expect(prose.locator('h3')).toHaveText('Plan');
  await expect(prose.locator('strong')).toHaveText('bold');
  await expect(prose).toContainText('<script>');
  await expect(prose.getByRole('link', { name: 'a link' })).toHaveAttribute('rel', /noopener/);
  await expect(prose.locator('a[href^="javascript"]')).toHaveCount(0);
  await expect(prose.getByRole('cell', { name: '1' })).toBeVisible();
});

test('a version shows what differs, and brings it back', async ({ page, visit, agent }) => {
  const project = await agent.project('Spool');
  const document = await agent.document(project, 'Plan', '# Plan\n\nold words\n');
  await agent.rewrite(project, document, '# Plan\n\nnew words\n');
  await visit(`/projects/${project}/versions?field=docs`);
  await page.locator('tr[data-version]').first().getByRole('link').first().click();
  await expect(page).toHaveURL(/field=docs&number=\d+$/);
  await expect(page.locator('[data-line="removed"]')).toContainText('new words');
  await expect(page.locator('[data-line="removed"] .sign')).toHaveText('−');
  await expect(page.locator('[data-line="added"]')).toContainText('old words');
  await expect(page.locator('[data-line="added"] .sign')).toHaveText('+');
  await expect(page.getByRole('button', { name: /^Restore/ })).toBeHidden();
  await page.locator('.restore summary').first().click();
  await expect(page.getByText('What is there now is kept as a version first')).toBeVisible();
  await page.getByRole('button', { name: /^Restore/ }).first().click();
  await expect(page.getByText('restoring it would change nothing')).toBeVisible();
  await visit(`/projects/${project}/documents/${document}`);
  await expect(page.locator('.prose')).toContainText('old words');
});

test('the history says who did what, agents and people alike', async ({ page, visit, agent }) => {
  const { project } = await makeBoard(agent);
  await visit(`/projects/${project}`);
  await moveByForm(page, 'first', 'done', 'first');
  await expectColumn(page, 'done', ['first', 'old']);
  await visit(`/projects/${project}/history`);
  const rows = page.locator('tr[data-history-row]');
  const moved = rows.filter({ hasText: 'status' }).first();
  await expect(moved).toContainText('first');
  await expect(moved.locator('del')).toHaveText('todo');
  await expect(moved.locator('ins')).toHaveText('done');
  await expect(moved.locator('.actor')).not.toBeEmpty();
  await expect(rows.filter({ hasText: 'old' }).locator('.actor').first()).toContainText(/claude/i);
});

test('what there is not, is not found', async ({ page, visit, agent, guard }) => {
  const { project } = await makeBoard(agent);
  guard.allowStatus(404);
  for (const path of ['/projects/nobody', `/projects/${project}/tasks/nobody`, `/projects/${project}/documents/nobody`, `/projects/${project}/versions?field=docs&number=99`]) {
    expect((await visit(path)).status(), path).toBe(404);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Not found');
  }
  guard.allowStatus(400);
  for (const path of [`/projects/${project}?status=open`, `/projects/${project}/versions?number=1`, '/projects?page=0']) {
    expect((await visit(path)).status(), path).toBe(400);
  }
});

test('a long column is cut, counted and paged', async ({ page, visit, agent }) => {
  const project = await agent.project('Many');
  for (let number = 1; number <= 53; number += 1) {
    await agent.task(project, `task ${number}`, 'done');
  }
  await visit(`/projects/${project}`);
  await expect(column(page, 'done').locator('[data-task]')).toHaveCount(50);
  await column(page, 'done').getByRole('link', { name: '3 more in Done' }).click();
  await expect(page).toHaveURL(`/projects/${project}?status=done&page=2`);
  await expectColumn(page, 'done', ['task 51', 'task 52', 'task 53']);
  await moveByForm(page, 'task 53', 'done', 'earlier');
  await expectColumn(page, 'done', ['task 51', 'task 53', 'task 52']);
  await page.getByRole('link', { name: 'Page 1', exact: true }).click();
  await expect(column(page, 'done').locator('[data-task]')).toHaveCount(50);
});

test('long titles and those from right to left stay in their cards', async ({ page, visit, agent }) => {
  const project = await agent.project('Letters');
  await agent.task(project, LONG_TITLE);
  await agent.task(project, RTL);
  await visit(`/projects/${project}`);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0);
  await expect(card(page, RTL).getByRole('link', { name: RTL })).toHaveCSS('direction', 'rtl');
  await expect(liveMark(page)).toBeAttached();
});
