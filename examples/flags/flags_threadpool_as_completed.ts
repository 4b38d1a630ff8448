// The flags of flags.ts on three threads, with the Futures in sight. Look at: submit() and asCompleted() in
// downloadMany(), and the states.
// Run: npx tsx examples/flags/flags_threadpool_as_completed.ts
// Prints: "Scheduled for BR: <Future at 0x7f… state=running>", later "<Future at 0x7f… state=finished returned string>
// result: 'CN'"
// Next: flags_processpool.ts
import { concurrent, isMain, ThreadPoolExecutor } from 'spindle/thread'
import type { Site } from '../support/flag_site.ts'
import { downloadOne, main } from './flags.ts'

function downloadMany(codes: readonly string[], site: Site): number {
  using executor = new ThreadPoolExecutor(site.workers)
  const toDo: concurrent.Future<string>[] = []
  for (const cc of [...codes].slice(0, 5).sort()) {
    const future = executor.submit(downloadOne, cc, site)
    toDo.push(future)
    console.log(`Scheduled for ${cc}: ${future}`)
  }

  let count = 0
  for (const future of concurrent.asCompleted(toDo)) {
    console.log(`${future} result: '${future.result()}'`)
    count++
  }
  return count
}

if (isMain(import.meta)) await main(downloadMany, 3)
