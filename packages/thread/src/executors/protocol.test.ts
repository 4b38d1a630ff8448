import { serialize } from 'node:v8'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomCases } from '../../../../test/tooling/long-form.ts'
import { packError } from '../transport/error-record.ts'
import { pack, SERIALIZED, serialized } from '../transport/serialize.ts'
import { readError } from './call-values.ts'
import { type FromWorker, fromWire, isReply, messageWith, type ToWorker, toWire } from './protocol.ts'

describe('isReply', () => {
  it('handles the messages of a process', () => {
    const error = new AggregateError([new Error('one')], 'all', { cause: new RangeError('why') })
    const value = serialized({ value: packError(error), standIns: undefined })
    const replies: FromWorker[] = [
      { kind: 'result', id: 1, value: serialized(pack({ a: 1 }, [])) },
      { kind: 'error', id: 1, value },
      { kind: 'refused', value },
      { kind: 'left-behind', call: 'spin', where: 'process 1', value },
    ]
    expect(structuredClone(replies).filter((reply) => !isReply(reply))).toEqual([])
    expect(readError(value)).toEqual(error)
  })

  it('lets nothing pass that the pool could fail on', () => {
    const bytes = fc.oneof(fc.uint8Array(), fc.anything().map(serialize))
    const value = fc.oneof(
      bytes.map((value) => ({ value, standIns: SERIALIZED })),
      fc.anything(),
    )
    const kind = fc.constantFrom('result', 'error', 'refused', 'left-behind', 'ended')
    const message = fc.record({ kind, id: fc.oneof(fc.integer(), fc.anything()), value, call: fc.string() })
    fc.assert(
      fc.property(fc.oneof(fc.anything(), message), (received) => {
        if (isReply(received) && 'value' in received) readError(received.value)
      }),
      { numRuns: randomCases(100, 100) }, // more of them: npm run fuzz -- 20000 protocol
    )
  })
})

describe('toWire', () => {
  const call: ToWorker = {
    kind: 'call',
    id: 3,
    fn: 2,
    reference: undefined,
    args: { value: [[1, { a: 2 }]], standIns: undefined },
    how: 'many',
    credit: 4,
    isTimed: true,
    ticket: 3,
  }
  const messages: readonly (ToWorker | FromWorker)[] = [
    call,
    { kind: 'stop', id: 3 },
    { kind: 'credit', id: 3, count: 2 },
    { kind: 'result', id: 3, value: { value: [1, 2, 3], standIns: undefined } },
    { kind: 'result', id: 3, value: { value: undefined, standIns: undefined } },
    { kind: 'result', id: 3, value: { value: [], standIns: [{ name: 'Event', packed: 1 }] } },
    { kind: 'item', id: 3, value: { value: {}, standIns: undefined } },
    { kind: 'ended' },
  ]

  it('is undone by fromWire', () => {
    expect(messages.map((message) => fromWire(structuredClone(toWire(message))))).toEqual(messages)
  })

  it('sends with a call and its result only objects of the program', () => {
    const sent = [call, messages[4] as FromWorker].map((message) =>
      (toWire(message) as unknown[]).map((part) => typeof part),
    )
    expect(sent).toEqual([
      ['number', 'number', 'undefined', 'object', 'undefined', 'string', 'number', 'boolean', 'number'],
      ['number', 'undefined', 'undefined'],
    ])
  })
})

describe('messageWith', () => {
  it('takes only what begins with the token', () => {
    const received = [null, 'listening', { kind: 'error', id: 1 }, ['other', 1], ['token', 1, 2], ['token', 1]]
    expect(received.map((each) => messageWith('token', each))).toEqual([...Array(5).fill(undefined), 1])
  })
})
