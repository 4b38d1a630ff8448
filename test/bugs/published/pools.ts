// Races in pools of connections and other resources.

import { EventEmitter } from 'node:events'
import { duration } from '@spindle/testing'
import { must, type PublishedRace, wait } from './race.ts'

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

interface PgPools {
  readonly default: new (options: object) => { connect(): Promise<{ release(destroy?: boolean): void }> }
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

export const pools: readonly PublishedRace[] = [
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
]
