// The repository's configuration, with all files in one project: Deno does not end after several.

import { defineConfig } from 'vitest/config'
import config from './vitest.config.ts'

const { projects: _, ...test } = config.test ?? {}

export default defineConfig({
  test: { ...test, include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'] },
})
