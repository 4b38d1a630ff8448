import { AsyncLocalStorage } from 'node:async_hooks'
import { type Coroutine, type EventLoop, getRunningLoop } from '@spindle/loop'
import { call, createTask, gather, newEventLoop, run, sleep } from '@spindle/task'
import { describe, expect, it } from 'vitest'
import { asyncLocalStorageTaskFactory } from './async-local-storage.ts'

const loopFactory = (): EventLoop => {
  const loop = newEventLoop()
  loop.setTaskFactory(asyncLocalStorageTaskFactory)
  return loop
}

describe('asyncLocalStorageTaskFactory', () => {
  it('makes Tasks that see the stores of the place that created them, at every step', async () => {
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
    const [ann, bob, own] = (await storage.run('main', () => run(main(), { loopFactory }))) as unknown[]
    expect(ann).toEqual(['ann', 'ann', 'ann', 'ann'])
    expect(bob).toEqual(['bob', 'bob', 'bob', 'bob'])
    expect(own).toBe('main')
  })

  it('keeps what a Task sets by enterWith, for itself and those it creates', async () => {
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
    expect(await run(main(), { loopFactory })).toEqual([['ann', 'ann'], ['bob', 'bob'], undefined])
  })

  it('makes Tasks that are printed, named and started eagerly as all others', async () => {
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
    expect(await run(main(), { loopFactory })).toEqual(['eager', 'eager'])
  })
})
