// The flags of flags.ts on workers, which may run on other machines. Look at: map(), which is called as in
// flags_threadpool.ts, on another executor. The workers import downloadOne() from flags.ts themselves.
// Run: npx tsx examples/flags/flags_distributed.ts
// with a redis-server, and in other terminals
// `npx tsx packages/distributed/src/main.ts --module examples/flags/flags.ts`, once or more
// Prints: "20 flags downloaded in …s", and each worker the codes of its flags     Next: ../distributed/progress.ts
import { DistributedExecutor } from 'spindle/distributed'
import { isMain } from 'spindle/thread'
import type { Site } from '../support/flag_site.ts'
import { downloadOne, main } from './flags.ts'

function downloadMany(codes: readonly string[], site: Site): number {
  using executor = new DistributedExecutor()
  const sites = codes.map(() => site)
  const results = executor.map(downloadOne, [...codes].sort(), sites)
  return [...results].length
}

if (isMain(import.meta)) await main(downloadMany)
