// Every page and every state of one that a person can meet.

import type { Clients, Visit } from './test.ts';
import type { Database } from './database.ts';
import type { Guard } from './guard.ts';
import { Agent, LONG_NAME, LONG_TITLE, RTL, SCRIPT } from './projects.ts';
import { makeTraffic } from './traffic.ts';

export interface View {
  /** What it shows, usable as a file's name. */
  name: string;
  path: string;
  /** When it is not 200. */
  status?: number;
}

/** Makes what the views show, and says where they are. */
export async function everyPage(clients: Clients, database: Database, mcp: URL): Promise<View[]> {
  await makeTraffic(clients);
  const projects = await everyProjectPage(mcp);
  const session = async (client: string): Promise<string> => (await database.session(client)).session_id;
  const request = async (where: string): Promise<string> =>
    (await database.rows<{ id: string }>(`SELECT id FROM archon_mcp_requests WHERE ${where} LIMIT 1`))[0]?.id ?? '';
  return [
    { name: 'overview', path: '/' },
    { name: 'sessions', path: '/sessions' },
    { name: 'sessions-probes', path: '/sessions?probes=1' },
    { name: 'sessions-none', path: '/sessions?presence=idle' },
    { name: 'session', path: `/sessions/${await session('claude-code')}` },
    { name: 'session-turns', path: `/sessions/${await session('codex-mcp-client')}` },
    { name: 'requests', path: '/requests' },
    // A page that starts where a link to older requests leads.
    { name: 'requests-older', path: `/requests?before=${await request("method = 'tools/list' ORDER BY id DESC")}` },
    { name: 'requests-filtered', path: '/requests?errors_only=1&text=not+found&min_ms=0&range=1h' },
    { name: 'requests-none', path: '/requests?tool=none' },
    { name: 'request', path: `/requests/${await request("tool_name = 'session_info' AND status = 'success'")}` },
    { name: 'request-failed', path: `/requests/${await request("outcome = 'protocol_error' AND session_id IS NOT NULL")}` },
    { name: 'request-denied', path: `/requests/${await request("outcome = 'denied'")}` },
    ...projects,
    { name: 'health', path: '/health' },
    { name: 'not-found', path: '/nothing', status: 404 },
    { name: 'no-such-session', path: '/sessions/nobody', status: 404 },
    { name: 'bad-parameter', path: '/requests?outcome=great', status: 400 },
  ];
}

/** A project with all that makes a page difficult, and one with nothing. */
async function everyProjectPage(mcp: URL): Promise<View[]> {
  const agent = await Agent.connect(mcp, 'windsurf');
  const project = await agent.project('Spool', `Every record survives.\n\n${SCRIPT}`);
  const task = await agent.task(project, SCRIPT, 'todo', { description: '# What\n\n- [ ] to do', feature: LONG_NAME, priority: 'critical' });
  await agent.task(project, LONG_TITLE, 'doing', { assignee: LONG_NAME });
  await agent.task(project, RTL, 'done');
  const document = await agent.document(project, 'Plan');
  const json = await agent.document(project, LONG_TITLE, { numbers: [1, 2, 3], text: 'x'.repeat(300) });
  await agent.rewrite(project, document, `# Plan\n\nOther words.\n\n${'z'.repeat(300)}\n`);
  const empty = await agent.project(LONG_TITLE);
  await agent.archive(await agent.project('Old'));
  await agent.close();
  return [
    { name: 'projects', path: '/projects' },
    { name: 'projects-archived', path: '/projects?archived=1' },
    { name: 'projects-none', path: '/projects?text=none' },
    { name: 'board', path: `/projects/${project}` },
    { name: 'board-column', path: `/projects/${project}?status=todo` },
    { name: 'board-empty', path: `/projects/${empty}` },
    { name: 'task', path: `/projects/${project}/tasks/${task}` },
    { name: 'document', path: `/projects/${project}/documents/${document}` },
    { name: 'document-json', path: `/projects/${project}/documents/${json}` },
    { name: 'documents-none', path: `/projects/${empty}/documents` },
    { name: 'versions', path: `/projects/${project}/versions` },
    { name: 'version', path: `/projects/${project}/versions?field=docs&number=1` },
    { name: 'versions-none', path: `/projects/${empty}/versions` },
    { name: 'history', path: `/projects/${project}/history` },
    { name: 'no-such-project', path: '/projects/nobody', status: 404 },
  ];
}

/** The pages of a server that nothing has connected to. */
export const EMPTY_PAGES: View[] = [
  { name: 'empty-overview', path: '/' },
  { name: 'empty-sessions', path: '/sessions' },
  { name: 'empty-requests', path: '/requests' },
  { name: 'empty-projects', path: '/projects' },
  { name: 'empty-health', path: '/health' },
];

/** Opens a view, its status being the one that it should have. */
export async function open(view: View, visit: Visit, guard: Guard): Promise<void> {
  const { path, status = 200 } = view;
  if (status !== 200) {
    guard.allowStatus(status);
  }
  const response = await visit(path);
  if (response.status() !== status) {
    throw new Error(`${path} was answered with ${response.status()} instead of ${status}`);
  }
}
