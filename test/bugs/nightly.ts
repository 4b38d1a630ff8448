// A million schedules of the programs with their bugs fixed, and of Spindle's own primitives. None may fail.
//   npm run explore -- --nightly          1,000,000 schedules, from a new seed each time
//   npm run explore -- --nightly 1000 7   1,000 schedules, from seed 7

import { type ExploreOptions, explore } from '@spindle/testing'
import type { Coroutine } from 'spindle'
import { bugs } from './all.ts'
import { primitives } from './primitives.ts'

const total = Number(process.argv[3] ?? 1_000_000)
const seed = Number(process.argv[4] ?? Date.now() % 1_000_000)

interface Subject {
  readonly name: string
  readonly program: (given: never) => Coroutine<unknown>
  readonly options: ExploreOptions<never, unknown>
}

const subjects: Subject[] = [
  ...bugs.map(({ source, name, fixed, options }) => ({
    name: `${source}, mended: ${name}`,
    program: fixed,
    options: (options ?? {}) as unknown as Subject['options'], // which has no setup
  })),
  ...primitives.map(({ name, program, setup, check }) => ({
    name,
    program,
    // The cast: where a bug is defined, its parts are checked against each other.
    options: { setup, check, cancel: 'twice', late: 5 } as ExploreOptions<never, unknown>,
  })),
]

const runs = Math.max(1, Math.round(total / subjects.length))
let failed = 0
console.log(`${subjects.length} programs, ${runs} schedules each, seed ${seed}`)
for (const { name, program, options } of subjects) {
  const start = performance.now()
  try {
    const { covered } = await explore(program, { ...options, runs, seed })
    console.log(`✓ ${name}: ${covered} (${Math.round(performance.now() - start)} ms)`)
  } catch (error) {
    failed++
    console.log(`✗ ${name}\n${error instanceof Error ? error.message : error}`)
  }
}
process.exitCode = failed === 0 ? 0 : 1
