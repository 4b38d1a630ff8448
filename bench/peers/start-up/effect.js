// @ts-nocheck: what is imported here is installed by `npm run bench` only.
import { Effect } from 'effect'

const main = Effect.gen(function* () {
  return 42
})

if ((await Effect.runPromise(main)) !== 42) process.exitCode = 1
