import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

// Bun and Deno load TypeScript by themselves; on a Node from which something was taken away (test/platforms), no program is started.
const isPlainNode = !('bun' in process.versions) && !('deno' in process.versions) && !process.env['SPINDLE_WITHOUT']

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', 'test/docs/.blocks/**'],
    globalSetup: './test/tooling/built-packages.mjs',
    // Fails a test that was given a bare generator function: nobody would run its body.
    runner: './packages/testing/src/vitest-runner.ts',
    // Only a hang takes so long, however busy the machine is.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // For the threads and processes that tests start: they inherit it.
    execArgv: isPlainNode ? ['--import', new URL('./test/tooling/typescript/register.mjs', import.meta.url).href] : [],
    // In CI a test that fails is tried once more, and `scripts/test.mjs` names it: until `npm run test:stress` has been clean for long
    // enough to trust every test. Elsewhere nothing is tried twice.
    retry: process.env['CI'] === 'true' ? 1 : 0,
    // Vitest would leave one core to itself: of two cores, half.
    maxWorkers: availableParallelism(),
  },
})
