import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// The built page in a real Chromium: `npm run test:lab`.
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['apps/lab/test/**/*.test.ts'],
    testTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    hookTimeout: 120_000,
    fileParallelism: false,
  },
})
