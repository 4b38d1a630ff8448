// Races in locks, limits and circuit breakers.

import { must, type PublishedRace, wait } from './race.ts'

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

interface Metautil {
  readonly default: {
    readonly Semaphore: new (
      concurrency: number,
      size: number,
      timeout: number,
    ) => { readonly counter: number; enter(): Promise<void>; leave(): void }
  }
}

interface StlSemaphores {
  readonly Semaphore: new (max: number) => { try_acquire_for(ms: number): Promise<boolean>; release(): Promise<void> }
}

interface Breakers {
  readonly default: new (call: () => Promise<void>, options: object) => { fire(): Promise<void> }
}

interface Effects {
  readonly Effect: {
    unsafeMakeSemaphore(permits: number): { withPermits(permits: number): (effect: object) => object }
    promise(evaluate: () => Promise<void>): object
    runPromise(effect: object, options: { readonly signal?: AbortSignal | undefined }): Promise<void>
  }
}

export const locks: readonly PublishedRace[] = [
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
    name: 'a call that is aborted while it waits takes the turn of those behind it',
    source: 'connor4312/cockatiel#114',
    broken: 'cockatiel-3.2.1',
    fixed: 'cockatiel-4.0.0',
    async program({ bulkhead }: Bulkheads, { signal }) {
      const policy = bulkhead(1, 2)
      const work = (): Promise<void> => wait(10)
      const first = policy.execute(work)
      const second = policy.execute(work, signal).catch(() => {})
      await Promise.all([first, second, policy.execute(work)])
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
    name: 'a permit is lost after someone has waited for it',
    source: 'samchon/tstl#70',
    broken: 'tstl-2.4.2',
    fixed: 'tstl-2.4.11',
    async program({ Semaphore }: StlSemaphores) {
      const semaphore = new Semaphore(1)
      const use = async (arrives: number): Promise<void> => {
        await wait(arrives)
        if (!(await semaphore.try_acquire_for(50))) return
        await wait(10)
        await semaphore.release()
      }
      await Promise.all([use(0), use(20)])
      must(await semaphore.try_acquire_for(1_000), 'nobody holds it, and it cannot be acquired')
    },
  },
  {
    name: 'a circuit breaker stays open forever, if calls fail after the one that opens it',
    source: 'nodeshift/opossum#385',
    broken: 'opossum-4.2.0',
    fixed: 'opossum-4.2.1',
    async program({ default: Breaker }: Breakers) {
      let isDown = true
      const call = async (): Promise<void> => {
        await wait(10)
        if (isDown) throw new Error('the server is down')
      }
      const breaker = new Breaker(call, { timeout: false, resetTimeout: 1_000 })
      const fail = async (arrives: number): Promise<void> => {
        await wait(arrives)
        await breaker.fire().catch(() => {})
      }
      await Promise.all([fail(0), fail(20), fail(40)])
      isDown = false
      await wait(10_000)
      await breaker.fire()
    },
  },
  {
    name: 'a permit is lost, if its next owner is aborted in the moment of the release',
    source: 'Effect-TS/effect#6081',
    broken: 'effect-3.19.18',
    fixed: 'effect-3.19.19',
    async program({ Effect }: Effects, context) {
      const semaphore = Effect.unsafeMakeSemaphore(1)
      const work = semaphore.withPermits(1)(Effect.promise(() => wait(5)))
      const use = (signal?: AbortSignal): Promise<void> => Effect.runPromise(work, { signal })
      await Promise.allSettled([use(), use(context.signal), use()])
    },
  },
]
