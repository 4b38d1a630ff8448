import { BrandedError, brandError } from '@spindle/loop/internal'

/** The stream ended before the requested data had arrived. asyncio: `asyncio.IncompleteReadError`. */
export class IncompleteReadError extends BrandedError {
  /** The bytes that were read before the end. */
  readonly partial: Buffer
  /** The number of requested bytes; undefined: up to a separator. */
  readonly expected: number | undefined

  constructor(partial: Buffer, expected: number | undefined) {
    super(`${partial.length} bytes read on a total of ${expected ?? 'undefined'} expected bytes`)
    this.partial = partial
    this.expected = expected
  }
}

/**
 * A separator was not found within the limit. What was read stays in the buffer. asyncio: `asyncio.LimitOverrunError`.
 */
export class LimitOverrunError extends BrandedError {
  /** How many bytes can be taken out that hold no separator. */
  readonly consumed: number

  constructor(message: string, consumed: number) {
    super(message)
    this.consumed = consumed
  }
}

brandError(IncompleteReadError, 'IncompleteReadError')
brandError(LimitOverrunError, 'LimitOverrunError')
