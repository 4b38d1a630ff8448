// `pnpm test:distributed`: the tests of spindle/distributed in their long form.

import { mergeConfig } from 'vitest/config'
import config from './vitest.config.ts'

process.env['SPINDLE_TESTS'] = 'all'
process.env['SPINDLE_DISTRIBUTED'] = 'full'
const { projects: _, ...test } = config.test ?? {}

export default mergeConfig(
  { test },
  {
    test: {
      include: ['packages/distributed/src/**/*.test.ts', 'test/distributed/*.test.ts'],
      env: { SPINDLE_TESTS: 'all', SPINDLE_DISTRIBUTED: 'full' },
    },
  },
)
