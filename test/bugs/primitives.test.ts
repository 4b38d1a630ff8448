import { explore } from '@spindle/testing'
import { describe, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { primitives } from './primitives.ts'

const RUNS = longForm ? 2_000 : 30

describe('Whatever is cancelled, once or twice, and however late the loop is', () => {
  it.each(primitives)('$name keeps its promises', async ({ name, setup, program, check }) => {
    // Which consumer of a Queue has to go without depends on the time. explore() takes a hang that has only moved to
    // another consumer for a new one.
    const late = name === 'Queue' ? 0 : 5
    // First every single cancellation, then some of the pairs.
    await explore(program, { setup, check, late: 0, runs: RUNS } as never)
    await explore(program, { setup, check, cancel: 'twice', late, runs: RUNS, seed: 2 } as never)
  })
})
