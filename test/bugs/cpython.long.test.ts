// The bugs that test/bugs ports from asyncio are real: CPython fails in the same schedule.

import { readFileSync } from 'node:fs'
import { type ExplorationError, explore } from '@spindle/testing'
import { loadPyodide, type PyodideAPI } from 'pyodide'
import { beforeAll, describe, expect, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { root } from '../tooling/run-example.ts'
import { bugs } from './all.ts'

const BROKEN = 0
const FIXED = 1
// How each broken one ends.
const PORTED: readonly (readonly [source: string, end: RegExp, cancel: 'each' | 'main'])[] = [
  ['bpo-27585', /^waiting forever: /, 'each'],
  ['gh-90155, CPython 3.9', /^throws: served in the order w1,w3,w2$/, 'each'],
  ['gh-90155, CPython 3.10.5', /^waiting forever: /, 'each'],
  ['gh-112202, CPython 3.12', /^waiting forever: /, 'each'],
  ['bpo-32841', /^swallowed by: waiter$/, 'each'],
  ['bpo-37658', /^throws: 1 were sent, 0 received, 0 are left$/, 'main'],
  ['python/asyncio#269', /^waiting forever: /, 'each'],
]

// CPython takes two seconds to start.
describe.runIf(longForm)('CPython', () => {
  let python: PyodideAPI
  beforeAll(async () => {
    python = await loadPyodide()
    for (const file of ['test/conformance/python/virtual_loop.py', 'test/bugs/ported.py']) {
      python.runPython(readFileSync(`${root}${file}`, 'utf8'), { filename: file })
    }
  })

  function runPorted(source: string, which: number, plan: Plan): string {
    python.globals['set']('ported', python.toPy([source, which]))
    python.globals['set']('plan', python.toPy(plan))
    // In there, the host's own loop is the running loop.
    return python.runPython('asyncio.events._set_running_loop(None); run_ported(*ported, **plan)') as string
  }

  it.each(PORTED)('fails in the schedule that explore() finds, and not without it: %s', async (source, end, cancel) => {
    const bug = bugs.find((one) => one.source === source)
    if (bug === undefined) throw new Error(`${source} is not in test/bugs`)
    const { replay, message } = (await explore(bug.broken, { ...bug.options, cancel }).catch(
      (error: unknown) => error,
    )) as ExplorationError
    const plan = planOf(replay)
    const broken = runPorted(source, BROKEN, plan)
    expect(broken).toMatch(end)
    if (broken.startsWith('throws: ')) expect(message).toContain(broken.slice('throws: '.length))
    expect({ source, undisturbed: runPorted(source, BROKEN, {}) }).toEqual({ source, undisturbed: 'ends' })
    expect({ replay, fixed: runPorted(source, FIXED, plan) }).toEqual({ replay, fixed: 'ends' })
  })
})

/** A disturbance of a run: one cancellation, before or after one step of one Task, or one late wake-up of the loop. */
type Plan = { cancel?: [path: string, where: string, stepOf: string, step: number]; late?: [ms: number, at: number] }

function planOf(replay: string): Plan {
  const late = /^late (\d+) at (\d+)$/.exec(replay)
  if (late !== null) return { late: [Number(late[1]), Number(late[2])] }
  const cancel = /^cancel (?:main\/)?(\S+) (before|after) (?:(?:main\/)?(\S+)#|#)(\d+)$/.exec(replay)
  if (cancel === null) throw new Error(`CPython cannot be made to do this: ${replay}`)
  const [, path = '', where = '', stepOf = path, step = ''] = cancel
  return { cancel: [path, where, stepOf, Number(step)] }
}
