import { defineConfig } from '@playwright/test';

const CI = process.env.CI !== undefined;

/** Only what a phone's browser and its screen are; the width is the narrowest that the pages promise to fit. */
const phone = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const desktop = { viewport: { width: 1280, height: 800 } };

/** What needs a script on the page, or no browser at all. */
const SCRIPTED = /(accessibility|board|keyboard|live|theme)\.spec\.ts/;
const BROWSERLESS = /clients\.spec\.ts/;
const ACCESSIBILITY = /accessibility\.spec\.ts/;

export default defineConfig({
  testDir: 'tests',
  fullyParallel: true,
  workers: 2,
  forbidOnly: CI,
  // In CI one more try, and the report calls what then passes flaky: a browser on a busy machine is not the product.
  retries: CI ? 1 : 0,
  // A bound, not a measure: the slowest opens 15 pages and has axe look at each.
  timeout: 180_000,
  expect: { timeout: 10_000 },
  reporter: CI ? [['list']] : [['list'], ['html', { open: 'never' }]],
  use: {
    browserName: 'chromium',
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env.TRACON_CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [
    { name: 'clients', testMatch: BROWSERLESS },
    { name: 'desktop', testIgnore: BROWSERLESS, use: desktop },
    { name: 'phone', testIgnore: BROWSERLESS, use: phone },
    { name: 'no-javascript', testIgnore: [BROWSERLESS, SCRIPTED], use: { ...desktop, javaScriptEnabled: false } },
    { name: 'desktop-dark', testMatch: ACCESSIBILITY, use: { ...desktop, colorScheme: 'dark' } },
    { name: 'phone-dark', testMatch: ACCESSIBILITY, use: { ...phone, colorScheme: 'dark' } },
  ],
});
