import { RuntimeError } from '@spindle/loop'
import { isSuspension, repr } from '@spindle/loop/internal'

/** The items of a streamed function. @throws TypeError if the result can't be iterated, or yields awaitables */
export function iterate(result: unknown, name: string): Iterator<unknown> | AsyncIterator<unknown> {
  const object = Object(result) as Partial<AsyncIterable<unknown> & Iterable<unknown>>
  const iterateAsync = object[Symbol.asyncIterator]
  if (typeof iterateAsync === 'function') return iterateAsync.call(object)
  if (typeof object[Symbol.iterator] !== 'function')
    throw new TypeError(`${name}() was submitted as a stream and must return an iterable, got ${repr(result)}`)
  return checked(object as Iterable<unknown>, name)
}

function* checked(items: Iterable<unknown>, name: string): Generator<unknown> {
  try {
    for (const item of items) {
      if (isSuspension(item)) throw cannotWait(name)
      yield item
    }
  } catch (error) {
    if (error instanceof RuntimeError && error.message.startsWith('no running event loop'))
      throw cannotWait(name, error)
    throw error
  }
}

function cannotWait(name: string, cause?: unknown): TypeError {
  return new TypeError(
    `${name}() was submitted as a stream, where each \`yield\` sends a value, and can't wait with \`yield*\`. ` +
      'Write an `async function*`',
    { cause },
  )
}
