import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packError, unpackError } from '../transport/error-record.ts'
import { pack } from '../transport/serialize.ts'
import { type FromWorker, isReply, messageWith } from './protocol.ts'

describe('isReply', () => {
  it('takes what a process sends', () => {
    const error = packError(new AggregateError([new Error('one')], 'all', { cause: new RangeError('why') }))
    const replies: FromWorker[] = [
      { kind: 'result', id: 1, value: pack({ a: 1 }, []) },
      { kind: 'error', id: 1, error },
      { kind: 'refused', error },
    ]
    expect(structuredClone(replies).filter((reply) => !isReply(reply))).toEqual([])
  })

  it('lets nothing pass that the pool could fail on', () => {
    const message = fc.oneof(
      fc.anything(),
      fc.record(
        {
          kind: fc.constantFrom('result', 'error', 'refused', 'ended'),
          id: fc.anything(),
          value: fc.anything(),
          error: fc.anything(),
        },
        { requiredKeys: [] },
      ),
    )
    fc.assert(
      fc.property(message, (received) => {
        if (!isReply(received)) return
        if (received.kind === 'error' || received.kind === 'refused') unpackError(received.error)
        else expect(received.kind).toBe('result')
      }),
      { numRuns: Number(process.env['SPINDLE_FUZZ_RUNS'] ?? 100) }, // more of them: npm run fuzz -- 20000 protocol
    )
  })
})

describe('messageWith', () => {
  it('takes only what begins with the token', () => {
    const received = [null, 'listening', { kind: 'error', id: 1 }, ['other', 1], ['token', 1, 2], ['token', 1]]
    expect(received.map((each) => messageWith('token', each))).toEqual([...Array(5).fill(undefined), 1])
  })
})
