// A library with promises outside and coroutines inside. Its users need not know Spindle. Each function takes a signal,
// leaves Ctrl-C to the program, and cleans up before its promise settles.
import { type Coroutine, getHostLoop, run, Semaphore, shield, sleep, type Task, uncancellable } from 'spindle'

/** Options of a request for a rate. */
export interface RateOptions {
  /** Cancels the request when it aborts; the promise then rejects with its reason. */
  readonly signal?: AbortSignal | undefined
}

const RATES: Readonly<Record<string, number>> = { EUR: 1, USD: 1.25, JPY: 160 }

// The variables of the module are shared by all calls, in any run or loop.
const connections = new Semaphore(2)
const known = new Map<string, Task<number>>()

/** The requests so far, and the number of connections in use. */
export const statistics = { requests: 0, abandoned: 0, open: 0 }

/** How many units of a currency one euro buys. Calls for the same currency share one request. */
export function rate(currency: string, { signal }: RateOptions = {}): Promise<number> {
  return run(knownRate(currency), { signal, interrupt: false })
}

/** The rate without the cache: work that ends with its call. */
export function freshRate(currency: string, { signal }: RateOptions = {}): Promise<number> {
  return run(request(currency), { signal, interrupt: false })
}

function* knownRate(currency: string): Coroutine<number> {
  let task = known.get(currency)
  if (task === undefined) {
    // A Task ends with the loop it was created in. This one must outlive the call that started it.
    task = getHostLoop().createTask(request(currency), { name: `rate of ${currency}` }) as Task<number>
    known.set(currency, task)
    task.addDoneCallback((done) => {
      if (done.cancelled() || done.exception() !== undefined) known.delete(currency) // the next call tries again
    })
  }
  return yield* shield(task) // a caller that cancels does not end the request for others
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
    yield* uncancellable(() => sleep(1)) // says goodbye to the server, whenever it is cancelled
    statistics.open--
  }
}
