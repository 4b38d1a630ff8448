// Shows that the proof, the storm and the exploration can fail: plants one bug after the other in a copy of the
// sources, runs a check there, and prints which bugs it found.
//   npm run plant conformance        or storm, or exploration
//   npm run plant storm semaphore    only bugs whose description contains all of the words

import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CPython } from '../conformance/cpython.ts'
import { root } from '../tooling/run-example.ts'
import type { Bug } from './bugs-in.ts'
import type { Expected } from './check-copy.fixture.ts'
import { bugs } from './conformance-bugs.ts'
import { plants } from './exploration-bugs.ts'
import { programsToCheck } from './programs-to-check.ts'
import { bugs as stormBugs } from './storm-bugs.ts'

/** A program that checks the copy, and exits with 1 at the first fault. */
interface Check {
  readonly program: string
  readonly bugs: readonly Bug[]
  /** Writes a file for the program. */
  readonly prepare?: (file: string) => Promise<void>
}

const checks: Record<string, Check> = {
  conformance: { program: 'check-copy.fixture.ts', bugs, prepare: writeTraces },
  storm: { program: 'storm-copy.fixture.ts', bugs: stormBugs },
  exploration: { program: 'explore-copy.fixture.ts', bugs: plants },
}
// A bug may well make a loop that never ends. On an idle machine, the longest check takes 40 s.
const LONGEST_MS = 300_000

const [name = '', ...words] = process.argv.slice(2)
const chosen = checks[name]
if (chosen === undefined) throw new Error(`plant which bugs? ${Object.keys(checks).join(', ')}`)
const copy = mkdtempSync(join(tmpdir(), 'spindle-planted-'))
try {
  process.exitCode = (await missedBy(chosen)) === 0 ? 0 : 1
} finally {
  rmSync(copy, { recursive: true })
}

async function missedBy(check: Check): Promise<number> {
  const wanted = check.bugs.filter(({ what }) => words.every((word) => what.includes(word)))
  copySources()
  await check.prepare?.(join(copy, 'expected.json'))
  const sound = resultOf(check)
  if (sound.found) throw new Error(`without any bug: ${sound.how}`)
  const missed = wanted.filter(({ what, file, find, replace }, index) => {
    const path = join(copy, file)
    const source = readFileSync(path, 'utf8')
    const broken = source.replace(find, () => replace)
    writeFileSync(path, broken)
    const { found, how } = resultOf(check)
    writeFileSync(path, source)
    console.log(`${String(index + 1).padStart(2)} ${found ? 'found ' : 'MISSED'}  ${what}\n            ${how}`)
    return !found
  })
  console.log(`${wanted.length - missed.length} of ${wanted.length} bugs were found`)
  return missed.length
}

function copySources(): void {
  for (const part of ['packages', 'test', 'package.json', 'tsconfig.json', 'tsconfig.base.json']) {
    const isSource = (file: string): boolean => !/[\\/](?:dist|\.compiled)$|\.test\.ts$/.test(file)
    // The links between the packages are relative: in the copy they lead to the copy.
    cpSync(join(root, part), join(copy, part), { recursive: true, verbatimSymlinks: true, filter: isSource })
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
}

function resultOf({ program }: Check): { found: boolean; how: string } {
  const loader = join(copy, 'test/tooling/typescript/register.mjs')
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', loader, join(copy, 'test/planted', program), join(copy, 'expected.json')],
    { cwd: copy, encoding: 'utf8', timeout: LONGEST_MS },
  )
  if (signal !== null) return { found: true, how: 'a run never ended' }
  if (status === 0) return { found: false, how: stdout.trim() }
  return { found: true, how: stdout.trim() || (stderr.split('\n').find((line) => /Error/.test(line)) ?? 'it crashed') }
}

/** Writes the programs with CPython's traces, which are the same for each bug. */
async function writeTraces(file: string): Promise<void> {
  const cpython = await CPython.start()
  const programs = programsToCheck(cpython)
  const expected: Expected[] = []
  for (let start = 0; start < programs.length; start += 500) {
    const batch = programs.slice(start, start + 500)
    const traces = cpython.run(batch)
    expected.push(...batch.map((program, index) => ({ program, trace: traces[index] ?? [] })))
  }
  writeFileSync(file, JSON.stringify(expected))
}
