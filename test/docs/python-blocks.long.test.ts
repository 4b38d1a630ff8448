// What these pages say of Python is true: each block of Python is compiled by CPython, runs there in virtual time, and
// prints what it says; and so does the block of TypeScript behind it, which docs.test.ts runs. What needs sockets,
// processes or threads runs on the `python3` of this machine, if there is one.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { loadPyodide } from 'pyodide-315'
import { beforeAll, describe, expect, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { root } from '../tooling/run-example.ts'
import { pairsIn, printsOf } from './blocks.ts'

const FILES = ['docs/how-to/from-asyncio.md', 'docs/reference/asyncio-listings.md', 'docs/reference/differences.md']
const NEEDS_A_SYSTEM = /start_server|create_subprocess|to_thread/
const hasPython = spawnSync('python3', ['-c', 'import asyncio; asyncio.TaskGroup']).status === 0
const RUN = `
import asyncio, contextlib, io

def run_block(source, only_compile):
    code = compile(source, 'block.py', 'exec')
    if only_compile:
        return ''
    class Runner(asyncio.Runner):
        def __init__(self):
            super().__init__(loop_factory=VirtualLoop)
    def run(main):
        with Runner() as runner:
            return runner.run(main)
    real = asyncio.run, asyncio.Runner
    printed = io.StringIO()
    asyncio.run, asyncio.Runner = run, Runner
    try:
        with contextlib.redirect_stdout(printed):
            exec(code, {'__name__': '__main__', 'asyncio': asyncio})
    finally:
        asyncio.run, asyncio.Runner = real
    return printed.getvalue()

run_block
`

let runBlock: (source: string, onlyCompile: boolean) => string

describe.runIf(longForm).each(FILES)('%s', (file) => {
  const pairs = pairsIn(readFileSync(`${root}${file}`, 'utf8'), 'python')
  beforeAll(async () => {
    const python = await loadPyodide()
    python.runPython('import asyncio; asyncio.events._set_running_loop(None)')
    python.runPython(readFileSync(`${root}test/conformance/python/virtual_loop.py`, 'utf8'))
    runBlock = python.runPython(RUN)
  }, 120_000)

  it.each(pairs)(
    'has Python in line $line that prints the documented output, and TypeScript that prints the same',
    ({ theirs, ours }) => {
      const said = printsOf(theirs)
      const onSystem = NEEDS_A_SYSTEM.test(theirs)
      const printed = onSystem ? runOnSystem(theirs, said) : runBlock(theirs, said.length === 0)
      expect(printed.split('\n').slice(0, -1)).toEqual(said)
      expect(printsOf(ours).map(inPython)).toEqual(said)
    },
  )

  it('has such a pair in each of its parts', () => {
    expect(pairs.length).toBeGreaterThan(3)
  })
})

function runOnSystem(source: string, said: readonly string[]): string {
  runBlock(source, true)
  if (said.length === 0 || !hasPython) return said.map((line) => `${line}\n`).join('')
  const { stdout, stderr } = spawnSync('python3', ['-c', `import asyncio\n${source}`], { encoding: 'utf8' })
  return stdout + stderr
}

// The values as Python prints them.
function inPython(line: string): string {
  return line
    .replaceAll(/\b(true|false)\b/g, (word) => word[0]!.toUpperCase() + word.slice(1))
    .replaceAll(/\[ (.*?) \]/g, '[$1]')
}
