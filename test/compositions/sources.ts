// The sources of compositions, by what they are asked for: a promise, an iterator, events, or something of Spindle.

import { EventEmitter } from 'node:events'
import { type Coroutine, Lock, Queue, Semaphore } from 'spindle'
import { type Kind, type Ledger, Thing, type When, type World } from './world.ts'

/** How a source behaves. */
export interface Plan {
  readonly kind: Kind
  readonly when: When
  /** Whether it ends at once when its signal aborts. */
  readonly heeds: boolean
  readonly rejects: boolean
  /** How many microtasks lie between opening something and telling so. */
  readonly gap: number
}

/** Anything that promises: `fetch`, a driver of a database, a browser. */
export class Outside implements Ledger {
  readonly world: World
  readonly plan: Plan
  readonly emitter: EventEmitter = new EventEmitter()
  /** Whether it was asked, and has answered with what was asked for. */
  hasAnswered = false

  constructor(world: World, plan: Plan) {
    this.world = world
    this.plan = plan
    world.ledgers.push(this)
  }

  check(): string | undefined {
    const left = this.emitter.eventNames().map(String)
    return left.length === 0 ? undefined : `listeners are left for ${left}`
  }

  /** Opens something. */
  open(signal?: AbortSignal, thing?: Thing): Promise<Thing> {
    const { world, plan } = this
    const ended = world.begin('work')
    return new Promise((resolve, reject) => {
      let isSettled = false
      const settle = (fn: () => void): void => {
        if (!isSettled) fn()
        isSettled = true
      }
      const abort = (): void => {
        ended()
        reject(signal?.reason)
      }
      if (plan.heeds) signal?.addEventListener('abort', () => settle(abort), { once: true })
      const answer = async (): Promise<void> => {
        const opened = thing ?? new Thing(world, plan.kind)
        opened.happened = true
        this.hasAnswered = true
        for (let n = 0; n < plan.gap; n++) await undefined
        ended()
        resolve(opened)
      }
      const refuse = (): void => {
        ended()
        reject(new Error('refused'))
      }
      world.at(plan.when, () => settle(plan.rejects ? refuse : () => void answer()))
    })
  }

  emitAfter(): void {
    this.world.at(this.plan.when === 'now' ? 'soon' : this.plan.when, () => this.emitter.emit('data', 'an event'))
  }

  /** Opens with its first step and is closed by `return()`, for which its pending step waits. */
  async *generator(signal?: AbortSignal): AsyncGenerator<number> {
    const thing = await this.open(signal)
    try {
      for (let n = 0; n < 3; n++) {
        yield n
        await this.#wait(signal)
      }
    } finally {
      thing.close()
    }
  }

  /** Opens with its first step and is closed by `return()` at once, beside a pending step. */
  iterator(): AsyncIterableIterator<number> {
    const { world } = this
    let thing: Thing | undefined
    const end = { done: true, value: undefined } as const
    let left = 3
    let finish: (() => void) | undefined
    const iterator: AsyncIterableIterator<number> = {
      [Symbol.asyncIterator]: () => iterator,
      next: async () => {
        thing ??= new Thing(world, 'handle')
        if (left-- <= 0) return iterator.return?.() ?? end
        const isFinished = await new Promise<boolean>((resolve) => {
          finish = () => resolve(true)
          world.at(this.plan.when, () => resolve(false))
        })
        return isFinished ? end : { done: false, value: left }
      },
      return: async () => {
        if (thing?.closes === 0) thing.close()
        finish?.()
        return end
      },
    }
    return iterator
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      if (this.plan.heeds) signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
      this.world.at(this.plan.when, resolve)
    })
  }
}

/** What is taken of Spindle: it goes back by itself. Each is there at `when`. */
export const OURS: Record<string, (world: World, when: When) => () => Coroutine<unknown>> = {
  Lock: (world, when) => {
    const lock = new Lock()
    return taken(world, lock, when, () => (lock.locked() ? 'a Lock is locked for good' : undefined))
  },
  Semaphore: (world, when) => {
    const semaphore = new Semaphore(1)
    return taken(world, semaphore, when, () => (semaphore.locked() ? 'a permit of a Semaphore is lost' : undefined))
  },
  Queue: (world, when) => {
    const queue = new Queue<object>()
    const items = [new Item(), new Item()]
    world.at(when, () => {
      for (const item of items) queue.putNowait(item)
    })
    world.ledgers.push({
      check: () => {
        const left: object[] = []
        while (!queue.empty()) left.push(queue.getNowait())
        const expected = items.filter((item) => !item.isTaken)
        if (left.length === expected.length && left.every((item, index) => item === expected[index])) return undefined
        return left.length < expected.length ? 'an item of a Queue is lost' : 'an item is not where it was in its Queue'
      },
    })
    return () => queue.get()
  },
}

class Item {
  isTaken = false;
  [Symbol.dispose](): void {
    this.isTaken = true
  }
}

function taken(
  world: World,
  lock: Lock | Semaphore,
  when: When,
  check: () => string | undefined,
): () => Coroutine<unknown> {
  world.ledgers.push({ check })
  if (when !== 'now') {
    lock.acquire()[Symbol.iterator]().next() // it is free, so that this does not wait
    world.at(when, () => lock.release())
  }
  return () => lock.acquire()
}
