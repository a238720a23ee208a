// Projects as agents make them: by the tools, over the wire.

import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Page, Locator } from '@playwright/test';

/** Titles that are HTML, long, or written from right to left: shown as text, they harm nobody. */
export const SCRIPT = '<script>document.title = "run"</script><img src=x onerror="document.title=1">';
export const LONG_TITLE = 'x'.repeat(500);
export const LONG_NAME = 'y'.repeat(200);
export const RTL = 'שלום עולם';

export const MARKDOWN = `# Plan

Some **bold** words, \`code\` and [a link](https://example.com/).

${SCRIPT}

[bad](javascript:alert(1)) ![picture](https://example.com/a.png)

| a | b |
|---|---|
| 1 | 2 |

- [x] done
- [ ] open

\`\`\`
a line of code that is so long that it has to scroll inside of its own box, and never the page: ${'y'.repeat(200)}
\`\`\`
`;

export type Status = 'todo' | 'doing' | 'review' | 'done';

/** An agent that works on projects. */
export class Agent {
  readonly name: string;
  readonly #client: Client;

  private constructor(name: string, client: Client) {
    this.name = name;
    this.#client = client;
  }

  static async connect(url: URL, name = 'claude-code'): Promise<Agent> {
    const client = new LegacyClient({ name, version: '2.1.197' });
    await client.connect(new StreamableHTTPClientTransport(url));
    return new Agent(name, client);
  }

  /** The id of the new project. */
  async project(title: string, description = ''): Promise<string> {
    return await this.#id('manage_project', 'project_id', { action: 'create', title, description });
  }

  async archive(projectId: string): Promise<void> {
    await this.#id('manage_project', 'project_id', { action: 'archive', project_id: projectId });
  }

  /** The id of the new task, which stands behind the others of its status. */
  async task(projectId: string, title: string, status: Status = 'todo', more: Record<string, unknown> = {}): Promise<string> {
    return await this.#id('manage_task', 'task_id', { action: 'create', project_id: projectId, title, status, ...more });
  }

  async deleteTask(taskId: string): Promise<void> {
    await this.#id('manage_task', 'task_id', { action: 'delete', task_id: taskId });
  }

  /** The id of the new document. */
  async document(projectId: string, title: string, content: unknown = MARKDOWN): Promise<string> {
    const document = { action: 'create', project_id: projectId, title, document_type: 'spec', content, tags: ['plan'], author: 'Ada' };
    return await this.#id('manage_document', 'document_id', document);
  }

  async rewrite(projectId: string, documentId: string, content: unknown): Promise<void> {
    const change = { action: 'update', project_id: projectId, document_id: documentId, content };
    await this.#id('manage_document', 'document_id', change);
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #id(tool: string, key: string, given: Record<string, unknown>): Promise<string> {
    const answer = await this.#client.callTool({ name: tool, arguments: given });
    const content = answer.structuredContent as Record<string, unknown> | undefined;
    const id = content?.[key];
    if (answer.isError === true || typeof id !== 'string') {
      throw new Error(`${tool} answered ${JSON.stringify(answer)}`);
    }
    return id;
  }
}

export function column(page: Page, status: Status): Locator {
  return page.locator(`[data-column="${status}"]`);
}

export function card(page: Page, title: string): Locator {
  return page.locator('[data-task]').filter({ has: page.getByRole('link', { name: title, exact: true }) });
}

/** The titles of a column, from the top down. */
export async function titles(page: Page, status: Status): Promise<string[]> {
  return await column(page, status).locator('[data-task] h3').allInnerTexts();
}
