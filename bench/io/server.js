// The server that is measured: `node server.js <contender>`. It tells its port; then, for each line on stdin, the CPU
// time it has taken, that of all its threads, in µs.

import { createInterface } from 'node:readline'

const { serve } = await import(`./contenders/${process.argv[2]}.js`)
tell((await serve()).port)
for await (const _ of createInterface({ input: process.stdin })) {
  const { user, system } = process.cpuUsage()
  tell(user + system)
}
process.exit() // it listens

/** @param {number} answer */
function tell(answer) {
  console.log(JSON.stringify(answer))
}
