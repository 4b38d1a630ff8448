import { type Coroutine, getRunningLoop, Queue, sleep } from 'spindle'
import { describe, expect, it } from 'vitest'
import { ExplorationError } from '../explore/program.ts'
import { explore } from '../explore.ts'
import type { Model, ModelOptions } from './model.ts'

class Account {
  balance = 100
  readonly #latency: number

  constructor(latency: number) {
    this.#latency = latency
  }

  *withdraw(amount: number): Coroutine<boolean> {
    if (this.balance < amount) return false
    if (this.#latency > 0) yield* sleep(this.#latency)
    this.balance -= amount
    return true
  }
}

const sequential = () => ({
  balance: 100,
  withdraw(amount: number) {
    if (this.balance < amount) return false
    this.balance -= amount
    return true
  },
})

/** Queues of one item, whose results are compared with an array. */
const queueOf = (real: () => { put(item: number): unknown; get(): unknown }): Model<ReturnType<typeof real>> => ({
  real,
  sequential: () => {
    const items: number[] = []
    return {
      put: (item: number) => (items.length > 0 ? explore.waits : void items.push(item)),
      get: () => items.shift() ?? explore.waits,
    }
  },
  calls: [['put', 1], ['put', 2], ['get']],
})

async function failure<Real extends object>(model: Model<Real>, options?: ModelOptions): Promise<ExplorationError> {
  const error: unknown = await explore.model(model, options).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ExplorationError)
  return error as ExplorationError
}

describe('explore.model()', () => {
  it('finds results that no order of the calls has', async () => {
    const calls = [['withdraw', 60]] as const
    const { message, kind } = await failure({ real: () => new Account(5), sequential, calls })
    expect(kind).toBe('check')
    expect(message).toContain('in no order do these calls have these results:\n  t1: withdraw(60) → true')
    expect(message).toContain('this program: await explore.model(model, { seed: 1, programs: 1 })')
  })

  it('writes the call that has them again', async () => {
    class Replica {
      value = 0
      set(value: number): void {
        getRunningLoop().callLater(5, () => {
          this.value = value
        })
      }
      *get(): Coroutine<number> {
        yield* sleep(10) // wrong: the replica may be later than that
        return this.value
      }
    }
    const simple = () => {
      let value = 0
      return {
        get: () => value,
        set(given: number) {
          value = given
        },
      }
    }
    const model: Model<Replica> = { real: () => new Replica(), sequential: simple, calls: [['set', 1], ['get']] }
    const { message, replay } = await failure(model, { tasks: 2 })
    expect(replay).not.toBe('') // it is right in the ordinary run
    const [pasted] =
      /^await explore\.model\(model, \{ tasks: 2, seed: \d+, programs: 1, replay: '.*$/m.exec(message) ?? []
    expect(pasted).toBeDefined()
    const run = new Function('explore', 'model', `return (async () => { ${pasted} })()`) as (
      ...args: unknown[]
    ) => Promise<void>
    await expect(run(explore, model)).rejects.toMatchObject({ replay })
  })

  it('accepts an object whose calls have effect at once, and an async one', async () => {
    const calls = [
      ['withdraw', 60],
      ['withdraw', 30],
    ] as const
    const { runs, covered } = await explore.model({ real: () => new Account(0), sequential, calls }, { programs: 5 })
    expect({ isRun: runs > 5, covered }).toEqual({ isRun: true, covered: 'programs: 5' })
    const real = () => {
      const account = sequential()
      return { withdraw: async (amount: number) => account.withdraw(amount) }
    }
    await explore.model({ real, sequential, calls }, { programs: 5 })
  })

  it('knows calls that wait: in a Queue they may, in a queue that forgets its waiters they may not', async () => {
    await explore.model(
      queueOf(() => new Queue<number>(1)),
      { programs: 8, runs: 30 },
    )
    const forgetful = (): Queue<number> => {
      const queue = new Queue<number>(1)
      const get = function* (): Coroutine<number> {
        while (queue.empty()) yield* sleep(Number.POSITIVE_INFINITY)
        return queue.getNowait()
      }
      return Object.assign(queue, { get })
    }
    expect((await failure(queueOf(forgetful))).message).toMatch(/t\d: get\(\) → waits/)
  })

  it.each<[unknown, unknown, string]>([
    [undefined, {}, 'real must be a function, got undefined'],
    [{ real: () => new Account(0), sequential: 5 }, {}, 'sequential must be a function, got 5'],
    [{ real: () => new Account(0), sequential }, { tasks: 0 }, 'tasks must be an integer > 0, got 0'],
    [{ real: () => new Account(0), sequential }, { length: '2' }, "length must be an integer > 0, got '2'"],
    [{ real: () => new Account(0), sequential }, { programs: 1.5 }, 'programs must be an integer > 0, got 1.5'],
    [{ real: () => new Account(0), sequential }, { cancel: 'each' }, 'explore.model() has no option `cancel`. It has'],
  ])('refuses %j with %j', async (model, options, message) => {
    await expect(explore.model(model as never, options as never)).rejects.toThrow(message)
  })
})
