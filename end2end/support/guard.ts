// What a browser must never say or do. A test that provokes some of it says so beforehand.

import type { BrowserContext, Response } from '@playwright/test';

export interface Fault {
  kind: 'console' | 'error' | 'status' | 'failed' | 'stranger' | 'policy';
  text: string;
  url: string;
}

/** Only these sources; scripts also by the nonce of their answer. */
const POLICY = new Map([
  ['default-src', /^'none'$/],
  ['script-src', /^'self' 'nonce-[\w+/=-]{16,}' 'wasm-unsafe-eval'$/],
  ['style-src', /^'self'$/],
  ['connect-src', /^'self'$/],
  ['img-src', /^'self'( data:)?$/],
  ['base-uri', /^'none'$/],
  ['form-action', /^'self'$/],
  ['frame-ancestors', /^'none'$/],
]);

/** Collects the faults of all pages of a context. */
export class Guard {
  readonly faults: Fault[] = [];
  readonly #allowed: ((fault: Fault) => boolean)[] = [];
  readonly #nonces = new Set<string>();

  /** `scripted`: whether the browser runs scripts. */
  watch(context: BrowserContext, origin: string, scripted: boolean): void {
    const add = (kind: Fault['kind'], text: string, url: string): void => void this.faults.push({ kind, text, url });
    context.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') {
        add('console', `${message.type()}: ${message.text()}`, message.location().url);
      }
    });
    context.on('weberror', (error) => add('error', String(error.error().stack ?? error.error()), error.page()?.url() ?? ''));
    context.on('request', (request) => {
      const url = new URL(request.url());
      if (url.origin !== origin && url.protocol !== 'data:') {
        add('stranger', request.method(), request.url());
      }
    });
    context.on('requestfailed', (request) => {
      const why = request.failure()?.errorText ?? '';
      // Who leaves a page ends what was still on its way: its event stream, a report, the bundle, the icon. A server that
      // fails is another error.
      const left = why === 'net::ERR_ABORTED';
      // Without scripts Chromium does not load them either, and blames the policy.
      const unwanted = !scripted && why === 'csp' && request.url().startsWith(`${origin}/pkg/app.js`);
      if (!left && !unwanted) {
        add('failed', why, request.url());
      }
    });
    context.on('response', (response) => {
      if (response.status() >= 400) {
        add('status', String(response.status()), response.url());
      }
      // Who is sent on shows nothing of what sent him.
      const sentOn = response.status() >= 300 && response.status() < 400;
      if (response.request().isNavigationRequest() && !sentOn) {
        this.#checkPolicy(response);
      }
    });
  }

  /** From now on a fault for which this is true is what the test asks for. */
  allow(expected: (fault: Fault) => boolean): void {
    this.#allowed.push(expected);
  }

  /** A page with this status is what the test asks for; the browser notes it on the console too. */
  allowStatus(status: number): void {
    this.allow(({ kind, text }) => kind === 'status' && text === String(status));
    this.allow(({ kind, text }) => kind === 'console' && text.includes(`the server responded with a status of ${status}`));
  }

  /** The server goes away while the page is open: its requests fail, and the browser notes that on the console. */
  allowLoss(): void {
    this.allow(({ kind, url }) => kind === 'failed' && /^\/(events$|api\/)/.test(new URL(url).pathname));
    this.allow(({ kind, text }) => kind === 'console' && text.includes('net::ERR_'));
  }

  get unexpected(): Fault[] {
    return this.faults.filter((fault) => !this.#allowed.some((expected) => expected(fault)));
  }

  #checkPolicy(response: Response): void {
    const header = response.headers()['content-security-policy'] ?? '';
    const given = new Map(
      header.split(';').map((directive): [string, string] => {
        const [name = '', ...sources] = directive.trim().split(/\s+/);
        return [name, sources.join(' ')];
      }),
    );
    const wrong = [...POLICY].filter(([name, sources]) => !sources.test(given.get(name) ?? ''));
    const unknown = [...given.keys()].filter((name) => !POLICY.has(name));
    const nonce = /'nonce-([^']+)'/.exec(header)?.[1] ?? '';
    const told = this.#nonces.has(nonce) ? ['a nonce that was used before'] : [];
    this.#nonces.add(nonce);
    for (const what of [...wrong.map(([name]) => name), ...unknown, ...told]) {
      this.faults.push({ kind: 'policy', text: `${what} in “${header}”`, url: response.url() });
    }
  }
}
