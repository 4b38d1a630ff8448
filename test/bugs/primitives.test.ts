import { readFileSync } from 'node:fs'
import { explore } from '@spindle/testing'
import { describe, expect, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { root } from '../tooling/run-example.ts'
import { plants } from './plants.ts'
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

describe('The breakages to plant', () => {
  it('are three for each primitive at least', () => {
    const counts = new Map<string, number>()
    for (const { file } of plants) counts.set(file, (counts.get(file) ?? 0) + 1)
    expect([...counts].filter(([, count]) => count < 3)).toEqual([])
  })

  it.each(plants)('have their place exactly once: $what', ({ file, find }) => {
    expect(readFileSync(`${root}${file}`, 'utf8').split(find)).toHaveLength(2)
  })
})
