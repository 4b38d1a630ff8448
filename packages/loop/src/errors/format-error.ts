// How an error is printed where nobody could catch it: with its stack, what caused it, and, of a group, what is in it.
//
//   ExceptionGroup: unhandled errors in a TaskGroup (2 sub-exceptions)
//       at …
//     +-+---------------- 1 ----------------
//       | Error: one
//       |     at …
//       +---------------- 2 ----------------
//       | RangeError: two
//       |     at …
//       +------------------------------------

import { repr } from '../inspect/repr.ts'

const RULE = '----------------'

export function formatError(error: unknown): string {
  return formatWithin(error, new Set())
}

function formatWithin(error: unknown, above: ReadonlySet<unknown>): string {
  if (!(error instanceof Error)) return `thrown: ${repr(error)}`
  if (above.has(error)) return `${error.name}: … (shown above)` // a chain of causes may close
  const seen = new Set(above).add(error)
  const lines = [stackOf(error)]
  if (error instanceof AggregateError) lines.push(describeMembers(error.errors, seen))
  if (error.cause !== undefined) lines.push(`Caused by: ${formatWithin(error.cause, seen)}`)
  return lines.join('\n')
}

function describeMembers(errors: readonly unknown[], above: ReadonlySet<unknown>): string {
  const parts = errors.map((error, i) => {
    const rule = `${i === 0 ? '  +-+' : '    +'}${RULE} ${i + 1} ${RULE}`
    const text = formatWithin(error, above).split('\n')
    return [rule, ...text.map((line) => `    | ${line}`)].join('\n')
  })
  return [...parts, `    +${RULE}----${RULE}`].join('\n')
}

/** The stack, headed by what the error says of itself: a group tells how many it holds. */
function stackOf(error: Error): string {
  const stack = error.stack
  const head = error.message === '' ? error.name : `${error.name}: ${error.message}`
  if (stack === undefined) return String(error)
  return stack.startsWith(head) ? String(error) + stack.slice(head.length) : stack
}
