import { describe, expect, it } from 'vitest'
import { runExample, runLines } from '../tooling/run-example.ts'

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
    ['frozen', 'enterWith'],
    ['frozen', 'run'],
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

it('nothing of it is changed by an import of Spindle', async () => {
  const program = `
    const { AsyncLocalStorage, createHook } = process.getBuiltinModule('node:async_hooks')
    const prototypes = [AsyncLocalStorage.prototype, Object.getPrototypeOf(createHook({}))]
    const members = () => prototypes.flatMap((each) => Object.values(Object.getOwnPropertyDescriptors(each)))
    const before = members().map(({ value }) => value)
    await import('spindle')
    console.log(members().every(({ value }, index) => value === before[index]))`
  const { stdout, stderr } = await runLines(program)
  expect({ stdout, stderr }).toEqual({ stdout: 'true\n', stderr: '' })
})
