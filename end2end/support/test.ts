// The test function of every file: with a server of its own, its database, clients for it, and a watch on the browser.

import { test as base, expect, type Page, type Response } from '@playwright/test';
import { connectLegacy, connectModern, type ClientInfo, type McpClient } from './clients.ts';
import { Database } from './database.ts';
import { Guard } from './guard.ts';
import { Server } from './server.ts';
import { post } from './traffic.ts';

export { expect };

/** Connects clients to the test's server; they are closed when the test ends. */
export interface Clients {
  legacy(info: ClientInfo): Promise<McpClient>;
  modern(info: ClientInfo): Promise<McpClient>;
  /** Sends what the endpoint refuses. */
  refused(headers: Record<string, string>, body: string): Promise<void>;
  /** Waits until the database has a row for each request that was sent. */
  recorded(): Promise<void>;
}

/** Opens an address, waits until the page listens, and gives the server's answer. */
export type Visit = (path: string) => Promise<Response>;

interface Options {
  /** Flags of the server. */
  serverFlags: string[];
}

interface Fixtures {
  server: Server;
  database: Database;
  clients: Clients;
  guard: Guard;
  visit: Visit;
}

export const test = base.extend<Options & Fixtures>({
  serverFlags: [[], { option: true }],

  server: async ({ serverFlags }, use, testInfo) => {
    const server = await Server.start(serverFlags);
    await use(server);
    const exitCode = await server.stop();
    if (testInfo.status !== testInfo.expectedStatus || exitCode !== 0) {
      await testInfo.attach('server.log', { body: server.log, contentType: 'text/plain' });
    }
    await server.removeData();
    expect(exitCode, 'the exit code of a server that was asked to stop').toBe(0);
  },

  baseURL: async ({ server }, use) => await use(server.url),

  database: async ({ server }, use) => await use(new Database(server.store)),

  clients: async ({ server, database }, use) => {
    const connected: McpClient[] = [];
    let refused = 0;
    const keep = (client: McpClient): McpClient => {
      connected.push(client);
      return client;
    };
    await use({
      legacy: async (info) => keep(await connectLegacy(server.mcp, info)),
      modern: async (info) => keep(await connectModern(server.mcp, info)),
      refused: async (headers, body) => {
        expect(await post(server.mcp, headers, body)).toBeGreaterThanOrEqual(400);
        refused += 1;
      },
      recorded: async () => {
        const sent = connected.reduce((sum, client) => sum + client.sent.length, refused);
        await expect.poll(() => database.count('archon_mcp_requests')).toBe(sent);
      },
    });
    await Promise.all(connected.map(async (client) => await client.close()));
  },

  guard: async ({}, use) => {
    const guard = new Guard();
    await use(guard);
    expect(guard.unexpected, 'what the browser said or did that it should not').toEqual([]);
  },

  context: async ({ context, guard, server, javaScriptEnabled }, use) => {
    guard.watch(context, server.url, javaScriptEnabled !== false);
    await use(context);
    // Before the guard looks: what was on its way is over.
    await context.close();
  },

  visit: async ({ page, javaScriptEnabled }, use) => {
    await use(async (path) => {
      const response = await page.goto(path);
      if (response === null) {
        throw new Error(`${path} is the page that is open already`);
      }
      if (javaScriptEnabled !== false) {
        await hydrated(page);
      }
      return response;
    });
  },
});

/** Waits until the page listens. */
export async function hydrated(page: Page): Promise<void> {
  await expect(page.locator('body')).toHaveAttribute('data-hydrated');
}
