// Shows that the proof can fail: plants each bug of bugs.ts in a copy of the sources, runs the programs there, and
// prints which bugs were caught.
//   pnpm conformance:planted

import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CPython } from '../cpython.ts'
import { type Bug, bugs } from './bugs.ts'
import type { Expected } from './check-copy.ts'
import { programsToCheck } from './programs.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
// A bug may well make a loop that never ends.
const LONGEST_MS = 60_000

const copy = mkdtempSync(join(tmpdir(), 'spindle-planted-'))
const traces = join(copy, 'traces.json')
try {
  copySources()
  await writeTraces()
  const sound = check()
  if (sound.caught) throw new Error(`without any bug: ${sound.how}`)
  const missed = bugs.filter((bug, index) => {
    const { caught, how } = plant(bug)
    console.log(`${String(index + 1).padStart(2)} ${caught ? 'caught' : 'MISSED'}  ${bug.what}\n            ${how}`)
    return !caught
  })
  console.log(`${bugs.length - missed.length} of ${bugs.length} bugs were caught`)
  process.exitCode = missed.length === 0 ? 0 : 1
} finally {
  rmSync(copy, { recursive: true })
}

function copySources(): void {
  for (const part of ['packages', 'test', 'package.json', 'tsconfig.json', 'tsconfig.base.json']) {
    const isSource = (file: string): boolean => !/[\\/]dist$|\.test\.ts$/.test(file)
    // The links between the packages are relative: in the copy they lead to the copy.
    cpSync(join(root, part), join(copy, part), { recursive: true, verbatimSymlinks: true, filter: isSource })
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
}

/** CPython's traces are the same for each bug, so they are recorded once. */
async function writeTraces(): Promise<void> {
  const cpython = await CPython.start()
  const programs = programsToCheck(cpython)
  const expected: Expected[] = []
  for (let start = 0; start < programs.length; start += 500) {
    const batch = programs.slice(start, start + 500)
    const batchTraces = cpython.run(batch)
    expected.push(...batch.map((program, index) => ({ program, trace: batchTraces[index] ?? [] })))
  }
  console.log(`${expected.length} programs against ${bugs.length} bugs`)
  writeFileSync(traces, JSON.stringify(expected))
}

function plant({ file, find, replace }: Bug): { caught: boolean; how: string } {
  const path = join(copy, file)
  const sound = readFileSync(path, 'utf8')
  if (sound.split(find).length !== 2) return { caught: false, how: `${file} does not have the place exactly once` }
  writeFileSync(
    path,
    sound.replace(find, () => replace),
  )
  try {
    return check()
  } finally {
    writeFileSync(path, sound)
  }
}

function check(): { caught: boolean; how: string } {
  const program = join(copy, 'test/conformance/planted/check-copy.ts')
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/tsx/dist/cli.mjs'), program, traces],
    { cwd: copy, encoding: 'utf8', timeout: LONGEST_MS },
  )
  if (signal !== null) return { caught: true, how: 'a program never ended' }
  if (status === 0) return { caught: false, how: 'all traces are equal' }
  return { caught: true, how: stdout.trim() || (stderr.split('\n').find((line) => /Error/.test(line)) ?? 'it crashed') }
}
