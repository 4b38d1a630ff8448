// Changes one place of a file after the other in a copy of the sources, as `mutantsOf` of the Lab knows how, and counts
// how many of these mutants the checks find: the programs of the conformance proof first, then the tests of its folder.

import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { mutantsOf } from '../../apps/lab/test/mutants.ts'
import { root } from '../tooling/run-example.ts'

/** Runs a check of the copy, and returns whether it found a fault. */
export type Found = (args: readonly string[]) => boolean

/** Prints each mutant that survives, and the score of each file. @returns whether any survived */
export function mutate(copy: string, proof: readonly string[], found: Found, args: readonly string[]): boolean {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { changed: { type: 'boolean' }, every: { type: 'string', default: '1' } },
  })
  const files = values.changed ? changedFiles() : positionals
  if (files.length === 0) throw new Error('mutate which files? npm run plant mutate packages/task/src/sync/event.ts')
  let survived = 0
  for (const file of files) {
    const source = readFileSync(join(root, file), 'utf8')
    const mutants = mutantsOf(source).filter((_, index) => index % Number(values.every) === 0)
    const tests = ['node_modules/vitest/vitest.mjs', 'run', '--bail=1', '--project=together', `${dirname(file)}/`]
    const left = mutants.filter((mutant) => {
      writeFileSync(join(copy, file), mutant.source)
      const isFound = found(proof) || found(tests)
      if (!isFound) console.log(`survived  ${file}: ${mutant.what}`)
      return !isFound
    })
    writeFileSync(join(copy, file), source)
    const killed = mutants.length - left.length
    console.log(`${file}: ${killed} of ${mutants.length} found, ${Math.floor((100 * killed) / mutants.length)} %`)
    survived += left.length
  }
  return survived > 0
}

/** The sources of loop and task that differ from main. */
function changedFiles(): string[] {
  const args = ['diff', '--name-only', 'main', '--', 'packages/loop/src', 'packages/task/src']
  const { stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8' })
  return stdout.split('\n').filter((file) => file.endsWith('.ts') && !/\.(?:test|test-d|fixture)\.ts$/.test(file))
}
