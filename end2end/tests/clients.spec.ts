// The TypeScript SDKs of both protocol eras against the endpoint, and what the database holds of them afterwards.

import type { McpClient } from '../support/clients.ts';
import type { Database } from '../support/database.ts';
import { expect, test } from '../support/test.ts';

const TOOLS = [
  'find_documents', 'find_projects', 'find_tasks', 'find_versions', 'get_completion_stats', 'get_project_features', 'get_task_history',
  'get_task_versions', 'health_check', 'manage_document', 'manage_project', 'manage_task', 'manage_version', 'session_info',
];
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const ERAS = [
  { era: 'legacy', sdk: '1.32', info: { name: 'e2e-legacy', version: '1.2.3' }, protocol: '2025-11-25', opens: 'initialize', by: 'transport' },
  { era: 'modern', sdk: '2.4', info: { name: 'e2e-modern', version: '4.5.6' }, protocol: '2026-07-28', opens: 'server/discover', by: 'window' },
] as const;

for (const { era, sdk, info, protocol, opens, by } of ERAS) {
  test(`SDK ${sdk} lists the tools and calls two, and each request is one row`, async ({ clients, database }) => {
    const client = await clients[era](info);
    expect((await client.listTools()).toSorted()).toEqual(TOOLS);

    const health = await client.call('health_check');
    expect(health.isError ?? false).toBe(false);
    expect(health.structuredContent).toMatchObject({
      success: true,
      health: { status: 'healthy', api_service: true, database: true, recorder: { writing: true, lost: 0 } },
      uptime_seconds: expect.any(Number),
      timestamp: expect.stringMatching(TIME),
    });
    const [block, ...others] = health.content as { type: string; text: string }[];
    expect(others).toEqual([]);
    expect(block?.type).toBe('text');
    expect(JSON.parse(block?.text ?? ''), 'the same object as text').toEqual(health.structuredContent);

    const about = await client.call('session_info');
    expect(about.structuredContent).toMatchObject({
      success: true,
      session_management: { active_sessions: 1, session_timeout: 1800, server_uptime_seconds: expect.any(Number) },
      session: {
        session_id: expect.stringMatching(UUID),
        client_type: info.name,
        client_version: info.version,
        protocol_version: protocol,
        attribution: by,
        connected_at: expect.stringMatching(TIME),
        errors: 0,
      },
    });

    expect(client.sent).toEqual([
      { method: opens, tool: null },
      { method: 'tools/list', tool: null },
      { method: 'tools/call', tool: 'health_check' },
      { method: 'tools/call', tool: 'session_info' },
    ]);
    await rowsOf(database, client);
    expect(await database.sessions()).toEqual([
      expect.objectContaining({
        session_id: (about.structuredContent as { session: { session_id: string } }).session.session_id,
        client_type: info.name,
        client_name: info.name,
        client_version: info.version,
        protocol_version: protocol,
        attribution: by,
        status: 'active',
        total_requests: client.sent.length,
        failed_requests: 0,
      }),
    ]);
  });
}

test('two clients at a time are two sessions, and each request is its own client’s', async ({ clients, database }) => {
  const [old, recent] = await Promise.all([clients.legacy(ERAS[0].info), clients.modern(ERAS[1].info)]);
  await Promise.all([old, recent].flatMap((client) => ['health_check', 'session_info'].map(async (tool) => await client.call(tool))));
  for (const [client, name] of [[old, 'e2e-legacy'], [recent, 'e2e-modern']] as const) {
    await expect.poll(async () => (await database.find(name))?.total_requests).toBe(client.sent.length);
    const { session_id: id } = await database.session(name);
    expect(await database.count('archon_mcp_requests WHERE session_id = $1', id)).toBe(client.sent.length);
  }
  expect(await database.sessions()).toHaveLength(2);
});

test('the original’s own check finds the session after the handshake', async ({ clients, database }) => {
  await clients.legacy({ name: 'claude-code', version: '2.1.197' });
  const check = 'SELECT session_id, client_type, status, connected_at FROM archon_mcp_sessions ORDER BY connected_at DESC LIMIT 1';
  await expect
    .poll(() => database.rows(check))
    .toEqual([
      {
        session_id: expect.stringMatching(UUID),
        client_type: 'Claude Code',
        status: 'active',
        connected_at: expect.stringMatching(TIME),
      },
    ]);
});

test('a client that says goodbye is disconnected, one that only closes stays until it times out', async ({ clients, database }) => {
  const polite = await clients.legacy({ name: 'polite', version: '1' });
  const silent = await clients.legacy({ name: 'silent', version: '1' });
  await polite.leave();
  await silent.close();
  const ends = async () =>
    (await database.sessions()).map(({ client_name, status, disconnect_reason }) => [client_name, status, disconnect_reason]);
  await expect
    .poll(ends)
    .toEqual([
      ['polite', 'disconnected', 'client_disconnect'],
      ['silent', 'active', null],
    ]);
});

test.describe('after the session timeout', () => {
  test.use({ serverFlags: ['--tracking-idle-after', '1s', '--tracking-session-timeout', '2s'] });

  for (const { era, info } of ERAS) {
    test(`a silent client of the ${era} era is gone`, async ({ clients, database }) => {
      const client = await clients[era](info);
      await client.call('health_check');
      await client.close();
      await expect.poll(async () => (await database.find(info.name))?.status, { timeout: 30_000 }).toBe('disconnected');
      expect((await database.session(info.name)).disconnect_reason).toBe('timeout');
    });
  }
});

test('an unknown tool is an error to the client and a failed row', async ({ clients, database }) => {
  for (const { era, info, opens } of ERAS) {
    const client = await clients[era](info);
    expect((await client.fail('no_such_tool')).message).toMatch(/tool not found/i);
    await expect.poll(async () => (await database.find(info.name))?.failed_requests).toBe(1);
    const rows = await database.rows(
      'SELECT method, tool_name, status, outcome, error_code FROM archon_mcp_requests WHERE session_id = $1 ORDER BY id',
      (await database.session(info.name)).session_id,
    );
    expect(rows).toEqual([
      { method: opens, tool_name: null, status: 'success', outcome: 'ok', error_code: null },
      { method: 'tools/call', tool_name: 'no_such_tool', status: 'error', outcome: 'protocol_error', error_code: -32602 },
    ]);
  }
});

test('a client without sessions goes on after a restart of the server, as a session of its own', async ({ clients, database, server }) => {
  const client = await clients.modern(ERAS[1].info);
  await client.call('health_check');
  await clients.recorded();
  expect(await server.stop()).toBe(0);
  expect(await database.session('e2e-modern')).toMatchObject({ status: 'disconnected', disconnect_reason: 'server_shutdown' });
  await server.startAgain();
  await client.call('health_check');
  await clients.recorded();
  expect((await database.sessions()).map(({ client_name, status, total_requests }) => [client_name, status, total_requests])).toEqual([
    ['e2e-modern', 'disconnected', 2],
    ['e2e-modern', 'active', 1],
  ]);
});

test('the SDKs have nothing to complain of in what the tools publish', async ({ clients }) => {
  const said: unknown[][] = [];
  const { warn, error } = console;
  console.warn = console.error = (...words: unknown[]) => void said.push(words);
  try {
    for (const { era, info } of ERAS) {
      const client = await clients[era](info);
      await client.listTools();
      await client.call('session_info');
    }
  } finally {
    Object.assign(console, { warn, error });
  }
  expect(said).toEqual([]);
});

/** Waits for the rows of the only client, and checks each of them. */
async function rowsOf(database: Database, client: McpClient): Promise<void> {
  await expect.poll(async () => (await database.requests()).length).toBeGreaterThanOrEqual(client.sent.length);
  const rows = await database.requests();
  expect(rows.map(({ method, tool_name }) => ({ method, tool: tool_name }))).toEqual(client.sent);
  const [session] = await database.sessions();
  for (const row of rows) {
    expect(row).toMatchObject({ status: 'success', outcome: 'ok', session_id: session?.session_id, error_code: null });
    expect(row.duration_ms).toBeGreaterThan(0);
    expect(row.timestamp).toMatch(TIME);
  }
}
