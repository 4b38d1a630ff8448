// @ts-nocheck: what is imported here is installed by `npm run bench` only.
import co from 'co'

function* main() {
  return 42
}

if ((await co(main)) !== 42) process.exitCode = 1
