// The repository's configuration, with all files in one project (Deno does not end after several) and without the
// compiled examples, which two platforms would write at the same time.

import { defineConfig } from 'vitest/config'
import config from './vitest.config.ts'

const { projects: _, ...test } = config.test ?? {}

export default defineConfig({
  test: {
    ...test,
    globalSetup: './test/tooling/built-packages.mjs',
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
  },
})
