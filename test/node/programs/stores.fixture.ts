// The first uses of AsyncLocalStorage in a process, inside of steps of Tasks. Nothing else here has used one before.

import type { Coroutine } from 'spindle'

const isLate = process.argv.includes('--late')
const hooks = process.getBuiltinModule('node:async_hooks')
// Node loads the class when it is asked for. If that is after Spindle, no step enters stores before the first use.
if (!isLate) void hooks.AsyncLocalStorage
const { createTask, gather, getRunningLoop, run, runSync, sleep } = await import('spindle')
if (isLate) await run(sleep(0))

const { AsyncLocalStorage, AsyncResource } = hooks
const storage = new AsyncLocalStorage<string>()
const failures: string[] = []

function check(where: string, expected: string | undefined): void {
  if (storage.getStore() !== expected) failures.push(`${where}: ${storage.getStore()} instead of ${expected}`)
}

function* turns(name: string, expected: string | undefined, count = 5): Coroutine<void> {
  for (let turn = 0; turn < count; turn++) {
    yield* sleep(0)
    check(`${name}, turn ${turn}`, expected)
    getRunningLoop().callSoon(() => check(`a callback of ${name}`, expected))
  }
}

/** Enters a store in the middle of a turn in which many steps have run already. */
function* entering(name: string): Coroutine<void> {
  yield* turns(`${name} before`, undefined)
  storage.enterWith(name)
  check(`${name} in the step`, name)
  const child = createTask(turns(`child of ${name}`, name))
  const timer = new Promise<void>((resolve) => setTimeout(() => resolve(check(`a timer of ${name}`, name))))
  yield* turns(`${name} after`, name)
  yield* child
  storage.enterWith(`${name} again`)
  yield* turns(`${name} again`, `${name} again`)
  yield* sleep(1)
  void timer
}

/** Uses stores for the time of a function, also one that is bound to other stores. */
function* using(name: string): Coroutine<void> {
  const bound = storage.run(`${name} bound`, () =>
    AsyncResource.bind(() => storage.run('inside', () => check(name, 'inside'))),
  )
  for (let turn = 0; turn < 5; turn++) {
    yield* sleep(0)
    check(`${name} before run()`, undefined)
    storage.run(name, () => check(`${name} in run()`, name))
    bound()
    storage.run(name, () => createTask(turns(`a Task of ${name}`, name)))
    check(`${name} after run()`, undefined)
  }
}

function* main(): Coroutine<void> {
  const plain = ['plain 1', 'plain 2'].map((name) => turns(name, undefined, 40))
  yield* gather([entering('ann'), ...plain, entering('bob'), turns('plain 3', undefined, 40)])
  check('main', undefined)
}

/** Is woken by code that has a store, the first in the process. */
function* woken(): Coroutine<void> {
  const future = getRunningLoop().createFuture<void>()
  setTimeout(() => storage.run('waking code', () => future.setResult()))
  yield* gather([future, sleep(20)])
  check('woken', undefined)
  yield* sleep(0)
  check('woken, a step later', undefined)
}

if (process.argv.includes('--woken')) await run(woken())
// A blocking run is one turn, so the first use and the steps of other Tasks are in the same.
if (process.argv.includes('--blocking')) runSync(entering('zoe'))
await run(main())
check('after the first run', undefined)
await run(function* () {
  yield* gather([turns('plain 4', undefined, 40), using('fay'), entering('carol'), turns('plain 5', undefined, 40)])
})
await storage.run('dave', () => run(both()))
await run(function* () {
  getRunningLoop().callSoon(() => getRunningLoop().callSoon(() => storage.enterWith('of a callback')))
  yield* gather([turnsWith(undefined), turnsWith(undefined)])
})
console.log(failures.length === 0 ? 'right' : failures.slice(0, 20).join('\n'))

function* both(): Coroutine<void> {
  yield* gather([turnsWith('dave'), enteringLater('eve', 'dave')])
}

function* turnsWith(store: string | undefined): Coroutine<void> {
  for (let turn = 0; turn < 40; turn++) {
    yield* sleep(0)
    check(`in a run of ${store}`, store)
  }
}

function* enteringLater(name: string, before: string): Coroutine<void> {
  for (let turn = 0; turn < 5; turn++) {
    yield* sleep(0)
    check(`${name} before`, before)
  }
  storage.enterWith(name)
  yield* sleep(0)
  check(`${name} after`, name)
}
