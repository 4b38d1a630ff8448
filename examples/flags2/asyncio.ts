// The download of sequential.ts on an event loop. Look at: the Semaphore, which limits how many ask at once, and
// Ctrl-C: run() cancels the Task and with it all that are gathered, and call() hands that on to each fetch().
// Run: npx tsx examples/flags2/asyncio.ts     (with `--help` it lists its options; try `-s DELAY` and `-s ERROR -v`)
// Prints: the same as sequential.ts, the codes in another order     Next: ../fetch100/fetch_sync.ts
import { type Coroutine, call, gather, run, Semaphore } from 'spindle'
import { isMain } from 'spindle/thread'
import { downloadFlag, type Order, withOrder } from '../support/flag_options.ts'

function* downloadOne(cc: string, { url, folder, count }: Order, semaphore: Semaphore): Coroutine<void> {
  using _ = yield* semaphore.acquire()
  const status = yield* call((signal) => downloadFlag(cc, url, folder, signal))
  count(cc, status)
}

function* supervisor(order: Order): Coroutine<void> {
  const semaphore = new Semaphore(order.maxReq)
  yield* gather(order.codes.map((cc) => downloadOne(cc, order, semaphore)))
}

function download(order: Order, signal: AbortSignal): Promise<void> {
  return run(supervisor(order), { signal })
}

if (isMain(import.meta)) await withOrder(30, 1000, download)
