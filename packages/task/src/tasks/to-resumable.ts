import type { Awaitable, Coroutine } from '@spindle/loop'
import { isFuture } from '@spindle/loop'
import { ambient, isCoroutineObject, repr } from '@spindle/loop/internal'
import type { Frame } from '../coroutines/frame.ts'
import { isForeignGenerator } from '../coroutines/generators.ts'
import { isFrame } from '../coroutines/linked-frames.ts'

/**
 * The object that a Task resumes for a coroutine that is not a bare generator.
 * @throws TypeError if it is not a coroutine; RuntimeError if it is being awaited already
 */
export function toResumable(coroutine: unknown): Coroutine<unknown> | Frame {
  if (isFrame(coroutine)) {
    coroutine.start()
    return coroutine
  }
  if (isForeignGenerator(coroutine)) return generatorNamed('generator')(coroutine)
  if (!isCoroutineObject(coroutine)) throw new TypeError(notACoroutine(coroutine))
  ambient.runningLoop?.objectProbe?.awaitableStarted?.(coroutine)
  coroutine.adopted?.()
  const generator = generatorNamed(coroutine.name ?? 'sleep')(coroutine)
  return coroutine.ownsSource ? beginAlways(generator) : generator
}

// The generators that own something from the start.
const owners = new WeakSet<object>()

/** Makes a Task of this generator take its first step also if it is cancelled before. */
export function beginAlways<T>(generator: Coroutine<T>): Coroutine<T> {
  owners.add(generator)
  return generator
}

/** Whether a Task that is cancelled before its first step takes that step, and hears of it at its first wait. */
export function beginsWhenCancelled(generator: object): boolean {
  return owners.has(generator)
}

type Wrapper = (awaitable: Awaitable<unknown> | undefined) => Coroutine<unknown>

const wrappers = new Map<string, Wrapper>()

/** A generator function that awaits its argument. The Task is printed with its name. */
function generatorNamed(name: string): Wrapper {
  const known = wrappers.get(name)
  if (known !== undefined) return known
  const named: Record<string, Wrapper> = {
    *[name](awaitable) {
      // biome-ignore lint/suspicious/noAssignInExpressions: drops the awaitable: 48 bytes less while it sleeps
      return yield* before(awaitable as Awaitable<unknown>, (awaitable = undefined))
    },
  }
  const wrapper = named[name] as Wrapper
  wrappers.set(name, wrapper)
  return wrapper
}

function before<T>(value: T, _then: unknown): T {
  return value
}

function notACoroutine(given: unknown): string {
  const what = `a coroutine was expected, got ${repr(given)}`
  if (typeof given === 'function') return `${what}. Call it: ${given.name || 'main'}(…)`
  if (isFuture(given)) return `${what}. It runs already: await it with \`yield*\``
  if (typeof given === 'object' && given !== null && 'then' in given) return `${what}. Use ensureFuture() for promises`
  return what
}
