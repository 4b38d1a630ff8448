// A library as others install it: promises outside, coroutines inside. Whoever calls it need not know Spindle. Each
// function takes a signal, leaves Ctrl-C to the program, and cleans up before its promise settles.
import { type Coroutine, getHostLoop, run, Semaphore, shield, sleep, type Task } from 'spindle'

/** How a rate is asked for. */
export interface RateOptions {
  /** Gives up when it aborts; the promise then rejects with its reason. */
  readonly signal?: AbortSignal | undefined
}

const RATES: Readonly<Record<string, number>> = { EUR: 1, USD: 1.25, JPY: 160 }

// What stands at the level of the module is shared by all calls, in whatever run or loop they are made.
const connections = new Semaphore(2)
const known = new Map<string, Task<number>>()

/** What the server has been asked, and how many of the connections are in use. */
export const statistics = { requests: 0, abandoned: 0, open: 0 }

/** How many units of a currency one euro buys. Calls for the same currency share one request. */
export function rate(currency: string, { signal }: RateOptions = {}): Promise<number> {
  return run(knownRate(currency), { signal, interrupt: false })
}

/** The rate without the cache: one-shot work, which ends with its call. */
export function freshRate(currency: string, { signal }: RateOptions = {}): Promise<number> {
  return run(request(currency), { signal, interrupt: false })
}

function* knownRate(currency: string): Coroutine<number> {
  let task = known.get(currency)
  if (task === undefined) {
    // A Task ends with the loop it was made in. This one is to outlive the call that was first.
    task = getHostLoop().createTask(request(currency), { name: `rate of ${currency}` }) as Task<number>
    known.set(currency, task)
    task.addDoneCallback((done) => {
      if (done.cancelled() || done.exception() !== undefined) known.delete(currency) // the next call tries again
    })
  }
  return yield* shield(task) // a caller that gives up does not end what others wait for
}

/** Stands for a request to a server. */
function* request(currency: string): Coroutine<number> {
  using _ = yield* connections.acquire()
  statistics.requests++
  statistics.open++
  try {
    yield* sleep(10)
    const found = RATES[currency]
    if (found === undefined) throw new RangeError(`no rate for ${currency}`)
    return found
  } catch (error) {
    statistics.abandoned++
    throw error
  } finally {
    yield* sleep(1) // says goodbye to the server, also when it is cancelled
    statistics.open--
  }
}
