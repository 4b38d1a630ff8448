import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// The built page in a real Chromium: `npm run test:browser`.
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: { include: ['examples/browser/test/*.test.ts'], testTimeout: 60_000, hookTimeout: 120_000 },
})
