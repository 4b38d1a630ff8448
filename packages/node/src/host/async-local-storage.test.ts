import { AsyncLocalStorage, createHook, executionAsyncId } from 'node:async_hooks'
import { EventEmitter } from 'node:events'
import { type Coroutine, getRunningLoop } from '@spindle/loop'
import {
  call,
  closeHostLoop,
  createTask,
  eagerTaskFactory,
  forEach,
  gather,
  getHostLoop,
  once,
  type RunOptions,
  run,
  runSync,
  sleep,
} from '@spindle/task'
import { afterEach, describe, expect, it } from 'vitest'
import { withStore } from './with-store.ts'

afterEach(() => closeHostLoop())

describe('AsyncLocalStorage', () => {
  it('is kept by the Tasks of the host loop, from the first one on', async () => {
    const storage = new AsyncLocalStorage<string>()
    function* job(): Coroutine<unknown[]> {
      const seen: unknown[] = [storage.getStore()]
      for (let i = 0; i < 3; i++) {
        yield* sleep(1)
        seen.push(storage.getStore())
      }
      return seen
    }
    const users = ['ann', 'bob', 'cid']
    const tasks = users.map((user) => storage.run(user, () => getHostLoop().createTask(job())))
    expect(await Promise.all(tasks)).toEqual(users.map((user) => [user, user, user, user]))
  })

  it('is not kept with { asyncLocalStorage: false }', async () => {
    const storage = new AsyncLocalStorage<string>()
    const emitter = new EventEmitter()
    function* main(): Coroutine<unknown> {
      setTimeout(() => storage.run('carol', () => emitter.emit('go')))
      yield* once(emitter, 'go')
      return storage.getStore()
    }
    expect(await storage.run('main', () => run(main()))).toBe('main')
    const error = await run(
      withStore(storage, 'ann', () => sleep(0)),
      { asyncLocalStorage: false },
    ).catch(String)
    expect(error).toMatch(
      /^RuntimeError: withStore\(\) needs a Task that keeps AsyncLocalStorage, which <Task .* does not/,
    )
  })

  it('is kept by Tasks that start eagerly, and in blocking runs', async () => {
    const storage = new AsyncLocalStorage<string>()
    function* child(): Coroutine<unknown> {
      yield* sleep(0)
      return storage.getStore()
    }
    function* main(): Coroutine<unknown> {
      const before = storage.run('before', () => createTask(child()))
      getRunningLoop().setTaskFactory(eagerTaskFactory)
      return yield* gather([before, storage.run('eager', () => createTask(child())), createTask(child())])
    }
    const expected = ['before', 'eager', 'main']
    expect(await storage.run('main', () => run(main()))).toEqual(expected)
    expect(storage.run('main', () => runSync(main()))).toEqual(expected)
  })

  it('has Tasks see the stores of the code that created them, at every step', async () => {
    const storage = new AsyncLocalStorage<string>()
    function* child(): Coroutine<unknown[]> {
      const seen: unknown[] = [storage.getStore()]
      yield* sleep(1)
      seen.push(storage.getStore())
      seen.push(yield* call(async () => storage.getStore()))
      yield* sleep(0)
      return [...seen, storage.getStore()]
    }
    function* main(): Coroutine<unknown> {
      const names = ['ann', 'bob']
      const seen = yield* gather(names.map((name) => storage.run(name, () => createTask(child()))))
      return [...seen, storage.getStore()]
    }
    const [ann, bob, own] = (await storage.run('main', () => run(main()))) as unknown[]
    expect(ann).toEqual(['ann', 'ann', 'ann', 'ann'])
    expect(bob).toEqual(['bob', 'bob', 'bob', 'bob'])
    expect(own).toBe('main')
  })

  it('keeps the stores that a Task sets by enterWith, for itself and the Tasks it creates', async () => {
    const storage = new AsyncLocalStorage<string>()
    function* grandchild(): Coroutine<unknown> {
      yield* sleep(1)
      return storage.getStore()
    }
    function* child(name: string): Coroutine<unknown> {
      yield* sleep(1)
      storage.enterWith(name)
      yield* sleep(1)
      return [storage.getStore(), yield* createTask(grandchild())]
    }
    function* main(): Coroutine<unknown> {
      const children = yield* gather([child('ann'), child('bob')])
      return [...children, storage.getStore()]
    }
    expect(await run(main())).toEqual([['ann', 'ann'], ['bob', 'bob'], undefined])
  })

  it('is kept if the callback of a promise resumes a Task, and changes by the Task stay with the Task', async () => {
    const storage = new AsyncLocalStorage<string>()
    async function* numbers(): AsyncGenerator<number> {
      for (const number of [1, 2, 3]) yield number
    }
    function* job(user: string): Coroutine<unknown[]> {
      const seen: unknown[] = []
      yield* forEach(numbers(), function* (number) {
        seen.push(storage.getStore())
        if (number === 2) storage.enterWith(`${user} changed`)
      })
      seen.push(yield* call(async () => storage.getStore()))
      storage.enterWith(`${user} again`)
      yield* call(() => new Promise((resolve) => setImmediate(resolve)))
      return [...seen, storage.getStore()]
    }
    function* main(): Coroutine<unknown[]> {
      const tasks = ['ann', 'bob'].map((user) => storage.run(user, () => createTask(job(user))))
      const seen: unknown[] = []
      for (const task of tasks) seen.push(yield* task, storage.getStore())
      return seen
    }
    const of = (user: string): string[] => [user, user, `${user} changed`, `${user} changed`, `${user} again`]
    expect(await storage.run('main', () => run(main()))).toEqual([of('ann'), 'main', of('bob'), 'main'])
  })

  it('is left alone by the first step of a Task that starts eagerly', async () => {
    const storage = new AsyncLocalStorage<string>()
    function* child(): Coroutine<unknown> {
      return yield* withStore(storage, 'child', function* () {
        yield* sleep(0)
        return storage.getStore()
      })
    }
    function* main(): Coroutine<unknown> {
      const task = getRunningLoop().createTask(child(), { eagerStart: true })
      return [storage.getStore(), yield* task, storage.getStore()]
    }
    expect(await storage.run('main', () => run(main()))).toEqual(['main', 'child', 'main'])
  })

  it('is kept when a storage is first used in a step, and when many are used', async () => {
    function* child(storage: AsyncLocalStorage<number>, value: number): Coroutine<unknown> {
      yield* sleep(0)
      storage.enterWith(value)
      yield* sleep(0)
      return storage.getStore()
    }
    function* main(): Coroutine<unknown> {
      const storages = Array.from({ length: 5 }, () => new AsyncLocalStorage<number>())
      const seen = yield* gather(storages.map((storage, value) => child(storage, value)))
      return [...seen, ...storages.map((storage) => storage.getStore())]
    }
    const expected = [0, 1, 2, 3, 4, ...Array.from({ length: 5 })]
    expect(await run(main())).toEqual(expected)
    expect(runSync(main())).toEqual(expected)
  })

  it('runs each step of a Task on a separate resource while hooks follow the resources', async () => {
    const storage = new AsyncLocalStorage<string>()
    const hook = createHook({ before() {} })
    function* child(name: string): Coroutine<unknown> {
      const before = executionAsyncId()
      yield* sleep(0)
      return [storage.getStore() === name && executionAsyncId() === before, before]
    }
    function* main(): Coroutine<unknown[][]> {
      const tasks = ['ann', 'bob'].map((name) => storage.run(name, () => createTask(child(name))))
      return (yield* gather(tasks)) as unknown[][]
    }
    hook.enable()
    try {
      const [ann = [], bob = []] = await run(main())
      expect({ ann: ann[0], bob: bob[0] }).toEqual({ ann: true, bob: true })
      expect(ann[1]).not.toBe(bob[1])
    } finally {
      hook.disable()
    }
  })

  it('is that of the code that makes a Task, wherever in a step that code runs', async () => {
    const storage = new AsyncLocalStorage<string>()
    const inAnn = storage.run('ann', () => AsyncLocalStorage.snapshot())
    const made: unknown[] = []
    const seen: unknown[] = []
    function* child(): Coroutine<void> {
      seen.push(storage.getStore())
    }
    function make(): void {
      made.push(storage.getStore())
      createTask(child())
    }
    function* parent(name: string): Coroutine<void> {
      getRunningLoop().callSoon(make)
      yield* sleep(0)
      make()
      inAnn(make)
      inAnn(() => {
        storage.enterWith('eve')
        make()
      })
      inAnn(make) // 'ann' on Node 24; on Node 20 the change stays
      make()
      storage.enterWith(name)
      make()
      make()
    }
    function* main(): Coroutine<void> {
      yield* gather([parent('bob'), parent('cid')])
      yield* sleep(0)
    }
    await storage.run('main', () => run(main()))
    storage.run('main', () => runSync(main()))
    expect(seen).toEqual(made)
    expect(new Set(made)).toEqual(new Set(['main', 'ann', 'eve', 'bob', 'cid']))
  })

  it('is kept by callbacks, and by the Tasks that they create', async () => {
    const storage = new AsyncLocalStorage<string>()
    const seen: [string, unknown][] = []
    const loop = getHostLoop()
    function* child(name: string): Coroutine<void> {
      seen.push([name, storage.getStore()])
    }
    function* request(name: string): Coroutine<void> {
      const note = () => seen.push([name, storage.getStore()])
      loop.callSoon(note)
      loop.callLater(2, note)
      loop.callAt(loop.time() + 2, () => createTask(child(name)))
      const task = createTask(sleep(1))
      task.addDoneCallback(note)
      const cancelled = loop.callLater(1, note)
      cancelled.cancel()
      yield* sleep(0)
      storage.enterWith(`${name}, later`)
      yield* sleep(10)
    }
    const early = new Promise((resolve) => loop.callLater(5, () => resolve(storage.getStore())))
    const names = ['ann', 'bob', 'cid']
    await Promise.all(names.map((name) => storage.run(name, () => loop.createTask(request(name)))))
    expect(seen.filter(([name, store]) => name !== store)).toEqual([])
    expect(seen).toHaveLength(4 * names.length)
    expect(await early).toBeUndefined()
  })

  it('is not kept by callbacks with { asyncLocalStorage: false }', async () => {
    const storage = new AsyncLocalStorage<string>()
    function* main(): Coroutine<unknown> {
      const seen = getRunningLoop().createFuture<unknown>()
      storage.run('ann', () => getRunningLoop().callSoon(() => seen.setResult(storage.getStore())))
      return yield* seen
    }
    expect(await storage.run('main', () => run(main()))).toBe('ann')
    expect(await storage.run('main', () => run(main(), { asyncLocalStorage: false }))).toBe('main')
  })

  it('does not leak the stores of the waking code into a Task', async () => {
    const storage = new AsyncLocalStorage<string>()
    const emitter = new EventEmitter()
    function* waits(): Coroutine<unknown> {
      yield* once(emitter, 'go')
      return storage.getStore()
    }
    function* main(): Coroutine<unknown> {
      const task = createTask(waits())
      yield* sleep(1)
      setTimeout(() => storage.run('carol', () => emitter.emit('go')))
      return yield* task
    }
    expect(await run(main())).toBeUndefined()
  })

  it('creates Tasks that are printed, named and started eagerly like all others', async () => {
    const storage = new AsyncLocalStorage<string>()
    function* child(): Coroutine<unknown> {
      const seen = storage.getStore()
      yield* sleep(1)
      return [seen, storage.getStore()]
    }
    function* main(): Coroutine<unknown> {
      const task = storage.run('eager', () => getRunningLoop().createTask(child(), { name: 'child', eagerStart: true }))
      expect(String(task)).toMatch(/^<Task pending name='child'/)
      return yield* task
    }
    expect(await run(main())).toEqual(['eager', 'eager'])
  })

  describe('in debug mode', () => {
    const storage = new AsyncLocalStorage<string>()

    async function reports(options: RunOptions): Promise<string[]> {
      const seen: string[] = []
      const emitter = new EventEmitter()
      function* job(): Coroutine<void> {
        yield* once(emitter, 'go')
        yield* sleep(0)
      }
      function* main(): Coroutine<void> {
        const loop = getRunningLoop()
        loop.setExceptionHandler((_, context) => seen.push(context.message))
        const tasks = ['ann', 'bob'].map((name) => storage.run(name, () => loop.createTask(job(), { name })))
        yield* sleep(0)
        storage.run('ann', () => setTimeout(() => emitter.emit('go')))
        yield* gather(tasks)
      }
      await run(main(), { debug: true, ...options })
      return seen
    }

    it('names a foreign store, and whose it is', async () => {
      const seen = await reports({ asyncLocalStorage: false })
      expect(seen).toContainEqual(
        expect.stringMatching(
          /^Task 'bob' sees the store 'ann' of task 'ann' in an AsyncLocalStorage, in place of 'bob'/,
        ),
      )
    })

    it('reports nothing of Tasks that keep theirs', async () => {
      expect(await reports({})).toEqual([])
    })
  })
})
