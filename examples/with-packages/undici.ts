// A download into a file, stopped half-way. Look at: download(), where the response is read inside call(), so that its
// signal covers the body; and the release, which removes a file that is not whole.
// Run: npx tsx examples/with-packages/undici.ts     with --stops 1000, for example
// Prints: the size of the file, and what stops at random moments leave     Next: playwright.ts
import { createWriteStream } from 'node:fs'
import { mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { type Coroutine, call, resource } from 'spindle'
import { runMain } from 'spindle/node'
import { request } from 'undici'
import { serving } from '../support/serving.ts'
import { stopped } from '../support/stopped.ts'

const folder = await mkdtemp(join(tmpdir(), 'spindle-undici-'))
const target = join(folder, 'whole')
const server = await serving(async (_request, response) => {
  for (let n = 0; n < 20 && !response.destroyed; n++) {
    response.write(Buffer.alloc(10_000))
    await pause(2)
  }
  response.end()
})

let names = 0
function* download(): Coroutine<number> {
  const part = join(folder, `part-${names++}`)
  return yield* resource(
    async () => part,
    () => rm(part, { force: true }), // if it was renamed, there is none
    function* () {
      yield* call(async (signal) => {
        const { body } = await request(server.url, { signal })
        await pipeline(body, createWriteStream(part), { signal })
      })
      yield* call(() => rename(part, target))
      return (yield* call(() => stat(target))).size
    },
  )
}

/** In plain TypeScript. */
async function downloadPlain(signal: AbortSignal): Promise<number> {
  const part = join(folder, `part-${names++}`)
  try {
    const { body } = await request(server.url, { signal })
    await pipeline(body, createWriteStream(part), { signal })
    await rename(part, target)
    return (await stat(target)).size
  } finally {
    await rm(part, { force: true })
  }
}

const parts = async (): Promise<number> => (await readdir(folder)).filter((name) => name !== 'whole').length
const held = async (): Promise<number> => server.open() + (await parts())
await runMain(stopped({ spindle: download, plain: downloadPlain, held }))
server.close()
await rm(folder, { recursive: true })
