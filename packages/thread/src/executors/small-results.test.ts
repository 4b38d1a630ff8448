import { describe, expect, it } from 'vitest'
import { newSharedResults, ResultReader, ResultWriter } from './small-results.ts'

function ends(slots: number): { writer: ResultWriter; read: () => unknown[] } {
  const shared = newSharedResults(slots)
  const reader = new ResultReader(shared)
  const read = (): unknown[] => {
    const found: unknown[] = []
    reader.readAll((id, value) => found.push([id, value]))
    return found
  }
  return { writer: new ResultWriter(shared), read }
}

describe('small results', () => {
  it('arrive in order, with one message for all that were not read', () => {
    const { writer, read } = ends(4)
    const values = [1.5, undefined, null, true]
    expect(values.map((value, id) => writer.write(id, value))).toEqual(['tell', 'told', 'told', 'told'])
    expect(read()).toEqual(values.map((value, id) => [id, value]))
    expect(writer.write(7, false)).toBe('tell')
    expect(writer.write(8, Number.NaN)).toBe('told')
    expect([read(), read()]).toEqual([
      [
        [7, false],
        [8, Number.NaN],
      ],
      [],
    ])
  })

  it('keep each number as it is', () => {
    const { writer, read } = ends(8)
    const numbers = [-0, 2 ** 53, 5e-324, Number.NEGATIVE_INFINITY, -1, 0]
    for (const number of numbers) writer.write(1, number)
    expect(read()).toEqual(numbers.map((number) => [1, number]))
  })

  it('are only numbers and constants', () => {
    const { writer, read } = ends(4)
    expect(['text', 1n, {}].map((value) => writer.write(1, value))).toEqual(['no', 'no', 'no'])
    expect(read()).toEqual([])
  })

  it('do not overtake another message', () => {
    const { writer, read } = ends(4)
    expect(writer.write(1, 1)).toBe('tell')
    writer.interrupt()
    expect(writer.write(2, 2)).toBe('no')
    expect(read()).toEqual([[1, 1]])
    expect(writer.write(3, 3)).toBe('tell')
    expect(writer.write(4, 4)).toBe('told')
    expect(read()).toEqual([
      [3, 3],
      [4, 4],
    ])
  })

  it('of which no message has told are read with the next one, since a message may have been sent before them', () => {
    const shared = newSharedResults(3)
    const [writer, reader] = [new ResultWriter(shared), new ResultReader(shared)]
    const found: unknown[] = []
    const take = (id: number, value: unknown): void => {
      found.push([id, value])
      writer.interrupt()
      if (found.length === 1) expect([writer.write(2, 2), writer.write(3, 3)]).toEqual(['tell', 'told'])
    }
    writer.write(1, 1)
    reader.readAll(take)
    expect(found).toEqual([[1, 1]])
    reader.readAll(take)
    expect(found).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ])
  })

  it('have room while each call has a slot', () => {
    const { writer, read } = ends(3)
    for (let id = 1; id < 100; id += 2) {
      writer.write(id, id)
      writer.write(id + 1, id + 1)
      expect(read()).toEqual([
        [id, id],
        [id + 1, id + 1],
      ])
    }
  })
})
