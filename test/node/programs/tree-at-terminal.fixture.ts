// Run at a terminal: starts a program that starts others, which take no notice of SIGTERM, and says what is left.

import { readFileSync } from 'node:fs'
import { type Coroutine, run } from 'spindle'
import { subprocess } from 'spindle/node'

const DEAF = 'sh -c \'trap "" TERM; echo $$; while :; do sleep 0.02; done\''

function* main(): Coroutine<void> {
  const pids: number[] = []
  yield* subprocess(['sh', '-c', `${DEAF} & ${DEAF} & wait`], { stdout: 'pipe', graceTime: 50 }, function* (shell) {
    for (let i = 0; i < 2; i++) pids.push(Number(yield* shell.stdout.readLine()))
    console.log(`same session: ${sessionOf(shell.pid) === sessionOf(process.pid)}`)
  })
  console.log(`left: ${pids.map(sessionOf).filter((session) => session !== undefined).length}`)
}
await run(main())

function sessionOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, , , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' ? undefined : session
  } catch {
    return undefined
  }
}
