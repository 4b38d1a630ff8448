// Races in packages as they were published: the version that had the race, the version that mended it, and a program
// that uses either. Each program ends well in the ordinary run.

import { EventEmitter } from 'node:events'

/** A race in a published package. */
export interface PublishedRace {
  readonly name: string
  /** Where the race was reported. */
  readonly source: string
  readonly broken: string
  readonly fixed: string
  /** Uses the package of that name. */
  program(version: string): Promise<() => Promise<void>>
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms))

function must(isTrue: boolean, otherwise: string): void {
  if (!isTrue) throw new Error(otherwise)
}

// The part that is used of the packages, in the same form for both versions.

interface GenericPool {
  acquire(): PromiseLike<object>
  release(resource: object): PromiseLike<void>
  destroy(resource: object): PromiseLike<void>
  drain(): PromiseLike<void>
  clear(): PromiseLike<void>
}

interface GenericPools {
  createPool(
    factory: { create(): Promise<object>; destroy(resource: object): Promise<void> },
    options: object,
  ): GenericPool
}

interface TarnPool {
  acquire(): { readonly promise: Promise<object> }
  release(resource: object): boolean
  destroy(): Promise<unknown>
}

interface Tarn {
  readonly Pool: new (options: object) => TarnPool
}

interface Cache {
  fetch(key: string, options: { signal: AbortSignal }): Promise<string | undefined>
  get(key: string): string | undefined
}

interface Mutexes {
  readonly Mutex: new () => {
    acquire(): Promise<() => void>
    waitForUnlock(): Promise<void>
    isLocked(): boolean
  }
}

interface Bulkheads {
  bulkhead(
    capacity: number,
    queueCapacity: number,
  ): {
    execute(fn: () => Promise<void>, signal?: AbortSignal): Promise<void>
  }
}

interface PgPools {
  readonly default: new (options: object) => { connect(): Promise<{ release(destroy?: boolean): void }> }
}

// How long a pool waits for the end of a resource, in ms.
const LIMIT = 1_000

/** How many resources exist, and how long it takes to make and to end one. */
function factory(createMs: number, destroyMs: number) {
  const open = new Set<object>()
  let slowest = 0
  return {
    open,
    slowest: () => slowest,
    async create(): Promise<object> {
      await wait(createMs)
      const resource = {}
      open.add(resource)
      return resource
    },
    async destroy(resource: object): Promise<void> {
      const start = performance.now()
      if (destroyMs > 0) await wait(destroyMs)
      slowest = Math.max(slowest, performance.now() - start)
      open.delete(resource)
    },
  }
}

export const races: readonly PublishedRace[] = [
  {
    name: 'a pool that drains leaves a resource that is still being made',
    source: 'coopernurse/node-pool#159',
    broken: 'generic-pool-3.1.2',
    fixed: 'generic-pool-3.9.0',
    async program(version) {
      const { createPool } = (await import(version)) as GenericPools
      return async () => {
        const made = factory(5, 0)
        const pool = createPool(made, { min: 1, max: 1 })
        await wait(10)
        await pool.drain()
        await pool.clear()
        await wait(100)
        must(made.open.size === 0, `${made.open.size} resources are left open`)
      }
    },
  },
  {
    name: 'a pool is drained while a resource is still borrowed',
    source: 'generic-pool 3.1.5: "fix drain code to correctly wait on borrowed resources"',
    broken: 'generic-pool-3.1.4',
    fixed: 'generic-pool-3.1.5',
    async program(version) {
      const { createPool } = (await import(version)) as GenericPools
      return async () => {
        const pool = createPool(factory(1, 0), { min: 0, max: 2 })
        let borrowed = 0
        const borrower = async (): Promise<void> => {
          const resource = await pool.acquire()
          borrowed++
          await wait(5)
          borrowed--
          await pool.release(resource)
        }
        const borrowing = borrower()
        await wait(20)
        await pool.drain()
        must(borrowed === 0, 'drained, and a resource is borrowed')
        await borrowing
      }
    },
  },
  {
    name: 'a borrower that waits while a resource is destroyed is never served',
    source: 'coopernurse/node-pool#173',
    broken: 'generic-pool-3.1.5',
    fixed: 'generic-pool-3.1.6',
    async program(version) {
      const { createPool } = (await import(version)) as GenericPools
      return async () => {
        const pool = createPool(factory(1, 0), { min: 0, max: 1 })
        const failing = async (): Promise<void> => {
          const resource = await pool.acquire()
          await wait(5) // fails
          await pool.destroy(resource)
        }
        const using = async (): Promise<void> => {
          await wait(20)
          await pool.release(await pool.acquire())
        }
        await Promise.all([failing(), using()])
      }
    },
  },
  {
    name: 'a value that is fetched after its first caller has left is not kept',
    source: 'isaacs/node-lru-cache#388',
    broken: 'lru-cache-11.2.1',
    fixed: 'lru-cache-11.2.2',
    async program(version) {
      const { LRUCache } = (await import(version)) as { readonly LRUCache: new (options: object) => Cache }
      return async () => {
        const cache = new LRUCache({
          max: 10,
          ignoreFetchAbort: true,
          allowStaleOnFetchAbort: true,
          async fetchMethod(key: string): Promise<string> {
            await wait(10)
            return `the value of ${key}`
          },
        })
        const controller = new AbortController()
        setTimeout(() => controller.abort(new Error('the caller leaves')), 30)
        await cache.fetch('key', { signal: controller.signal })
        await wait(100)
        must(cache.get('key') === 'the value of key', 'the value was fetched, and is not there')
      }
    },
  },
  {
    name: 'waitForUnlock() ends while the mutex is locked',
    source: 'DirtyHairy/async-mutex#52',
    broken: 'async-mutex-0.3.2',
    fixed: 'async-mutex-0.4.0',
    async program(version) {
      const { Mutex } = (await import(version)) as Mutexes
      return async () => {
        const mutex = new Mutex()
        const hold = async (arrives: number): Promise<void> => {
          await wait(arrives)
          const release = await mutex.acquire()
          await wait(5)
          release()
        }
        const look = async (): Promise<void> => {
          await wait(3)
          await mutex.waitForUnlock()
          must(!mutex.isLocked(), 'waitForUnlock() has ended, and the mutex is locked')
        }
        await Promise.all([hold(1), hold(20), look()])
      }
    },
  },
  {
    name: 'a pool is destroyed before its resources are',
    source: 'Vincit/tarn.js#29',
    broken: 'tarn-1.1.5',
    fixed: 'tarn-2.0.0',
    async program(version) {
      const { Pool } = (await import(version)) as Tarn
      return async () => {
        const made = factory(1, 5)
        const { create, destroy } = made
        const limits = { acquireTimeoutMillis: 100, createTimeoutMillis: 100, destroyTimeoutMillis: LIMIT }
        const pool = new Pool({
          create,
          destroy,
          min: 0,
          max: 2,
          idleTimeoutMillis: 10,
          reapIntervalMillis: 5,
          ...limits,
        })
        await pool.acquire().promise.then(
          (resource) => pool.release(resource),
          () => {},
        )
        await wait(60)
        await pool.destroy()
        const open = made.open.size
        await wait(2 * LIMIT) // one that takes longer than the pool allows may be left
        must(open === 0 || made.slowest() > LIMIT / 2, `${open} resources are open after destroy()`)
      }
    },
  },
  {
    name: 'a resource that comes after its time limit is never destroyed',
    source: 'Vincit/tarn.js#48',
    broken: 'tarn-2.0.0',
    fixed: 'tarn-3.0.0',
    async program(version) {
      const { Pool } = (await import(version)) as Tarn
      return async () => {
        const made = factory(5, 0)
        const { create, destroy } = made
        const pool = new Pool({ create, destroy, min: 0, max: 1, createTimeoutMillis: 50, acquireTimeoutMillis: 90 })
        await pool.acquire().promise.then(
          (resource) => pool.release(resource),
          () => {},
        )
        await wait(200)
        await pool.destroy()
        await wait(200)
        must(made.open.size === 0, `${made.open.size} resources are left open`)
      }
    },
  },
  {
    name: 'a pool opens a connection before the one in whose place it comes is closed',
    source: 'brianc/node-postgres#3543',
    broken: 'pg-pool-3.10.0',
    fixed: 'pg-pool-3.10.1',
    async program(version) {
      const { default: Pool } = (await import(version)) as PgPools
      return async () => {
        let open = 0
        class Client extends EventEmitter {
          connect(done: () => void): void {
            setTimeout(() => {
              open++
              must(open === 1, `${open} connections are open, of at most 1`)
              done()
            }, 10)
          }
          end(done?: () => void): void {
            setTimeout(() => {
              open--
              done?.()
            }, 5)
          }
        }
        const pool = new Pool({ Client, max: 1, idleTimeoutMillis: 0 })
        const use = async (): Promise<void> => {
          const client = await pool.connect()
          await wait(5)
          client.release(true) // it is broken
        }
        await Promise.all([use(), use()])
        await wait(50)
      }
    },
  },
  {
    name: 'a call that is aborted while it waits takes the turn of those behind it',
    source: 'connor4312/cockatiel#114',
    broken: 'cockatiel-3.2.1',
    fixed: 'cockatiel-4.0.0',
    async program(version) {
      const { bulkhead } = (await import(version)) as Bulkheads
      return async () => {
        const policy = bulkhead(1, 2)
        const controller = new AbortController()
        setTimeout(() => controller.abort(), 30)
        const work = (): Promise<void> => wait(10)
        const first = policy.execute(work)
        const second = policy.execute(work, controller.signal).catch(() => {})
        await Promise.all([first, second, policy.execute(work)])
      }
    },
  },
]
