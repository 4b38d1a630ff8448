// Prints an error that nothing could catch: its stack, its cause and, for a group, its members.
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
//
// An error may come from untrusted input, and errors may refer to each other in any way. The report is limited in
// width, depth and length, shows each error once, and is printed whatever an error's own code does.

import { foldedStack } from '../inspect/fold-frames.ts'
import { withFramesInLine } from '../inspect/frames-in-line.ts'
import { printable, printableLines } from '../inspect/printable.ts'
import { isError, repr } from '../inspect/repr.ts'

const RULE = '----------------'
const INDENTATION = '    | '

// Python's limits for a printed traceback.
const MAX_GROUP_WIDTH = 15
const MAX_GROUP_DEPTH = 10
const MAX_CAUSES = 10
// The limits of one error, and of the whole report.
const MAX_STACK_LENGTH = 8_000
const MAX_REPORT_LENGTH = 32_000
const TOO_LONG = '… (the report is too long)'

export function formatError(error: unknown): string {
  const text = new ErrorReport().format(error, 0)
  if (text.length <= MAX_REPORT_LENGTH) return text
  const end = `\n${TOO_LONG}`
  return text.slice(0, text.lastIndexOf('\n', MAX_REPORT_LENGTH - end.length)) + end
}

class ErrorReport {
  readonly #shown = new Set<unknown>()
  #length = 0

  /** Formats an error and its causes. A loop, because a chain of causes may be too long for recursion. */
  format(error: unknown, depth: number): string {
    const lines = [this.#formatOne(error, depth)]
    let current = error
    for (let causes = 0; ; causes++) {
      const cause = causeOf(current)
      if (cause === undefined) return lines.join('\n')
      if (causes === MAX_CAUSES) return [...lines, '… and more causes'].join('\n')
      const again = this.#shown.has(cause)
      lines.push(`Caused by: ${this.#formatOne(cause, depth)}`)
      if (again) return lines.join('\n') // its causes were shown, too
      current = cause
    }
  }

  #formatOne(error: unknown, depth: number): string {
    if (!isError(error)) return this.#count(`thrown: ${repr(error)}`, depth)
    if (this.#shown.has(error)) return this.#count(`${errorName(error)}: … (shown above)`, depth)
    this.#shown.add(error)
    if (this.#length > MAX_REPORT_LENGTH) return this.#count(`${errorName(error)}: ${TOO_LONG}`, depth)
    const stack = this.#count(attempt(() => stackOf(error)) ?? `<${errorName(error)} that cannot be printed>`, depth)
    const members = attempt(() => (error instanceof AggregateError ? [...error.errors.slice(0, MAX_GROUP_WIDTH)] : []))
    if (members === undefined || members.length === 0) return stack
    if (depth === MAX_GROUP_DEPTH) return `${stack}\n… (groups deeper than ${MAX_GROUP_DEPTH} are not shown)`
    const more = (error as AggregateError).errors.length - members.length
    return `${stack}\n${this.#describeMembers(members, more, depth + 1)}`
  }

  #describeMembers(errors: readonly unknown[], more: number, depth: number): string {
    const parts: string[] = []
    let left = more
    for (const [i, error] of errors.entries()) {
      if (this.#length > MAX_REPORT_LENGTH) {
        left += errors.length - i
        break
      }
      const rule = `${i === 0 ? '  +-+' : '    +'}${RULE} ${i + 1} ${RULE}`
      this.#count(rule, depth - 1)
      parts.push(rule, indented(this.format(error, depth)))
    }
    if (left > 0) parts.push(`${parts.length === 0 ? '  +-+' : '    +'}${RULE} ... ${RULE}`)
    if (left > 0) parts.push(indented(`and ${left} more exception${left === 1 ? '' : 's'}`))
    return [...parts, `    +${RULE}----${RULE}`].join('\n')
  }

  #count(text: string, depth: number): string {
    const lines = depth === 0 ? 0 : text.split('\n').length
    this.#length += text.length + 1 + lines * depth * INDENTATION.length
    return text
  }
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => INDENTATION + line)
    .join('\n')
}

/** The stack below the description. The description of a group includes the number of its members. */
function stackOf(error: Error): string {
  const { name, message, stack } = error
  if (typeof stack !== 'string') return printableLines(String(error), MAX_STACK_LENGTH)
  const head = message === '' ? name : `${name}: ${message}`
  if (!stack.startsWith(head)) return printableLines(withFramesInLine(foldedStack(stack)), MAX_STACK_LENGTH)
  const text = String(error)
  const title = text.startsWith(name) ? errorName(error) + text.slice(name.length) : text
  return printableLines(title + withFramesInLine(foldedStack(stack.slice(head.length))), MAX_STACK_LENGTH)
}

function errorName(error: Error): string {
  return attempt(() => printable(String(error.name))) ?? 'Error'
}

function causeOf(error: unknown): unknown {
  return isError(error) ? attempt(() => error.cause) : undefined
}

/** Reads from an error that may have getters of the user or be a Proxy; undefined if it throws. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
