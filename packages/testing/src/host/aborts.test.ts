import { describe, expect, it } from 'vitest'
import type { ExploreContext, ExploreOptions } from '../explore/options.ts'
import type { ExplorationError } from '../explore/program.ts'
import { explore } from '../explore.ts'

const IS_LONG = process.env['SPINDLE_TESTS']?.includes('all') === true
const wait = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms))

/** If a waiter is woken and its signal is aborted before it goes on, the permit is lost. */
class Semaphore {
  free = 1
  readonly isMended: boolean
  readonly #waiters: (() => void)[] = []

  constructor(isMended: boolean) {
    this.isMended = isMended
  }

  async acquire(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.free > 0) return void this.free--
    let isWoken = false
    await new Promise<void>((resolve) => {
      const waiter = (): void => {
        isWoken = true
        resolve()
      }
      this.#waiters.push(waiter)
      const leave = (): void => {
        if (this.#waiters.includes(waiter)) this.#waiters.splice(this.#waiters.indexOf(waiter), 1)
        resolve()
      }
      signal?.addEventListener('abort', leave, { once: true })
    })
    if (signal?.aborted && isWoken && this.isMended) this.release()
    signal?.throwIfAborted()
  }

  release(): void {
    const next = this.#waiters.shift()
    if (next === undefined) this.free++
    else next()
  }
}

async function useThree(isMended: boolean, signal: AbortSignal): Promise<void> {
  const semaphore = new Semaphore(isMended)
  const use = async (own?: AbortSignal): Promise<void> => {
    await semaphore.acquire(own)
    await wait(5)
    semaphore.release()
  }
  await Promise.allSettled([use(), use(signal), use()])
}

const programs = {
  'the signal that the program gets': (isMended: boolean) => (context: ExploreContext) =>
    useThree(isMended, context.signal),
  'the signal of a controller that it makes': (isMended: boolean) => () =>
    useThree(isMended, new AbortController().signal),
}

function failure<T>(
  program: (context: ExploreContext) => Promise<T>,
  options: ExploreOptions<ExploreContext, T> = {},
): Promise<ExplorationError> {
  return explore(program, options).then(
    ({ runs }) => expect.fail(`silent after ${runs} runs`),
    (error: ExplorationError) => error,
  )
}

describe.each(Object.entries(programs))('explore() aborts %s', (name, program) => {
  it('between a wake-up and its effect, and finds the lost permit within 50 runs', async () => {
    const error = await failure(program(false))
    expect(error).toMatchObject({ kind: 'abandoned', replay: expect.stringMatching(/^abort (?:1 )?at host#2\.2$/) })
    expect(error.runs.found).toBeLessThan(50)
    expect(error.message).toContain('is aborted 2 turns of the microtasks into event 2 of the host')
    expect(await failure(program(false), { replay: error.replay })).toMatchObject({ replay: error.replay })
  })

  it('and is silent where that is mended', async () => {
    await explore(program(true), { runs: IS_LONG ? 5_000 : 500 })
  })

  it('only if it is asked to', async () => {
    await explore(program(false), { abort: 'none' })
    const own = explore(program(false), { abort: 'own' })
    if (name.includes('gets')) await expect(own).rejects.toThrow('waits forever')
    else await own
  })
})

describe('A program whose signal is aborted', () => {
  it('may end with the reason, also as the cause of another error', async () => {
    await explore(async ({ signal }: ExploreContext) => {
      try {
        await wait(5)
        signal.throwIfAborted()
      } catch (cause) {
        throw new Error('no answer', { cause })
      }
    })
  })

  it('fails with any other error', async () => {
    const error = await failure(async ({ signal }: ExploreContext) => {
      await wait(5)
      if (signal.aborted) throw new RangeError('out of range')
    })
    expect(error.message).toContain('RangeError: out of range')
  })

  it('may wait forever if it does so however early the abort comes', async () => {
    await explore(
      async () => {
        const { signal } = new AbortController()
        await new Promise<void>((resolve) => void setTimeout(() => signal.aborted || resolve(), 5))
      },
      { runs: 200 },
    )
  })

  it('fails if it waits forever after each abort, but not after one before it begins', async () => {
    const error = await failure(async ({ signal }: ExploreContext) => {
      const waiters: (() => void)[] = []
      let isFree = true
      const use = async (own?: AbortSignal): Promise<void> => {
        own?.throwIfAborted()
        if (!isFree) await new Promise<void>((resolve) => waiters.push(resolve))
        isFree = false
        own?.throwIfAborted() // wrong: it keeps the permit
        await wait(5)
        isFree = true
        waiters.shift()?.()
      }
      await Promise.allSettled([use(), use(signal), use()])
    })
    expect(error).toMatchObject({ kind: 'abandoned', replay: expect.stringContaining('abort at host#') })
    expect(error.message).toMatch(/^`main` waits forever, and would not had the abort come earlier\n/)
  })

  it('has ended what an abort ends before the next event comes', async () => {
    const polls = async ({ signal }: ExploreContext, stop: (poll: unknown) => Promise<void> | void): Promise<void> => {
      let isClosed = false
      const poll = setInterval(() => {
        if (isClosed) throw new RangeError('polled when it was closed')
      }, 5)
      const ended = new Promise<void>((resolve) => {
        signal.addEventListener('abort', async () => {
          isClosed = true
          await stop(poll)
          resolve()
        })
        setTimeout(resolve, 22)
      })
      await ended
      clearInterval(poll)
    }
    await explore((context: ExploreContext) => polls(context, (poll) => clearInterval(poll as undefined)))
    await explore((context: ExploreContext) =>
      polls(context, async (poll) => {
        await null
        clearInterval(poll as undefined)
      }),
    )
  })

  it('gets it in setup as well, and hears of it by AbortSignal.any()', async () => {
    const seen = new Set<boolean>()
    await explore(
      async (signal: AbortSignal) => {
        await wait(5)
        seen.add(signal.aborted)
      },
      { setup: ({ signal }) => AbortSignal.any([signal, AbortSignal.timeout(1_000)]) },
    )
    expect([...seen].sort()).toEqual([false, true])
  })

  it('may have a thousand listeners, and fails if one throws', async () => {
    let calls = 0
    const listen = ({ signal }: ExploreContext, last: () => void): Promise<void> => {
      for (let n = 0; n < 1_000; n++) signal.addEventListener('abort', () => calls++)
      signal.addEventListener('abort', last)
      return wait(5)
    }
    await explore((context: ExploreContext) => listen(context, () => {}))
    expect(calls).toBeGreaterThan(1_000)
    const error = await failure((context: ExploreContext) =>
      listen(context, () => {
        throw new RangeError('in a listener')
      }),
    )
    expect(error.message).toContain('RangeError: in a listener')
  })
})
