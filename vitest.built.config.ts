// `npm run test:built`: the tests that use no more of their package than what it exports, on what is built.

import { mergeConfig } from 'vitest/config'
import { builtTests } from './test/tooling/built-tests.mjs'
import config from './vitest.config.ts'

const { include, env, alias, plugin } = await builtTests(['loop', 'task', 'thread', 'node', 'testing'])
const { projects: _, ...test } = config.test ?? {}

export default mergeConfig({ test }, { resolve: { alias }, plugins: [plugin], test: { include, env } })
