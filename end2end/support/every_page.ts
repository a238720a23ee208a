// Every page and every state of one that a person can meet.

import type { Clients, Visit } from './test.ts';
import type { Database } from './database.ts';
import type { Guard } from './guard.ts';
import { makeTraffic } from './traffic.ts';

export interface View {
  /** What it shows, usable as a file's name. */
  name: string;
  path: string;
  /** When it is not 200. */
  status?: number;
}

/** Makes what the views show, and says where they are. */
export async function everyPage(clients: Clients, database: Database): Promise<View[]> {
  await makeTraffic(clients);
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
    { name: 'health', path: '/health' },
    { name: 'not-found', path: '/nothing', status: 404 },
    { name: 'no-such-session', path: '/sessions/nobody', status: 404 },
    { name: 'bad-parameter', path: '/requests?outcome=great', status: 400 },
  ];
}

/** The pages of a server that nothing has connected to. */
export const EMPTY_PAGES: View[] = [
  { name: 'empty-overview', path: '/' },
  { name: 'empty-sessions', path: '/sessions' },
  { name: 'empty-requests', path: '/requests' },
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
