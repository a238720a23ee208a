// Real MCP clients: the two TypeScript SDKs as npm has them, each with a note of what it put on the wire.

import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ResultSchema } from '@modelcontextprotocol/sdk/types.js';

/** What a client says of itself. */
export interface ClientInfo {
  name: string;
  version: string;
}

/** A JSON-RPC request that a client sent. */
export interface Sent {
  method: string;
  tool: string | null;
}

/** What a tool answered. */
export interface Answer {
  structuredContent?: unknown;
  content?: unknown;
  isError?: unknown;
  [other: string]: unknown;
}

/** The two eras behind one face. */
export interface McpClient {
  /** The JSON-RPC requests so far, in their order; notifications are none. */
  readonly sent: Sent[];
  listTools(): Promise<string[]>;
  call(tool: string, meta?: Record<string, unknown>): Promise<Answer>;
  /** Calls a tool that fails, and gives what the client threw. */
  fail(tool: string): Promise<Error>;
  /** Asks for a method that there is not. */
  request(method: string): Promise<Error>;
  /** Leaves as a client does that says so: DELETE in the legacy era, nothing in the new one. */
  leave(): Promise<void>;
  /** Leaves without a word. */
  close(): Promise<void>;
}

/** SDK 1.32: the `initialize` handshake and an `Mcp-Session-Id`. */
export async function connectLegacy(url: URL, info: ClientInfo): Promise<McpClient> {
  const wire = new Wire();
  const client = new LegacyClient(info);
  const transport = new LegacyTransport(url, { fetch: wire.fetch });
  await client.connect(transport);
  return {
    sent: wire.sent,
    listTools: async () => (await client.listTools()).tools.map((tool) => tool.name),
    call: async (name, meta) => await client.callTool({ name, arguments: {}, ...(meta && { _meta: meta }) }),
    fail: async (name) => await failure(client.callTool({ name, arguments: {} })),
    request: async (method) => await failure(client.request({ method }, ResultSchema)),
    leave: async () => {
      await transport.terminateSession();
      await client.close();
    },
    close: async () => await client.close(),
  };
}

/** SDK 2.4 that asks which versions there are: 2026-07-28, without sessions. */
export async function connectModern(url: URL, info: ClientInfo): Promise<McpClient> {
  const wire = new Wire();
  const client = new ModernClient(info, { versionNegotiation: { mode: 'auto' } });
  const transport = new ModernTransport(url, { fetch: wire.fetch });
  await client.connect(transport);
  return {
    sent: wire.sent,
    listTools: async () => (await client.listTools()).tools.map((tool) => tool.name),
    call: async (name, meta) => await client.callTool({ name, arguments: {}, ...(meta && { _meta: meta }) }),
    fail: async (name) => await failure(client.callTool({ name, arguments: {} })),
    request: async (method) => await failure(client.request({ method }, ResultSchema)),
    leave: async () => await client.close(),
    close: async () => await client.close(),
  };
}

/** Listens between a client and `fetch`. */
class Wire {
  readonly sent: Sent[] = [];

  readonly fetch = async (url: string | URL, init?: RequestInit): Promise<Response> => {
    if (init?.method === 'POST' && typeof init.body === 'string') {
      const message = JSON.parse(init.body) as { id?: unknown; method?: string; params?: { name?: string } };
      if (message.id !== undefined && message.method !== undefined) {
        this.sent.push({ method: message.method, tool: message.params?.name ?? null });
      }
    }
    return await fetch(url, init);
  };
}

async function failure(answer: Promise<Answer>): Promise<Error> {
  let given: Answer;
  try {
    given = await answer;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
  throw new Error(`the call did not fail: ${JSON.stringify(given)}`);
}
