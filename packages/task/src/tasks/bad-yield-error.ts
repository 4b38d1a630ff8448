import { type Coroutine, isFuture, RuntimeError } from '@spindle/loop'
import { isError, isSuspension, repr } from '@spindle/loop/internal'
import { describeCoroutine } from '../coroutines/coroutine-stack.ts'
import type { Frame } from '../coroutines/frame.ts'
import { isGenerator } from '../coroutines/generators.ts'
import { isCoroutine } from '../coroutines/is-coroutine.ts'

/**
 * The error for a coroutine that ended with `error` when `thrown` was thrown in. The engine may have made `error`:
 * `yield*` on a list asks the list's iterator, whose items are not awaitable, and into which no error can be thrown.
 */
export function errorAfterThrow(error: unknown, thrown: unknown): unknown {
  if (error === thrown || !(thrown instanceof RuntimeError)) return error
  if (!isNoThrow(error)) return error
  const [where = ''] = / \(in \S+\(\) running at [^)\n]+\)(?=\. )/.exec(thrown.message) ?? []
  return new TypeError(
    `\`yield*\` was given an iterable of something else than awaitables${where}. To wait for a list of them write \`yield* gather([…])\``,
    { cause: thrown },
  )
}

/** The error of a coroutine that failed by itself. Adds a hint to two errors of the engine. */
export function errorOfCoroutine(error: unknown): unknown {
  try {
    if (!isError(error)) return error
    const advice = adviceFor(error)
    if (advice === undefined) return error
    const { message, stack } = error
    error.message = `${message}. ${advice}`
    // Its first line was written when the error was made.
    if (stack !== undefined) error.stack = stack.replace(message, () => error.message)
  } catch {
    // An untrusted error may throw even when its name is read, and a frozen one stays unchanged.
  }
  return error
}

/** An untrusted error may throw even when its name is read. */
function isNoThrow(error: unknown): boolean {
  try {
    return isError(error) && error.name === 'TypeError' && NO_THROW.test(error.message)
  } catch {
    return false
  }
}

function adviceFor({ name, message }: Error): string | undefined {
  if (name === 'TypeError' && NO_ITERABLE.test(message))
    return '`yield*` takes a coroutine, Future or Task; a promise is awaited as `yield* ensureFuture(promise)`'
  if (name === 'RangeError' && message === TOO_DEEP)
    return 'If `yield*` nests deeply, wrap the coroutine function in `coroutine()`, which needs no stack'
  return undefined
}

const TOO_DEEP = 'Maximum call stack size exceeded'
// V8's words for `yield*`, which differ from the words for a spread or for…of. It names undefined and null itself.
const NO_ITERABLE =
  /^(object is not iterable \(cannot read property Symbol\(Symbol\.iterator\)\)|yield\* .* is not iterable)$/

// V8's words, and JavaScriptCore's.
const NO_THROW =
  /^(The iterator(, to which .*,)? does not (provide|have)|Delegated generator does not have) a 'throw' method/

/** The error for a coroutine that yielded a value that is not awaitable: the value, the place, and the fix. */
export function badYieldError(task: object, innermost: Frame | Coroutine<unknown>, yielded: unknown): RuntimeError {
  const where = describeCoroutine(innermost as Coroutine<unknown>)
  if (isFuture(yielded) || isCoroutine(yielded) || isSuspension(yielded)) {
    return new RuntimeError(
      `\`yield\` was used instead of \`yield*\` in task ${task} with ${isGenerator(yielded) ? `<${describeCoroutine(yielded)}>` : yielded} (in ${where}). Write \`yield*\`, with the star`,
    )
  }
  if (typeof yielded === 'object' && yielded !== null && 'then' in yielded) {
    return new RuntimeError(
      `Task got bad yield: ${repr(yielded)} (in ${where}). A promise is awaited as \`yield* ensureFuture(promise)\``,
    )
  }
  return new RuntimeError(
    `Task got bad yield: ${repr(yielded)} (in ${where}). Write \`yield*\` and a coroutine, Future or Task`,
  )
}
