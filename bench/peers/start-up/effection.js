// @ts-nocheck: what is imported here is installed by `npm run bench` only.
import { run } from 'effection'

function* main() {
  return 42
}

if ((await run(main)) !== 42) process.exitCode = 1
