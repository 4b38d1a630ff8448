import { type Coroutine, createTask, getRunningLoop, Lock, sleep } from 'spindle'
import { describe, expect, it } from 'vitest'
import { explore } from '../explore.ts'
import { duration } from '../schedule/entropy.ts'

/** All steps of each run of an exploration as a number. The algorithm is known as FNV-1a. */
async function fingerprint(seed: number): Promise<{ runs: number; schedules: number; hash: number }> {
  const logs: string[] = []
  function* main(log: string[]): Coroutine<void> {
    const lock = new Lock()
    function* worker(name: string): Coroutine<void> {
      const note = (what: string): void => void log.push(`${name} ${what} ${getRunningLoop().time()}`)
      try {
        note('starts')
        using _ = yield* lock.acquire()
        note('works')
        yield* sleep(duration(1, 20))
      } finally {
        note('ends')
      }
    }
    const tasks = ['a', 'b', 'c', 'd'].map((name) => createTask(worker(name), { name }))
    for (const task of tasks) yield* task
  }
  const setup = (): string[] => {
    const log: string[] = []
    return log
  }
  const { runs } = await explore(main, {
    setup,
    check: ({ given, cancelled }) => logs.push([...cancelled, ...given].join()),
    runs: 400,
    seed,
  })
  let hash = 0x811c9dc5
  for (const log of logs)
    for (const character of log) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193)
  return { runs, schedules: new Set(logs).size, hash: hash >>> 0 }
}

describe('The schedules of a seed', () => {
  it('are the same on Node, Bun and Deno, and in each page, and others for another seed', async () => {
    const [first, again, other] = [await fingerprint(7), await fingerprint(7), await fingerprint(8)]
    // In a page a run does not watch for the end of the process, which is an event of the host less.
    expect(first).toEqual('process' in globalThis ? { runs: 400, schedules: 366, hash: 1294781530 } : again)
    expect(other.hash).not.toBe(first.hash)
  })
})
