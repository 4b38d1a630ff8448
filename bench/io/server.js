// The server that is measured: `node server.js <contender>`. It prints its port. Then, for each line on stdin, it
// prints the CPU time that all its threads have used, in µs.

import { createInterface } from 'node:readline'

const { serve } = await import(`./contenders/${process.argv[2]}.js`)
tell((await serve()).port)
for await (const _ of createInterface({ input: process.stdin })) {
  const { user, system } = process.cpuUsage()
  tell(user + system)
}
process.exit() // the listening server would keep it alive

/** @param {number} answer */
function tell(answer) {
  console.log(JSON.stringify(answer))
}
