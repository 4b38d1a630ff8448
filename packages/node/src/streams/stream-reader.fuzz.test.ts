// Streams cut anywhere, read in any way, by Tasks that are cancelled while they read: no byte is lost, doubled or out
// of order. More of them: npm run fuzz -- 20000 stream-reader

import { type Coroutine, getRunningLoop } from '@spindle/loop'
import { moveOnAfter, sleep } from '@spindle/task'
import { inVirtualTime } from '@spindle/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomCases } from '../../../../test/tooling/long-form.ts'
import { IncompleteReadError, LimitOverrunError } from './read-errors.ts'
import { StreamReader } from './stream-reader.ts'

const numRuns = randomCases(300, 100)

type Reading =
  | { readonly way: 'read' | 'readExactly'; readonly count: number }
  | { readonly way: 'readLine' }
  | { readonly way: 'readUntil'; readonly separators: readonly string[] }

interface Step {
  readonly reading: Reading
  /** After how many ms the read is given up; undefined: never. */
  readonly givenUp: number | undefined
  readonly pause: number
}

const count = fc.integer({ min: 0, max: 12 })
const reading: fc.Arbitrary<Reading> = fc.oneof(
  fc.record({ way: fc.constantFrom('read' as const, 'readExactly' as const), count }),
  fc.record({ way: fc.constant('readLine' as const) }),
  fc.record({
    way: fc.constant('readUntil' as const),
    separators: fc.uniqueArray(fc.constantFrom('\n', ';', 'a;', 'aa\n', '\n\n'), { minLength: 1, maxLength: 3 }),
  }),
)
const step: fc.Arbitrary<Step> = fc.record({
  reading,
  givenUp: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined, freq: 2 }),
  pause: fc.integer({ min: 0, max: 2 }),
})
const chunk = fc.record({
  text: fc.string({ unit: fc.constantFrom('a', ';', '\n'), minLength: 1, maxLength: 9 }),
  delay: fc.integer({ min: 0, max: 3 }),
})

describe('StreamReader', () => {
  it('delivers each byte once, in order, however data is fed, read and abandoned', { timeout: 300_000 }, async () => {
    const programs = fc.record({
      chunks: fc.array(chunk, { maxLength: 12 }),
      steps: fc.array(step, { maxLength: 25 }),
      limit: fc.constantFrom(4, 16, 1000),
    })
    await fc.assert(
      fc.asyncProperty(programs, ({ chunks, steps, limit }) => inVirtualTime(() => check(chunks, steps, limit))()),
      { numRuns },
    )
  })
})

function* check(
  chunks: readonly { text: string; delay: number }[],
  steps: readonly Step[],
  limit: number,
): Coroutine<void> {
  const all = chunks.map(({ text }) => text).join('')
  const reader = new StreamReader({ limit })
  let when = 0
  for (const { text, delay } of chunks) {
    when += delay
    getRunningLoop().callLater(when, () => reader.feedData(Buffer.from(text)))
  }
  getRunningLoop().callLater(when, () => reader.feedEof())

  let position = 0
  for (const { reading, givenUp, pause } of steps) {
    yield* sleep(pause)
    const rest = all.slice(position)
    const read = yield* outcomeOf(reader, reading, givenUp)
    if (read === undefined) continue // given up: nothing was taken
    if (read instanceof LimitOverrunError || read instanceof RangeError) {
      // A line or part that is longer than the limit. readLine() drops what it has seen of it, so the position is lost.
      expect(partOf(rest, reading)).toBeGreaterThan(limit)
      if (reading.way === 'readLine') return
      continue
    }
    if (read instanceof IncompleteReadError) {
      expect(read.partial.toString()).toBe(rest)
      position = all.length
      continue
    }
    if (read instanceof Error) throw read
    expect(rest.slice(0, read.length)).toBe(read)
    expect(isRight(reading, read, rest)).toBe(true)
    position += read.length
  }
  expect((yield* reader.read()).toString()).toBe(all.slice(position))
  expect(reader.atEof()).toBe(true)
}

function* outcomeOf(
  reader: StreamReader,
  reading: Reading,
  givenUp: number | undefined,
): Coroutine<string | Error | undefined> {
  try {
    return (yield* moveOnAfter(givenUp ?? 1e9, () => start(reader, reading)))?.toString()
  } catch (error) {
    return error as Error
  }
}

function start(reader: StreamReader, reading: Reading): Coroutine<Buffer> {
  if (reading.way === 'readLine') return reader.readLine()
  if (reading.way === 'readUntil') return reader.readUntil(reading.separators)
  return reading.way === 'read' ? reader.read(reading.count) : reader.readExactly(reading.count)
}

/** How long the part of `rest` is that ends with a separator; all of it if none comes. */
function partOf(rest: string, reading: Reading): number {
  const separators = reading.way === 'readUntil' ? reading.separators : ['\n']
  const ends = separators
    .map((separator) => rest.indexOf(separator) + separator.length)
    .filter((end, index) => rest.includes(separators[index] as string) && end > 0)
  return ends.length === 0 ? rest.length : Math.min(...ends)
}

function isRight(reading: Reading, read: string, rest: string): boolean {
  if (reading.way === 'read') return read.length <= reading.count && (read !== '' || rest === '' || reading.count === 0)
  if (reading.way === 'readExactly') return read.length === reading.count
  return read.length === partOf(rest, reading)
}
