// The download of sequential.ts on a pool of threads. Look at: asCompleted() with `for await`, which leaves the main
// thread free to hear of Ctrl-C; then what has not begun is cancelled, and stopSignal() tells the calls that run.
// Run: npx tsx examples/flags2/threadpool.ts     (with `--help` it lists its options; try `-s DELAY` and `-s ERROR -v`)
// Prints: the same as sequential.ts, the codes in another order     Next: asyncio.ts
import { concurrent, isMain, stopSignal, ThreadPoolExecutor } from 'spindle/thread'
import { downloadFlag, type Order, type Status, withOrder } from '../support/flag_options.ts'

export async function downloadOne(cc: string, url: string, folder: string): Promise<[string, Status]> {
  return [cc, await downloadFlag(cc, url, folder, stopSignal())]
}

async function download({ codes, url, folder, maxReq, count }: Order, signal: AbortSignal): Promise<void> {
  await using executor = new ThreadPoolExecutor(maxReq)
  const futures = codes.map((cc) => executor.submit(downloadOne, cc, url, folder))
  signal.addEventListener('abort', () => {
    for (const future of futures) future.cancel()
  })
  for await (const { future } of concurrent.asCompleted(futures)) {
    const [cc, status] = future.result()
    count(cc, status)
  }
}

if (isMain(import.meta)) await withOrder(30, 1000, download)
