import { describe, expect, it } from 'vitest'
import { SharedCell } from '../index.ts'

describe('SharedCell', () => {
  it('holds one value of its type', () => {
    const cells = [
      new SharedCell('boolean', true),
      new SharedCell('int32', -5),
      new SharedCell('float64', 0.1),
      new SharedCell('bigint64', -(2n ** 40n)),
    ]
    expect(cells.map((cell) => cell.value)).toEqual([true, -5, 0.1, -(2n ** 40n)])
    expect(`${cells[1]}`).toMatch(/^<SharedCell\(int32, -5\) at 0x7f[0-9a-f]{10}>$/)
  })

  it('is changed as a whole', () => {
    const cell = new SharedCell('float64', 1.5)
    expect([cell.add(1), cell.update((n) => n * 2), cell.compareAndSet(5, 6), cell.compareAndSet(5, 7)]).toEqual([
      2.5,
      5,
      true,
      false,
    ])
    cell.value = Number.POSITIVE_INFINITY
    expect(cell.value).toBe(Number.POSITIVE_INFINITY)
  })

  it('refuses values and types that do not fit', () => {
    expect(() => new SharedCell('int32', 'one' as never)).toThrow("a SharedCell of int32 can't hold 'one'")
    expect(() => new SharedCell('text' as never, 1 as never)).toThrow("a SharedCell holds no 'text'")
  })
})
