// What a program has started ends also when the program is killed, and can do nothing itself.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { randomCases } from '../tooling/long-form.ts'
import { gone } from '../tooling/processes.ts'
import { commandOf, root } from '../tooling/run-example.ts'
import { killIfAlive, runningWith } from './process-trees.ts'

const onLinux = describe.runIf(process.platform === 'linux') // processes are counted by their environment
let count = 0

onLinux('a program that is killed by SIGKILL', () => {
  it('leaves nothing of its trees, whenever that happens', { timeout: 1_800_000 }, async () => {
    const left: number[] = []
    let rounds = randomCases(1000, 5)
    const worker = async () => {
      while (rounds-- > 0) {
        const { program, mark } = await start()
        await pause(Math.random() * 120)
        program.kill('SIGKILL')
        left.push(await leftWith(mark))
      }
    }
    await Promise.all(Array.from({ length: 5 }, worker))
    expect(left.filter((each) => each > 0)).toEqual([])
  })

  it('leaves them with { guard: false }, which shows that the count above can fail', async () => {
    const { program, mark } = await start('unguarded')
    while (runningWith(mark).length < 8) await pause(5)
    program.kill('SIGKILL')
    expect(await leftWith(mark)).toBeGreaterThan(0)
  })

  it('leaves nothing when its guard was killed before: another one takes over', async () => {
    const { program, mark } = await start()
    while (runningWith(mark).length < 8) await pause(5)
    const [first] = guardsOf(program)
    process.kill(Number(first), 'SIGKILL')
    await gone(Number(first))
    while (guardsOf(program).length === 0) await pause(5)
    program.kill('SIGKILL')
    expect(await leftWith(mark)).toBe(0)
  })
})

onLinux('the guard', () => {
  it('is there while there is a tree, and one for all', async () => {
    const { program, mark } = await start()
    while (runningWith(mark).length < 8) await pause(5)
    const guards = guardsOf(program)
    const kilobytes = Number(execFileSync('ps', ['-o', 'rss=', '-p', String(guards[0])], { encoding: 'utf8' }))
    program.kill('SIGTERM')
    await gone(Number(guards[0]))
    await leftWith(mark)
    expect({ guards: guards.length, isSmall: kilobytes < 20_000 }).toEqual({ guards: 1, isSmall: true })
  })

  it('is not started by a program without subprocesses', async () => {
    const { program } = await start('silent')
    await pause(50)
    const guards = guardsOf(program)
    program.kill('SIGKILL')
    expect(guards).toEqual([])
  })
})

/** Starts the program, and waits until it starts others. They have the mark in their environment, as it has itself. */
async function start(...args: string[]): Promise<{ program: ChildProcess; mark: string }> {
  const mark = `TRIED=killed.${process.pid}.${++count}.`
  const program = spawn(process.execPath, [...commandOf('test/node/killed-parent.fixture.ts'), ...args], {
    cwd: root,
    env: { ...process.env, TRIED: mark.slice('TRIED='.length) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(program.stdout as NonNullable<typeof program.stdout>, 'data')
  return { program, mark }
}

/** How many processes are there when the guard has had its time: it terminates them, and kills them a second later. */
async function leftWith(mark: string): Promise<number> {
  for (let waited = 0; waited < 2000 && runningWith(mark).length > 0; waited += 20) await pause(20)
  const left = runningWith(mark)
  for (const pid of left) killIfAlive(pid)
  return left.length
}

function guardsOf(program: ChildProcess): number[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8', env: { COLUMNS: '20000' } })
  return table
    .split('\n')
    .map((line) => /^ *(\d+) +(\d+) \/bin\/sh -c trap '' HUP/.exec(line))
    .filter((match) => Number(match?.[2]) === program.pid)
    .map((match) => Number(match?.[1]))
}
