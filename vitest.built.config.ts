// `npm run test:built`: the tests that use no more of their package than what it exports, on what is built.

import { mergeConfig } from 'vitest/config'
import { builtTests } from './test/tooling/built-tests.mjs'
import config from './vitest.config.ts'

const { include, env, alias, plugin, server } = await builtTests([
  'loop',
  'task',
  'thread',
  'node',
  'testing',
  'security',
])
const { projects: _, ...test } = config.test ?? {}
const execArgv = ['--enable-source-maps'] // no loader: what is not built is compiled

export default mergeConfig(
  { test },
  { resolve: { alias }, plugins: [plugin], test: { include, env, server, execArgv } },
)
