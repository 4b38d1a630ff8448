import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import spindle from './packages/unplugin/src/vite.ts'
import { builtTests } from './test/tooling/built-tests.mjs'
import { leaveCertificatesOut } from './test/tooling/certificates.mjs'
import { longForm } from './test/tooling/long-form.ts'
import Sequencer from './test/tooling/sequencer.ts'

leaveCertificatesOut()

// Bun and Deno load TypeScript by themselves; on a Node from which something was taken away (test/platforms), no
// program is started.
const isPlainNode =
  !('bun' in process.versions) &&
  !('deno' in process.versions) &&
  !process.env['NODE_OPTIONS']?.includes('/without.mjs')

// The project that `npm test -- --lab` and the like select: it runs alone, and is left out otherwise.
const alone = process.argv.find((arg) => arg.startsWith('--project='))?.slice('--project='.length)

// The folders whose files leave nothing behind in their process, so they share one: much of the time would go into
// starting more. `x.apart.test.ts` prints where code stands, which takes several times as long beside many modules.
const TOGETHER = [
  'packages/{create-spindle,inspect,loop,node,task,testing,thread,unplugin}/src/**/!(*.apart).test.ts',
  'test/{bugs,distributed,docs,eslint-plugin,examples,inspect,loop,node,planted,task,testing,tooling,unplugin}/**/*.test.ts',
]
// These share a process, too, but not with the others: a compiler or a bundler in it would slow those down.
// (package.test.ts imports all entry points, of which some change the whole process.)
const TOOLS = ['packages/eslint-plugin/src/**/*.test.ts', 'test/thread/**/*.test.ts', 'test/package/!(package).test.ts']
// Loaded through @spindle/unplugin, with all that it imports from beside it.
const TRANSFORMED = 'test/conformance/transformed.long.test.ts'
const EXCLUDED = ['**/node_modules/**', '**/dist/**', 'test/docs/.blocks/**', 'examples/browser/**']
// All of their tests are for the long form; to load them for nothing takes eight seconds.
if (!longForm) EXCLUDED.push('**/*.long.test.ts')

// Those that use only what these packages export run on what is built: that is what users run, and it loads in half the
// time. While somebody works on the sources (`--watch`), for coverage, and in the long form, they run on the sources.
const fromSources = !isPlainNode || longForm || process.argv.some((arg) => /^(-w|--watch|watch|--coverage)$/.test(arg))
const built =
  alone === 'built'
    ? await builtTests(['loop', 'task', 'thread', 'node', 'testing', 'security'])
    : fromSources || alone !== undefined
      ? undefined
      : await builtTests(['thread', 'node', 'distributed', 'task', 'testing', 'security'])

const builtProject = built && {
  extends: true as const,
  resolve: { alias: built.alias },
  plugins: [built.plugin],
  test: {
    name: 'built',
    isolate: alone === 'built',
    include: built.include,
    exclude: EXCLUDED,
    server: built.server,
    execArgv: ['--enable-source-maps'],
  },
}

// Pages in a real Chromium, without anything that the other tests need.
const pages = {
  browser: { name: 'browser', include: ['examples/browser/test/*.test.ts'] },
  lab: { name: 'lab', include: ['apps/lab/test/**/*.test.ts'], expect: { poll: { timeout: 30_000 } } },
}
const page = alone === 'browser' || alone === 'lab' ? pages[alone] : undefined

export default defineConfig({
  test: {
    projects: page
      ? [{ test: { ...page, testTimeout: 60_000, hookTimeout: 120_000 } }]
      : builtProject && alone
        ? [builtProject]
        : [
            {
              extends: true,
              test: {
                name: 'together',
                include: TOGETHER,
                exclude: [...EXCLUDED, ...(built?.include ?? [])],
                isolate: false,
              },
            },
            {
              extends: true,
              test: {
                name: 'tools',
                include: TOOLS,
                exclude: [...EXCLUDED, ...(built?.include ?? [])],
                isolate: false,
              },
            },
            {
              extends: true,
              test: {
                name: 'apart',
                include: [
                  'apps/*/src/**/*.test.ts',
                  'packages/*/src/**/*.test.ts',
                  'test/**/*.test.ts',
                  'examples/**/*.test.ts',
                ],
                exclude: [...EXCLUDED, ...TOGETHER, ...TOOLS, TRANSFORMED, ...(built?.include ?? [])],
              },
            },
            ...(longForm
              ? [
                  {
                    extends: true as const,
                    plugins: [spindle({ include: [/\/test\/conformance\//] })],
                    test: { name: 'transformed', include: [TRANSFORMED] },
                  },
                ]
              : []),
            ...(builtProject ? [builtProject] : []),
          ],
    // Of what runs in the processes of Vitest: threads and programs that a test starts are not measured.
    coverage: {
      include: ['packages/*/src/**/*.ts'],
      exclude: ['**/*.{test,test-d,fixture}.ts', '**/programs/**'],
      reporter: ['text', 'html'],
      reportOnFailure: true,
      reportsDirectory: 'node_modules/.cache/coverage',
    },
    sequence: { sequencer: Sequencer },
    globalSetup: page
      ? []
      : [
          './test/tooling/built-packages.mjs',
          './test/tooling/compiled-programs.mjs',
          './test/distributed/shared-redis.setup.ts',
        ],
    setupFiles: './test/tooling/each-test.ts',
    // Only a hang takes so long, however busy the machine is.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // More than there are cores, as some tests wait, most of all in the long form. (Vitest would leave one core to itself.)
    maxWorkers: page ? 1 : availableParallelism() + (longForm ? 2 : 1),
  },
})
