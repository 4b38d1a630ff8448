// The flags of flags.ts on a pool of threads. Look at: map(), which takes downloadOne() as it is; and ready(), before
// which no time is measured.
// Run: npx tsx examples/flags/flags_threadpool.ts     (on five threads; `--workers 20` takes one for each flag)
// Prints: the codes as the flags arrive, then "20 flags downloaded in 0.4…s"     Next: flags_threadpool_as_completed.ts
import { isMain, ThreadPoolExecutor } from 'spindle/thread'
import { POP20, type Site, withSite } from '../support/flag_site.ts'
import { downloadOne, getReady, report } from './flags.ts'

function downloadMany(executor: ThreadPoolExecutor<typeof getReady>, codes: readonly string[], site: Site): number {
  const sites = codes.map(() => site)
  const results = executor.map(downloadOne, [...codes].sort(), sites)
  return [...results].length
}

async function main(site: Site): Promise<void> {
  const executor = new ThreadPoolExecutor(site.workers, { initializer: getReady, initArgs: [site] })
  await executor.ready() // the start of threads is not what is measured
  await report(() => downloadMany(executor, POP20, site))
  executor.shutdown()
}

if (isMain(import.meta)) await withSite({ delay: 100, workers: 5 }, main)
