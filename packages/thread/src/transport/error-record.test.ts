import { runInNewContext } from 'node:vm'
import * as loop from '@spindle/loop/internal'
import { describe, expect, it } from 'vitest'
import { packError, unpackError } from './error-record.ts'

const sent = (error: unknown): unknown => unpackError(structuredClone(packError(error)))

describe('an error that has crossed', () => {
  it('keeps its class, message and properties without those that throw when they are read', () => {
    const error = Object.assign(new RangeError('the disk is full'), { code: 'E_FULL' })
    Object.defineProperty(error, 'response', {
      enumerable: true,
      get() {
        throw new Error('already consumed')
      },
    })
    const got = sent(error) as RangeError & { code: string }
    expect({ isRangeError: got instanceof RangeError, text: got.message, keys: Object.keys(got) }).toEqual({
      isRangeError: true,
      text: 'the disk is full',
      keys: ['code'],
    })
  })

  it('keeps its class, also a plain one, and so do its causes', () => {
    const error = new AggregateError([new Error('one'), new RangeError('two')], 'all', { cause: new Error('why') })
    const got = sent(error) as AggregateError
    const types = [got, got.cause, ...got.errors].map((each) => Object.getPrototypeOf(each) as object)
    expect(types.map((type) => type.constructor)).toEqual([AggregateError, Error, Error, RangeError])
    expect(Object.getPrototypeOf(sent(new loop.RuntimeError('ours')))).toBe(loop.RuntimeError.prototype)
  })

  it('keeps its properties if it is of another realm, as those of Node are in a test of Jest', () => {
    const got = sent(runInNewContext("Object.assign(new RangeError('far'), { code: 'EFAR' })"))
    expect([String(got), got]).toEqual(['RangeError: far', expect.objectContaining({ code: 'EFAR' })])
  })

  it('is a DOMException with its name and code, if it was one', () => {
    const got = sent(new DOMException('too late', 'AbortError')) as DOMException
    expect({ name: got.name, code: got.code, message: got.message, is: got instanceof DOMException }).toEqual({
      name: 'AbortError',
      code: 20,
      message: 'too late',
      is: true,
    })
  })

  it('is an Error with that name, with a note in its stack, if its class is not loaded here', () => {
    const record = packError(Object.assign(new Error('no'), { name: 'HttpError', status: 503 }))
    const got = unpackError({
      ...record,
      classOf: { module: 'file:///http.js', variable: 'HttpError' },
    } as typeof record)
    expect(got).toMatchObject({ name: 'HttpError', message: 'no', status: 503 })
    expect((got as Error).stack).toContain('its class, HttpError of file:///http.js, is not loaded on this thread')
  })
})
