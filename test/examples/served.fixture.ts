// A server that examples start for themselves, as a program of its own: `site`, `flags` or `model`.
import { getHostLoop } from 'spindle'
import { Site } from '../../examples/crawler/site.ts'
import { fakeModel } from '../../examples/support/fake_model.ts'
import { startFlagServer } from '../../examples/support/flag_server.ts'

const servers: Record<string, () => PromiseLike<string> | string> = {
  site: () => getHostLoop().createTask(new Site().start()),
  flags: () => startFlagServer().url,
  model: async () => (await fakeModel()).url,
}
const url = await servers[process.argv[2] ?? '']?.()
console.log(`Serving on ${new URL(url ?? '').host}`)
