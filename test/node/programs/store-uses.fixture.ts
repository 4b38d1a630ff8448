// Uses AsyncLocalStorage in each way that Node has, in Tasks beside Tasks without a store.
// Arguments: how it is loaded before Spindle, and which use comes first.

import { createRequire } from 'node:module'
import type { Coroutine } from 'spindle'

const [loading, first = ''] = process.argv.slice(2)
const load = (): typeof import('node:async_hooks') => process.getBuiltinModule('node:async_hooks')

// What a program, or one of its libraries, may do before Spindle is loaded.
if (loading === 'asked for') void load().AsyncLocalStorage
else if (loading === 'required') void createRequire(import.meta.url)('node:async_hooks').AsyncLocalStorage
else if (loading === 'imported') await import('node:async_hooks')
else if (loading === 'hooked')
  load()
    .createHook({ init() {} })
    .enable()
else if (loading === 'fetched') await fetch('data:,')
else if (loading === 'frozen') Object.freeze(load().AsyncLocalStorage.prototype)
else if (loading === 'entered') new (load().AsyncLocalStorage)().enterWith('of another library')

const { call, createTask, ensureFuture, forEach, gather, run, sleep } = await import('spindle')
const { channel, tracingChannel } = await import('node:diagnostics_channel')

type Storage = import('node:async_hooks').AsyncLocalStorage<string>

const storages: Storage[] = []
const failures = new Set<string>()

function check(storage: Storage, where: string, expected: string | undefined): void {
  if (storage.getStore() !== expected) failures.add(`${where}: ${storage.getStore()} instead of ${expected}`)
}

/** Waits in each way, and expects the same store after each. */
function* waits(storage: Storage, name: string, expected: string | undefined): Coroutine<void> {
  for (let round = 0; round < 3; round++) {
    const see = (where: string) => check(storage, `${name}, ${where}`, expected)
    see('at first')
    yield* sleep(0)
    see('after an iteration')
    yield* sleep(1)
    see('after a timer')
    yield* ensureFuture(Promise.resolve())
    see('after a promise')
    yield* call(() => Promise.resolve())
    see('after a call')
    yield* call(() => new Promise((resolve) => setImmediate(resolve)))
    see('after a call that takes a turn')
    yield* forEach(items(), function* () {
      see('in forEach()')
    })
    see('after forEach()')
    const child = function* (): Coroutine<void> {
      see('in a child')
      yield* sleep(0)
      see('in a child, a step later')
    }
    yield* createTask(child())
    yield* gather([sleep(0), child()])
    yield* call(async () => {
      await undefined
      see('in an async function')
    })
  }
}

async function* items(): AsyncGenerator<number> {
  yield 1
  await undefined
  yield 2
}

const uses: Record<string, (storage: Storage) => Coroutine<void>> = {
  *enterWith(storage) {
    storage.enterWith('a')
    yield* waits(storage, 'enterWith', 'a')
    storage.enterWith('b')
    yield* waits(storage, 'enterWith again', 'b')
  },
  *run(storage) {
    const inside = storage.run('a', () => createTask(waits(storage, 'in run', 'a')))
    yield* waits(storage, 'beside run', undefined)
    yield* inside
  },
  *withScope(storage) {
    const { withScope } = storage as { withScope?: (store: string) => { [Symbol.dispose](): void } }
    if (withScope === undefined) return // before Node 24
    const scope = withScope.call(storage, 'a')
    yield* waits(storage, 'withScope', 'a')
    scope[Symbol.dispose]()
    yield* waits(storage, 'after withScope', undefined)
  },
  *snapshot(storage) {
    const inside = storage.run('a', () => load().AsyncLocalStorage.snapshot())
    yield* waits(storage, 'beside snapshot', undefined)
    yield* inside(() => createTask(waits(storage, 'in snapshot', 'a')))
    check(storage, 'after snapshot', undefined)
  },
  *bind(storage) {
    const see = storage.run('a', () => load().AsyncLocalStorage.bind(() => check(storage, 'bound', 'a')))
    yield* waits(storage, 'beside bind', undefined)
    see()
    check(storage, 'after bind', undefined)
  },
  *AsyncResource(storage) {
    const { AsyncResource, executionAsyncId } = load()
    const resource = new AsyncResource('Before')
    const id = resource.runInAsyncScope(executionAsyncId)
    if (id !== resource.asyncId()) failures.add(`AsyncResource: executes ${id}, not ${resource.asyncId()}`)
    yield* resource.runInAsyncScope(() => createTask(waits(storage, 'in AsyncResource', undefined)))
    storage.enterWith('a')
    resource.runInAsyncScope(() => check(storage, 'in an older AsyncResource', undefined))
    yield* waits(storage, 'after AsyncResource', 'a')
  },
  *bindStore(storage) {
    const messages = channel('store-uses')
    messages.bindStore(storage, (message) => String(message))
    const inside = messages.runStores('a', () => createTask(waits(storage, 'in runStores', 'a')))
    yield* waits(storage, 'beside runStores', undefined)
    yield* inside
  },
  *tracePromise(storage) {
    const tracing = tracingChannel('store-uses')
    tracing.start.bindStore(storage, () => 'a')
    const traced = tracing.tracePromise(() => run(waits(storage, 'in tracePromise', 'a')))
    yield* waits(storage, 'beside tracePromise', undefined)
    yield* ensureFuture(traced)
  },
  *fetch(storage) {
    const fetched = storage.run('a', async () => {
      await fetch('data:,')
      check(storage, 'after fetch in run', 'a')
    })
    yield* waits(storage, 'beside fetch', undefined)
    yield* ensureFuture(fetched)
    storage.enterWith('b')
    yield* call((signal) => fetch('data:,', { signal }))
    yield* waits(storage, 'after fetch', 'b')
  },
  *wokenBy(storage) {
    yield* ensureFuture(storage.run('a', () => new Promise((resolve) => setTimeout(resolve, 5))))
    yield* waits(storage, 'woken by a promise that has a store', undefined)
  },
  *innerRun(storage) {
    yield* call(() => storage.run('a', () => run(waits(storage, 'in an inner run', 'a'))))
    yield* waits(storage, 'after an inner run', undefined)
  },
  *disable(storage) {
    storage.enterWith('a')
    yield* sleep(0)
    storage.disable()
    yield* waits(storage, 'after disable', undefined)
  },
  *twoStorages(storage) {
    const other: Storage = new (load().AsyncLocalStorage)()
    storage.enterWith('a')
    other.enterWith('b')
    yield* waits(storage, 'the first of two', 'a')
    yield* waits(other, 'the second of two', 'b')
  },
}

/** Makes its storage between two steps. */
function* using(use: (storage: Storage) => Coroutine<void>): Coroutine<void> {
  yield* sleep(1)
  const storage: Storage = new (load().AsyncLocalStorage)()
  storages.push(storage)
  yield* sleep(0)
  check(storage, 'a new storage', undefined)
  yield* use(storage)
}

function* withoutStore(until: () => boolean): Coroutine<void> {
  while (!until()) {
    yield* sleep(0)
    for (const storage of storages) yield* waits(storage, 'a Task without a store', undefined)
  }
}

function* main(): Coroutine<void> {
  let isOver = false
  const plain = [withoutStore(() => isOver), withoutStore(() => isOver)].map((task) => createTask(task))
  const names = Object.keys(uses)
  const at = names.indexOf(first)
  for (const name of [...names.slice(at), ...names.slice(0, at)]) {
    yield* createTask(using(uses[name] as (storage: Storage) => Coroutine<void>))
  }
  isOver = true
  yield* gather(plain)
}

await run(main())
for (const storage of storages) check(storage, 'after the run', undefined)
console.log(failures.size === 0 ? 'right' : [...failures].slice(0, 20).join('\n'))
