import { explore } from '@spindle/testing'
import { describe, expect, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { primitives } from './primitives.ts'

const RUNS = longForm ? 2_000 : 15

describe('Whatever is cancelled, once or twice, and however late the loop is', () => {
  it.each(primitives)('$name keeps its promises', async ({ setup, program, check }) => {
    // First every single cancellation, then some of the pairs.
    await explore(program, { setup, check, late: 0, runs: RUNS } as never)
    await explore(program, { setup, check, cancel: 'twice', late: 5, runs: RUNS, seed: 2 } as never)
  })
})

describe('A Queue with fewer items than its consumers take', () => {
  const { setup, program } = primitives.find(({ name }) => name === 'Queue') as (typeof primitives)[number]

  it.each([
    'busy 5 before main/t6#1; cancel main/t3 before #2',
    'busy 5 before main/t6#1; busy 5 before loop#1; cancel main/t5 before #2',
  ])('has one that waits, another one in each schedule, and no bug: %s', async (replay) => {
    const { covered } = await explore(program, { setup, replay } as never)
    expect(covered).toBe('replay: 1 of 1')
  })
})
