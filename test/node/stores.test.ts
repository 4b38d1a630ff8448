import { describe, expect, it } from 'vitest'
import { runExample } from '../tooling/run-example.ts'

const RIGHT = { stdout: 'right\n', stderr: '' }

// Node 24 keeps stores in another way, and with this option as before. Some programs that observe others set it.
const hasOption = process.allowedNodeEnvironmentFlags.has('--no-async-context-frame')
const engines = [{}, ...(hasOption ? [{ NODE_OPTIONS: '--no-async-context-frame' }] : [])]

describe.each(engines)('AsyncLocalStorage %j', (env) => {
  it.each([[[]], [['--blocking']], [['--late']], [['--late', '--blocking']], [['--late', '--woken']]])(
    'the first Tasks to use it have their own %j',
    async (args) => {
      const { stdout, stderr } = await runExample('test/node/programs/stores.fixture.ts', { args, env })
      expect({ stdout, stderr }).toEqual(RIGHT)
    },
  )

  it.each([
    ['not at all', 'enterWith'],
    ['not at all', 'run'],
    ['not at all', 'snapshot'],
    ['not at all', 'bindStore'],
    ['not at all', 'fetch'],
    ['not at all', 'wokenBy'],
    ['asked for', 'withScope'],
    ['required', 'bind'],
    ['imported', 'tracePromise'],
    ['hooked', 'AsyncResource'],
    ['fetched', 'innerRun'],
    ['entered', 'disable'],
    ['entered', 'twoStorages'],
  ])('each Task keeps its own, loaded before Spindle: %s, first use: %s', async (...args) => {
    const { stdout, stderr } = await runExample('test/node/programs/store-uses.fixture.ts', { args, env })
    expect({ stdout, stderr }).toEqual(RIGHT)
  })
})

it('each Task keeps the store of a storage that a preloaded module has made and used', async () => {
  const preload = `import { AsyncLocalStorage } from 'node:async_hooks'
    globalThis.preloaded = new AsyncLocalStorage()
    globalThis.preloaded.run('of the module', () => {})`
  const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(preload)}` }
  const { stdout, stderr } = await runExample('test/node/programs/preloaded-store.fixture.ts', { env })
  expect({ stdout, stderr }).toEqual({ stdout: 'main, a Task, main\n', stderr: '' })
})
