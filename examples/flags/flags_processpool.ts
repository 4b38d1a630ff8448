// The same flags on a pool of processes. Look at: the name of the pool, which is all that differs from
// flags_threadpool.ts.
// Run: npx tsx examples/flags/flags_processpool.ts     (`--workers 20` takes a process for each flag)
// Prints: the codes as the flags arrive, then "20 flags downloaded in …s"     Next: flags_asyncio.ts
import { isMain, ProcessPoolExecutor } from 'spindle/thread'
import type { Site } from '../support/flag_site.ts'
import { downloadOne, main } from './flags.ts'

function downloadMany(codes: readonly string[], site: Site): number {
  using executor = new ProcessPoolExecutor(site.workers)
  const sites = codes.map(() => site)
  const results = executor.map(downloadOne, [...codes].sort(), sites)
  return [...results].length
}

if (isMain(import.meta)) await main(downloadMany, 2)
