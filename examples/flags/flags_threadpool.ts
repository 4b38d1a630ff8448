// The same flags on a pool of threads. Look at: map(), which takes downloadOne() as it is; the end of the block waits
// for all threads.
// Run: npx tsx examples/flags/flags_threadpool.ts     (a thread for each flag; `--workers 4` takes four)
// Prints: the codes as the flags arrive, then "20 flags downloaded in …s"     Next: flags_threadpool_as_completed.ts
import { isMain, ThreadPoolExecutor } from 'spindle/thread'
import type { Site } from '../support/flag_site.ts'
import { downloadOne, main } from './flags.ts'

function downloadMany(codes: readonly string[], site: Site): number {
  using executor = new ThreadPoolExecutor(site.workers)
  const sites = codes.map(() => site)
  const results = executor.map(downloadOne, [...codes].sort(), sites)
  return [...results].length
}

if (isMain(import.meta)) await main(downloadMany, 20)
