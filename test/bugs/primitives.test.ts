import { readFileSync } from 'node:fs'
import { cancelEverywhere, explore } from '@spindle/testing'
import { type Coroutine, createTask, gather, sleep } from 'spindle'
import { StreamReader } from 'spindle/node'
import { describe, expect, it } from 'vitest'
import { root } from '../tooling/run-example.ts'
import { plants } from './plants.ts'
import { primitives } from './primitives.ts'

const RUNS = process.env['SPINDLE_TESTS'] === 'all' ? 2_000 : 60

describe('Whatever is cancelled, once or twice, and however late the loop is', () => {
  it.each(primitives)('$name holds what it promises', async ({ setup, program, check }) => {
    // First all that one cancellation can do, then some of what two can.
    await explore(program, { setup, check, late: 0, runs: RUNS } as never)
    await explore(program, { setup, check, cancel: 'twice', late: 5, runs: RUNS, seed: 2 } as never)
  })

  it('a StreamReader loses no byte', async () => {
    // Streams are driven by the host alone, so that it is swept, and not explored.
    interface Given {
      readonly reader: StreamReader
      readonly lines: string[]
      fed: string
    }
    function* program(given: Given): Coroutine<void> {
      const { reader, lines } = given
      function* feeder(): Coroutine<void> {
        for (const piece of ['on', 'e\ntw', 'o\n']) {
          yield* sleep(0)
          reader.feedData(new TextEncoder().encode(piece))
          given.fed += piece
        }
      }
      function* consumer(): Coroutine<void> {
        for (let line = yield* reader.readLine(); line.length > 0; line = yield* reader.readLine())
          lines.push(String(line))
      }
      const tasks = [createTask(feeder(), { name: 'feeder' }), createTask(consumer(), { name: 'consumer' })]
      tasks[0]?.addDoneCallback(() => reader.feedEof()) // however it ends
      yield* gather(tasks, { returnExceptions: true })
    }
    function* check({ given }: { given: Given }): Coroutine<void> {
      const { reader, lines, fed } = given
      if (fed === '') return // it may not have begun
      expect(lines.join('') + String(yield* reader.read(-1))).toBe(fed)
    }
    const setup = (): Given => ({ reader: new StreamReader(), lines: [], fed: '' })
    const runs = await cancelEverywhere(program, check, { setup, tasks: 'each', times: 2 })
    expect(runs).toBeGreaterThan(100)
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
