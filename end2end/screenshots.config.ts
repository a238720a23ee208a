// `TRACON_SCREENSHOTS=folder npx playwright test --config screenshots.config.ts`

import { defineConfig } from '@playwright/test';
import tests from './playwright.config.ts';

const desktop = { viewport: { width: 1280, height: 800 }, deviceScaleFactor: 2 };
const phone = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

export default defineConfig({
  ...tests,
  testDir: '.',
  testMatch: 'screenshots.ts',
  timeout: 180_000,
  projects: [
    { name: 'light', use: { ...desktop, colorScheme: 'light' } },
    { name: 'dark', use: { ...desktop, colorScheme: 'dark' } },
    { name: 'phone', use: { ...phone, colorScheme: 'light' } },
    { name: 'phone-dark', use: { ...phone, colorScheme: 'dark' } },
  ],
});
