// Races in packages as they were published: the version that had the race, the version that mended it, and a program
// that uses either. Each program ends well in the ordinary run.

import { EventEmitter } from 'node:events'
import { duration } from '@spindle/testing'

/** A race in a published package. */
export interface PublishedRace {
  readonly name: string
  /** Where the race was reported. */
  readonly source: string
  readonly broken: string
  readonly fixed: string
  /** Uses the exports of the package. */
  program(module: never): Promise<void>
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms))

function must(isTrue: boolean, otherwise: string): void {
  if (!isTrue) throw new Error(otherwise)
}

// The part that is used of the packages, in the same form for both versions.

interface Memoize {
  default(fn: (key: string) => Promise<string>, options: { readonly cache: object }): (key: string) => Promise<string>
}

interface Metautil {
  readonly default: {
    readonly Semaphore: new (
      concurrency: number,
      size: number,
      timeout: number,
    ) => { readonly counter: number; enter(): Promise<void>; leave(): void }
  }
}

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

interface PQueues {
  readonly default: new (
    options: object,
  ) => {
    add(fn: () => Promise<unknown>, options?: { readonly signal: AbortSignal }): Promise<unknown>
    onSizeLessThan(limit: number): Promise<void>
    pause(): void
    start(): void
  }
}

interface QueryUser {
  subscribe(listener: () => void): () => void
  getCurrentResult(): { readonly data: unknown; readonly fetchStatus: string }
}

interface Queries {
  readonly QueryClient: new () => { mount(): void; unmount(): void; clear(): void }
  readonly QueryObserver: new (
    client: object,
    options: { queryFn(context: { readonly signal: AbortSignal }): Promise<string>; readonly [name: string]: unknown },
  ) => QueryUser
  readonly onlineManager: { setOnline(isOnline: boolean): void }
}

// How long a pool waits for the end of a resource, in ms.
const LIMIT = 1_000

/** How many resources exist, and how long it takes to make and to end one. */
function factory(createMs: number, destroyMs: number) {
  const open = new Set<object>()
  const destroys: { start: number; end?: number }[] = []
  return {
    open,
    /** How long a call of destroy() took, or has taken. */
    slowest: () => Math.max(0, ...destroys.map(({ start, end = performance.now() }) => end - start)),
    async create(): Promise<object> {
      await wait(createMs)
      const resource = {}
      open.add(resource)
      return resource
    },
    async destroy(resource: object): Promise<void> {
      const call: (typeof destroys)[number] = { start: performance.now() }
      destroys.push(call)
      if (destroyMs > 0) await wait(destroyMs)
      call.end = performance.now()
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
    async program({ createPool }: GenericPools) {
      const made = factory(5, 0)
      const pool = createPool(made, { min: 1, max: 1 })
      await wait(10)
      await pool.drain()
      await pool.clear()
      await wait(100)
      must(made.open.size === 0, `${made.open.size} resources are left open`)
    },
  },
  {
    name: 'a pool is drained while a resource is still borrowed',
    source: 'generic-pool 3.1.5: "fix drain code to correctly wait on borrowed resources"',
    broken: 'generic-pool-3.1.4',
    fixed: 'generic-pool-3.1.5',
    async program({ createPool }: GenericPools) {
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
    },
  },
  {
    name: 'a borrower that waits while a resource is destroyed is never served',
    source: 'coopernurse/node-pool#173',
    broken: 'generic-pool-3.1.5',
    fixed: 'generic-pool-3.1.6',
    async program({ createPool }: GenericPools) {
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
    },
  },
  {
    name: 'a value that is fetched after its first caller has left is not kept',
    source: 'isaacs/node-lru-cache#388',
    broken: 'lru-cache-11.2.1',
    fixed: 'lru-cache-11.2.2',
    async program({ LRUCache }: { readonly LRUCache: new (options: object) => Cache }) {
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
    },
  },
  {
    name: 'waitForUnlock() ends while the mutex is locked',
    source: 'DirtyHairy/async-mutex#52',
    broken: 'async-mutex-0.3.2',
    fixed: 'async-mutex-0.4.0',
    async program({ Mutex }: Mutexes) {
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
    },
  },
  {
    name: 'a pool is destroyed before its resources are',
    source: 'Vincit/tarn.js#29',
    broken: 'tarn-1.1.5',
    fixed: 'tarn-2.0.0',
    async program({ Pool }: Tarn) {
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
    },
  },
  {
    name: 'a resource that comes after its time limit is never destroyed',
    source: 'Vincit/tarn.js#48',
    broken: 'tarn-2.0.0',
    fixed: 'tarn-3.0.0',
    async program({ Pool }: Tarn) {
      const made = factory(5, 0)
      const { destroy } = made
      const create = async (): Promise<object> => {
        await wait(duration(0, 500))
        return made.create()
      }
      const pool = new Pool({ create, destroy, min: 0, max: 1, createTimeoutMillis: 50, acquireTimeoutMillis: 90 })
      await pool.acquire().promise.then(
        (resource) => pool.release(resource),
        () => {},
      )
      await wait(200)
      await pool.destroy()
      await wait(200)
      must(made.open.size === 0, `${made.open.size} resources are left open`)
    },
  },
  {
    name: 'a pool opens a connection before the one in whose place it comes is closed',
    source: 'brianc/node-postgres#3543',
    broken: 'pg-pool-3.10.0',
    fixed: 'pg-pool-3.10.1',
    async program({ default: Pool }: PgPools) {
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
    },
  },
  {
    name: 'a call that is aborted while it waits takes the turn of those behind it',
    source: 'connor4312/cockatiel#114',
    broken: 'cockatiel-3.2.1',
    fixed: 'cockatiel-4.0.0',
    async program({ bulkhead }: Bulkheads) {
      const policy = bulkhead(1, 2)
      const controller = new AbortController()
      setTimeout(() => controller.abort(), 30)
      const work = (): Promise<void> => wait(10)
      const first = policy.execute(work)
      const second = policy.execute(work, controller.signal).catch(() => {})
      await Promise.all([first, second, policy.execute(work)])
    },
  },
  {
    name: 'a value is loaded again while it is still being stored',
    source: 'sindresorhus/p-memoize#34',
    broken: 'p-memoize-6.0.1',
    fixed: 'p-memoize-7.1.1',
    async program({ default: memoize }: Memoize) {
      const values = new Map<string, string>()
      const cache = {
        has: (key: string) => values.has(key),
        get: (key: string) => values.get(key),
        set: (key: string, value: string) => wait(10).then(() => values.set(key, value)),
      }
      let loads = 0
      const load = memoize(async (key) => `value ${++loads} of ${key}`, { cache })
      await load('a')
      await wait(20)
      await load('a')
      must(loads === 1, `it is loaded ${loads} times`)
    },
  },
  {
    name: 'a semaphore lets one more in after someone has waited',
    source: 'metarhia/metautil#101',
    broken: 'metautil-3.5.16',
    fixed: 'metautil-3.6.0',
    async program({ default: { Semaphore } }: Metautil) {
      const semaphore = new Semaphore(1, 5, 1_000)
      const use = async (): Promise<void> => {
        await semaphore.enter()
        await wait(10)
        semaphore.leave()
      }
      await Promise.all([use(), wait(20).then(use)])
      must(semaphore.counter === 1, `${semaphore.counter} may enter`)
    },
  },
  {
    name: 'a call that is aborted while it is queued is told when its turn has come',
    source: 'sindresorhus/p-queue#241',
    broken: 'p-queue-9.1.0',
    fixed: 'p-queue-9.1.1',
    async program({ default: PQueue }: PQueues) {
      const queue = new PQueue({ concurrency: 1 })
      const controller = new AbortController()
      let isTold = false
      const first = queue.add(() => wait(10))
      const second = queue
        .add(() => wait(5), { signal: controller.signal })
        .catch(() => {})
        .finally(() => (isTold = true))
      await wait(30)
      controller.abort()
      await new Promise((resolve) => void setImmediate(resolve))
      must(isTold, 'the call was aborted, and is not told')
      await Promise.all([first, second])
    },
  },
  {
    name: 'a call that is aborted before its turn counts among those of the interval',
    source: 'sindresorhus/p-queue#220',
    broken: 'p-queue-8.1.0',
    fixed: 'p-queue-8.1.1',
    async program({ default: PQueue }: PQueues) {
      const queue = new PQueue({ concurrency: 1, interval: 1_000, intervalCap: 2 })
      const controller = new AbortController()
      setTimeout(() => controller.abort(), 30)
      let [calls, endOfFirst, startOfThird] = [0, 0, 0]
      const call = async (): Promise<void> => {
        calls++
        await wait(10)
      }
      const first = queue.add(call).then(() => (endOfFirst = performance.now()))
      const second = queue.add(call, { signal: controller.signal }).catch(() => {})
      const third = queue.add(async () => {
        startOfThird = performance.now()
        await call()
      })
      await Promise.all([first, second, third])
      must(calls === 3 || startOfThird - endOfFirst < 500, 'the third waits, and one call was made')
    },
  },
  {
    name: 'a wait for a short queue does not end when it starts again',
    source: 'sindresorhus/p-queue#249',
    broken: 'p-queue-9.3.0',
    fixed: 'p-queue-9.3.1',
    async program({ default: PQueue }: PQueues) {
      const queue = new PQueue({ concurrency: 1 })
      let resumed = 0
      setTimeout(() => {
        queue.pause()
        setTimeout(() => {
          resumed = performance.now()
          queue.start()
        }, 30)
      }, 12)
      const use = async (): Promise<void> => {
        await wait(10)
        await queue.add(() => wait(1_000))
      }
      let longest = 0
      const look = async (): Promise<void> => {
        await wait(15)
        const start = performance.now()
        await queue.onSizeLessThan(1)
        longest = performance.now() - Math.max(start, resumed)
      }
      await Promise.all([use(), look()])
      must(longest < 500, `the queue is empty, and that is not told for ${longest} ms`)
    },
  },
  {
    name: 'a call of a new interval waits, if the last one of the old interval came late',
    source: 'sindresorhus/p-queue#251',
    broken: 'p-queue-9.3.2',
    fixed: 'p-queue-9.3.3',
    async program({ default: PQueue }: PQueues) {
      const queue = new PQueue({ interval: 1_000, intervalCap: 2 })
      const calls: number[] = []
      let waited = 0
      const call = async (after: number): Promise<void> => {
        await wait(after)
        const arrived = performance.now()
        const isFree = calls.filter((at) => at > arrived - 1_000).length < 2
        await queue.add(async () => {
          calls.push(performance.now())
          if (isFree) waited = Math.max(waited, performance.now() - arrived)
        })
      }
      await Promise.all([call(0), call(200), call(1_100)])
      must(waited < 500, `a call waits for ${waited} ms`)
    },
  },
  {
    name: 'a query that is left and used again at once is never loaded',
    source: 'TanStack/query#9601',
    broken: 'query-core-5.85.5',
    fixed: 'query-core-5.85.6',
    async program({ QueryClient, QueryObserver }: Queries) {
      const client = new QueryClient()
      const observe = (): QueryUser =>
        new QueryObserver(client, {
          queryKey: ['user'],
          retry: false,
          staleTime: 60_000,
          async queryFn({ signal }) {
            await wait(duration(10, 1_000))
            signal.throwIfAborted()
            return 'the user'
          },
        })
      const leave = observe().subscribe(() => {})
      await wait(30)
      leave()
      const second = observe()
      const leaveSecond = second.subscribe(() => {})
      await wait(500)
      const { data, fetchStatus } = second.getCurrentResult()
      leaveSecond()
      client.clear()
      must(data === 'the user' || fetchStatus === 'fetching', `the query is ${fetchStatus}, and has no data`)
    },
  },
  {
    name: 'a query that was never loaded is loaded when nobody needs it any more',
    source: 'TanStack/query#10291',
    broken: 'query-core-5.91.0',
    fixed: 'query-core-5.91.2',
    async program({ QueryClient, QueryObserver, onlineManager }: Queries) {
      onlineManager.setOnline(true)
      const client = new QueryClient()
      client.mount()
      setTimeout(() => onlineManager.setOnline(false), 20)
      setTimeout(() => onlineManager.setOnline(true), 60)
      let isNeeded = true
      let loadedInVain = 0
      await wait(10)
      const leave = new QueryObserver(client, {
        queryKey: ['user'],
        async queryFn() {
          if (!isNeeded) loadedInVain++
          await wait(1)
          return 'the user'
        },
      }).subscribe(() => {})
      await wait(15)
      isNeeded = false
      leave()
      await wait(200)
      client.unmount()
      client.clear()
      onlineManager.setOnline(true)
      must(loadedInVain === 0, 'it is loaded, and nobody needs it')
    },
  },
]
