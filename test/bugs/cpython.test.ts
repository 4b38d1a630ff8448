// What test/bugs has ported from asyncio is not made up: CPython fails at the same cancellation.

import { readFileSync } from 'node:fs'
import { type ExplorationError, explore } from '@spindle/testing'
import { loadPyodide, type PyodideAPI } from 'pyodide'
import { beforeAll, describe, expect, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { root } from '../tooling/run-example.ts'
import { bugs } from './all.ts'

const BROKEN = 0
const FIXED = 1
const PORTED = ['bpo-27585', 'gh-90155, CPython 3.10.5', 'gh-112202, CPython 3.12', 'bpo-32841', 'python/asyncio#269']

// CPython takes two seconds to start.
describe.runIf(longForm)('CPython', () => {
  let python: PyodideAPI
  beforeAll(async () => {
    python = await loadPyodide()
    for (const file of ['test/conformance/python/virtual_loop.py', 'test/bugs/ported.py']) {
      python.runPython(readFileSync(`${root}${file}`, 'utf8'), { filename: file })
    }
  })

  function runPorted(source: string, which: number, replay: string): string {
    const [, path = '', where = '', stepOf = '', own = '', step = ''] =
      /^cancel (?:main\/)?(\S+) (before|after) (?:(?:main\/)?(\S+)#|(#))(\d+)$/.exec(replay) ?? []
    python.globals['set']('ported', python.toPy([source, which, path, where, own === '' ? stepOf : path, Number(step)]))
    // The host's own loop is the running one in there.
    return python.runPython('asyncio.events._set_running_loop(None); run_ported(*ported)') as string
  }

  it.each(PORTED)('fails at the cancellation that explore() finds, and not without it: %s', async (source) => {
    const bug = bugs.find((one) => one.source === source)
    if (bug === undefined) throw new Error(`${source} is not in test/bugs`)
    const { replay, kind } = (await explore(bug.broken, bug.options).catch(
      (error: unknown) => error,
    )) as ExplorationError
    expect(replay).toMatch(/^cancel \S+ (before|after) \S+$/)
    expect(runPorted(source, BROKEN, replay)).toMatch(kind === 'check' ? /^swallowed by/ : /^waiting forever/)
    expect({ source, uncancelled: runPorted(source, BROKEN, '') }).toEqual({ source, uncancelled: 'ends' })
    expect({ replay, fixed: runPorted(source, FIXED, replay) }).toEqual({ replay, fixed: 'ends' })
  })
})
