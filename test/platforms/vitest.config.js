// @ts-nocheck: what is imported here is installed by `npm test -- --platforms` only.
//
// Vitest in a real browser. Imports from Node are replaced by objects that fail as soon as a test uses them.

import { fileURLToPath } from 'node:url'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  resolve: { alias: [{ find: /^node:.*/, replacement: fileURLToPath(new URL('no-node.js', import.meta.url)) }] },
  test: {
    include: [
      'packages/{loop,task}/src/**/*.test.ts',
      'packages/testing/src/explore/same-schedules.test.ts',
      'test/loop/*.test.ts',
    ],
    setupFiles: ['no-blocking.js', '../tooling/each-test.ts'].map((file) =>
      fileURLToPath(new URL(file, import.meta.url)),
    ),
    testTimeout: 30_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: { executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] } }),
      instances: [{ browser: 'chromium' }],
    },
  },
})
