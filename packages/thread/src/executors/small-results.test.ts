import { describe, expect, it } from 'vitest'
import type { FromWorker } from './protocol.ts'
import { SmallResults } from './small-results.ts'

function ends(slots: number): { writer: SmallResults; read: () => unknown[] } {
  const memory = SmallResults.newMemory(slots)
  const reader = new SmallResults(memory)
  const read = (): unknown[] => {
    const found: unknown[] = []
    reader.readAll(({ id, value }) => found.push([id, value.value]))
    return found
  }
  return { writer: new SmallResults(memory), read }
}

describe('small results', () => {
  it('arrive in order, with one message for all that were not read', () => {
    const { writer, read } = ends(4)
    const values = [1.5, undefined, null, true]
    expect(values.map((value, id) => writer.write(id, value))).toEqual([
      'announce',
      'announced',
      'announced',
      'announced',
    ])
    expect(read()).toEqual(values.map((value, id) => [id, value]))
    expect(writer.write(7, false)).toBe('announce')
    expect(writer.write(8, Number.NaN)).toBe('announced')
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
    expect(writer.write(1, 1)).toBe('announce')
    writer.interrupt()
    expect(writer.write(2, 2)).toBe('no')
    expect(read()).toEqual([[1, 1]])
    expect(writer.write(3, 3)).toBe('announce')
    expect(writer.write(4, 4)).toBe('announced')
    expect(read()).toEqual([
      [3, 3],
      [4, 4],
    ])
  })

  it('that no message has announced are read with the next one, since other messages may be before them', () => {
    const memory = SmallResults.newMemory(3)
    const [writer, reader] = [new SmallResults(memory), new SmallResults(memory)]
    const found: unknown[] = []
    const take = ({ id, value }: FromWorker & { kind: 'result' }): void => {
      found.push([id, value.value])
      writer.interrupt()
      if (found.length === 1) expect([writer.write(2, 2), writer.write(3, 3)]).toEqual(['announce', 'announced'])
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
