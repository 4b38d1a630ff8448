// Shows that the storm can fail: plants each bug of bugs.ts in a copy of the sources, runs storms there, and prints
// which bugs were found.
//   npm run fuzz:planted

import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../tooling/run-example.ts'
import { bugs } from './bugs.ts'

// A bug may well make a loop that never ends.
const LONGEST_MS = 120_000

const copy = mkdtempSync(join(tmpdir(), 'spindle-storm-'))
try {
  cpSync(join(root, 'packages'), join(copy, 'packages'), {
    recursive: true,
    verbatimSymlinks: true, // the links between the packages are relative: in the copy they lead to the copy
    filter: (file) => !/[\\/]dist$|\.test\.ts$/.test(file),
  })
  for (const part of ['test', 'tsconfig.json', 'tsconfig.base.json', 'package.json']) {
    cpSync(join(root, part), join(copy, part), { recursive: true, verbatimSymlinks: true })
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  const sound = storm()
  if (sound.found) throw new Error(`without any bug: ${sound.how}`)
  const missed = bugs.filter(({ what, file, find, replace }, index) => {
    const path = join(copy, file)
    const source = readFileSync(path, 'utf8')
    writeFileSync(
      path,
      source.replace(find, () => replace),
    )
    const { found, how } = storm()
    writeFileSync(path, source)
    console.log(`${String(index + 1).padStart(2)} ${found ? 'found ' : 'MISSED'}  ${what}\n            ${how}`)
    return !found
  })
  console.log(`${bugs.length - missed.length} of ${bugs.length} bugs were found`)
  process.exitCode = missed.length === 0 ? 0 : 1
} finally {
  rmSync(copy, { recursive: true })
}

function storm(): { found: boolean; how: string } {
  const loader = join(copy, 'test/tooling/typescript/register.mjs')
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', loader, join(copy, 'test/task/cancel-storm-copy.fixture.ts')],
    { cwd: copy, encoding: 'utf8', timeout: LONGEST_MS },
  )
  if (signal !== null) return { found: true, how: 'a storm never ended' }
  if (status === 0) return { found: false, how: stdout.trim() }
  return { found: true, how: stdout.trim() || (stderr.split('\n').find((line) => /Error/.test(line)) ?? 'it crashed') }
}
