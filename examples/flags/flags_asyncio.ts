// The flags of flags.ts on an event loop: one thread, 20 requests at once. Look at: gather(), and `yield*` wherever
// something is waited for.
// Run: npx tsx examples/flags/flags_asyncio.ts
// Prints: the codes as the flags arrive, then "20 flags downloaded in 0.2…s"     Next: ../flags2/sequential.ts
import { stdout } from 'node:process'
import { type Coroutine, call, gather, run } from 'spindle'
import { isMain } from 'spindle/thread'
import { type Site, saveFlag } from '../support/flag_site.ts'
import { getFlag, main } from './flags.ts'

function* downloadOne(cc: string, site: Site): Coroutine<string> {
  const image = yield* call((signal) => getFlag(cc, site, signal))
  saveFlag(image, `${cc.toLowerCase()}.svg`, site.folder)
  stdout.write(`${cc} `)
  return cc
}

function* supervisor(codes: readonly string[], site: Site): Coroutine<number> {
  const toDo = [...codes].sort().map((cc) => downloadOne(cc, site))
  const results = yield* gather(toDo)
  return results.length
}

function downloadMany(codes: readonly string[], site: Site): Promise<number> {
  return run(supervisor(codes, site))
}

if (isMain(import.meta)) await main(downloadMany)
