import { describe, expect, it } from 'vitest'
import { explain, firstDifference } from '../compare.ts'
import { asCompleted, body, callSoon, cancel, giveBack, note, sleep, spawn } from '../constructs/index.ts'
import { constructs, type Node, numbered, type Program } from '../language.ts'
import { runOnSpindle } from '../spindle.ts'
import { randomProgram } from './maker.ts'
import { shrink, smallerPrograms } from './shrink.ts'

const kindOf = ({ op }: Node): string | undefined => constructs.get(op)?.kind
const program: Program = { name: 'three steps', main: [spawn('a', sleep(5), note(1)), sleep(2), cancel('a', 'why')] }

describe('a random program', () => {
  it('is the same for the same seed', () => {
    expect(randomProgram(7)).toEqual(randomProgram(7))
    expect(randomProgram(7)).not.toEqual(randomProgram(8))
  })
})

describe('shrink', () => {
  it('leaves only the lines that make the difference', () => {
    const hasBang = (candidate: Program): boolean => JSON.stringify(candidate).includes('"op":"raise","type":"Bang"')
    const large = Array.from({ length: 200 }, (_, seed) => randomProgram(seed)).find(hasBang)
    expect(large).toBeDefined()
    const small = shrink(large as Program, (candidates) => candidates.map(hasBang))
    expect(small.main).toEqual([expect.objectContaining({ op: 'raise', type: 'Bang' })])
  })

  it('returns the program itself if nothing smaller differs', () => {
    expect(shrink(program, (candidates) => candidates.map(() => false))).toBe(program)
  })

  it('tries nothing that is larger', () => {
    const size = JSON.stringify(program).length
    for (const smaller of smallerPrograms(program)) {
      expect(JSON.stringify(smaller).length).toBeLessThanOrEqual(size)
      expect(smaller).not.toEqual(program)
    }
  })

  it('leaves awaitables among awaitables, and actions in a callback', () => {
    const main = [asCompleted([body(giveBack(1))]), callSoon(spawn('a', sleep(1)))]
    const kinds = (field: 'of' | 'actions'): unknown[] =>
      [...smallerPrograms({ name: 'nested', main })].flatMap((smaller) =>
        smaller.main.flatMap((node) => [(node as Partial<Record<typeof field, Node>>)[field] ?? []].flat().map(kindOf)),
      )
    expect([...new Set(kinds('of'))]).toEqual(['awaitable'])
    expect([...new Set(kinds('actions'))]).toEqual(['action'])
  })
})

describe('a difference', () => {
  const trace = runOnSpindle(numbered(program))

  it('is found in a message, an order, and at the end', () => {
    expect(firstDifference(trace, trace, {})).toBeUndefined()
    expect(firstDifference(trace, trace.toSpliced(0, 1), {})).toBe(0)
    expect(firstDifference(trace, [...trace, 'more'], {})).toBe(trace.length)
    const at = trace.findIndex((entry) => entry.includes('"why"'))
    expect(at).toBeGreaterThan(0)
    expect(firstDifference(trace, trace.with(at, '2 a #2 ! CancelledError("")'), {})).toBe(at)
  })

  it('is shown with the program in both languages and the traces side by side', () => {
    const shown = explain(numbered(program), trace, trace.with(1, '0 main #1 = 5'), { debug: true })
    expect(shown).toContain('three steps (debug): CPython and Spindle differ')
    expect(shown).toContain("    a = asyncio.create_task(a_1(), name='a')  # 1")
    expect(shown).toContain("    a.cancel('why')  // 5")
    expect(shown).toMatch(/^✗ 0 main #1 = None +│ 0 main #1 = 5$/m)
  })
})
