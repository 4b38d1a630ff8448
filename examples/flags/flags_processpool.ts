// The flags of flags.ts on a pool of processes. Look at: the name of the pool, which is all that differs from
// flags_threadpool.ts.
// Run: npx tsx examples/flags/flags_processpool.ts     (`--workers 20` takes a process for each flag)
// Prints: the codes as the flags arrive, then "20 flags downloaded in …s"     Next: flags_asyncio.ts
import { isMain, ProcessPoolExecutor } from 'spindle/thread'
import { POP20, type Site, withSite } from '../support/flag_site.ts'
import { downloadOne, getReady, report } from './flags.ts'

function downloadMany(executor: ProcessPoolExecutor<typeof getReady>, codes: readonly string[], site: Site): number {
  const sites = codes.map(() => site)
  const results = executor.map(downloadOne, [...codes].sort(), sites)
  return [...results].length
}

async function main(site: Site): Promise<void> {
  const executor = new ProcessPoolExecutor(site.workers, { initializer: getReady, initArgs: [site] })
  await executor.ready() // the start of processes is not what is measured
  await report(() => downloadMany(executor, POP20, site))
  executor.shutdown()
}

if (isMain(import.meta)) await withSite({ delay: 100, workers: 2 }, main)
