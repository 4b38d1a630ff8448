// The core needs of its host no more than a queue for microtasks, a timer and a clock. Here it runs where there is
// nothing else: in a context of its own, without `process`, `setImmediate` or anything of Node.

import { join } from 'node:path'
import vm from 'node:vm'
import { build } from 'esbuild'
import { beforeAll, describe, expect, it } from 'vitest'
import { root } from '../tooling/run-example.ts'

let source: string

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'packages/task/src/index.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'spindle',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2023',
    logLevel: 'error',
    logOverride: { 'empty-import-meta': 'silent' },
  })
  source = outputFiles[0]?.text as string
})

const needed = { queueMicrotask, setTimeout, clearTimeout, performance }

/** Runs lines of JavaScript that call `log` and return a promise; `spindle` is there. */
async function runIn(globals: object, lines: string): Promise<string[]> {
  const log: string[] = []
  const context = vm.createContext({ ...globals, log: (line: unknown) => log.push(String(line)) })
  vm.runInContext(source, context)
  await vm.runInContext(`(async () => { ${lines} })()`, context)
  return log
}

const program = `
  const { run, sleep, gather, createTask, ensureFuture, getEventLoop } = spindle
  log([typeof process, typeof setImmediate])
  function* nap(name, delay) {
    try {
      yield* sleep(delay)
      log(name)
    } finally {
      if (delay > 100) log(name + ' cancelled')
    }
  }
  function* spin() { for (let n = 0; n < 1000; n++) yield* sleep(0); return 'spun' }
  function* main() {
    const task = createTask(nap('never', 1e6))
    yield* gather([nap('second', 50), nap('first', 1)])
    log(yield* ensureFuture(Promise.resolve('promised')))
    log((yield* gather([spin(), spin()])).join())
    task.cancel()
    yield* sleep(0)
    log(task.cancelled())
    return 'result'
  }
  log(await run(main()))
`

const printed = ['undefined,undefined', 'first', 'second', 'promised', 'spun,spun', 'never cancelled', 'true', 'result']

describe('Loop and Task on a bare host', () => {
  it('run with MessageChannel, as in a browser', async () => {
    expect(await runIn({ ...needed, MessageChannel }, program)).toEqual(printed)
  })

  it('run with no more than setTimeout', async () => {
    expect(await runIn(needed, program)).toEqual(printed)
  })

  it('do nothing with the host when they are imported, save to keep the timers and the clock for the host loop', async () => {
    const read = new Set<string>()
    const called: string[] = []
    const context = vm.createContext({})
    for (const [name, value] of Object.entries(needed)) {
      const watched = typeof value === 'function' ? () => called.push(name) : value
      const get = (): unknown => {
        read.add(name)
        return watched
      }
      Object.defineProperty(context, name, { get })
    }
    vm.runInContext(source, context)
    expect({ read: [...read].sort(), called, run: typeof vm.runInContext('spindle.run', context) }).toEqual({
      read: ['clearTimeout', 'performance', 'queueMicrotask', 'setTimeout'],
      called: [],
      run: 'function',
    })
  })

  it('let `using` release locks with a polyfill that is loaded after them', async () => {
    const log = await runIn(
      needed,
      `const { run, Lock, Semaphore, Runner } = spindle
      const lock = new Lock()
      const semaphore = new Semaphore(1)
      const ofEsbuild = Symbol.for('Symbol.dispose')
      function* section(resource, key) { const guard = yield* resource.acquire(); guard[key]() }
      if (Symbol.dispose === undefined) await run(section(lock, ofEsbuild))
      Symbol.dispose ??= Symbol('polyfill')
      for (const resource of [lock, semaphore, lock]) await run(section(resource, Symbol.dispose))
      new Runner()[Symbol.dispose]()
      log([lock, semaphore].join())`,
    )
    expect(log).toEqual(['<Lock [unlocked]>,<Semaphore [unlocked, value:1]>'])
  })

  it('block the thread with nothing but the language, and report a deadlock', async () => {
    const log = await runIn(
      { performance },
      `const { runSync, sleep, newEventLoop } = spindle
      function* main() { yield* sleep(2); return 'slept' }
      log(runSync(main()))
      const loop = newEventLoop()
      try { loop.runUntilCompleteSync(loop.createFuture()) } catch (error) { log(error) }`,
    )
    expect(log).toEqual([
      'slept',
      'DeadlockError: the loop runs, but there is no Task, no timer, and nothing that could wake it',
    ])
  })
})
