// What is inferred for users, and what must not compile.

import { expectTypeOf } from 'vitest'
import {
  type Awaitable,
  Context,
  ContextVar,
  type Coroutine,
  type DoneCallback,
  Future,
  type Handle,
  type LoopEventMap,
  type Suspension,
  type TimerHandle,
  type Token,
} from '../index.ts'
import { newLoop } from '../new-loop.fixture.ts'

const loop = newLoop()
const text = loop.createFuture<string>()

expectTypeOf(text).toEqualTypeOf<Future<string>>()
expectTypeOf(text.result()).toEqualTypeOf<string>()
expectTypeOf(text.exception()).toEqualTypeOf<unknown>()
expectTypeOf(loop.runUntilCompleteSync(text)).toEqualTypeOf<string>()
expectTypeOf(loop.runUntilComplete(text)).toEqualTypeOf<Promise<string>>()
expectTypeOf(loop.runUntilComplete(Promise.resolve(1))).toEqualTypeOf<Promise<number>>()
expectTypeOf(text.then((result) => result.length)).toEqualTypeOf<Promise<number>>()
expectTypeOf<Awaited<Future<string>>>().toEqualTypeOf<string>()

// Every Future is a Future of unknown, so that a list may hold any.
const some: Future = text
const wider: Future<string | number> = text
// @ts-expect-error a Future of more is not one of less
const narrower: Future<'a'> = text
// @ts-expect-error a result of another type
text.setResult(1)
export const kept: unknown[] = [some, wider, narrower]

export function* awaits(): Coroutine<number> {
  const result = yield* text
  expectTypeOf(result).toEqualTypeOf<string>()
  // @ts-expect-error without the star it is no Suspension
  yield text
  // @ts-expect-error nor is a number
  yield 42
  // @ts-expect-error a promise has no iterator
  yield* Promise.resolve(1)
  return result.length
}

export function* returnsCoroutine(): Coroutine<number> {
  // @ts-expect-error it returns a coroutine instead of awaiting it
  return awaits()
}

expectTypeOf(loop.runUntilCompleteSync(awaits)).toEqualTypeOf<number>()
// @ts-expect-error a blocking run takes no promise
loop.runUntilCompleteSync(Promise.resolve(1))

expectTypeOf(awaits()).toExtend<Awaitable<number>>()
expectTypeOf<Suspension<string>>().toExtend<Suspension>()

// Arguments of callbacks are checked where they are given.
function greet(name: string, times: number): void {
  for (let n = 0; n < times; n++) console.log(name)
}
expectTypeOf(loop.callSoon(greet, 'ann', 2)).toEqualTypeOf<Handle>()
expectTypeOf(loop.callLater(1, greet, 'ann', 2)).toEqualTypeOf<TimerHandle>()
expectTypeOf(loop.callAt(1, greet, 'ann', 2)).toEqualTypeOf<TimerHandle>()
// @ts-expect-error one too few
loop.callSoon(greet, 'ann')
// @ts-expect-error the wrong type
loop.callLater(1, greet, 'ann', 'twice')
// @ts-expect-error one too many
loop.callSoon(greet, 'ann', 2, 3)

text.addDoneCallback((done) => expectTypeOf(done.result()).toEqualTypeOf<string>())
export function takesAnyCallback(callback: DoneCallback): void {
  text.addDoneCallback(callback)
  text.removeDoneCallback(callback)
}

// Events are known by name.
loop.events.on('task:step', (event) => {
  expectTypeOf(event).toEqualTypeOf<LoopEventMap['task:step']>()
  expectTypeOf(event.resumedBy).toEqualTypeOf<'start' | 'value' | 'error' | 'cancel'>()
})
// @ts-expect-error there is no such event
loop.events.on('task:stepp', () => {})

// Context variables keep their type.
const user = new ContextVar('user', { defaultValue: 'nobody' })
expectTypeOf(user).toEqualTypeOf<ContextVar<string>>()
expectTypeOf(user.get()).toEqualTypeOf<string>()
expectTypeOf(user.get('guest')).toEqualTypeOf<string>()
expectTypeOf(user.get(undefined)).toEqualTypeOf<string | undefined>()
expectTypeOf(new ContextVar<number[]>('list').get([])).toEqualTypeOf<number[]>()
expectTypeOf(user.set('ann')).toEqualTypeOf<Token<string>>()
expectTypeOf(user.set('ann').oldValue).toEqualTypeOf<string | typeof Token.MISSING>()
// @ts-expect-error the wrong type
user.set(1)
expectTypeOf(new Context().run((a: number, b: string) => `${a}${b}`, 1, 'b')).toEqualTypeOf<string>()
// @ts-expect-error the wrong argument
new Context().run((a: number) => a, 'text')

// No option is needed, and undefined counts as left out.
new Future({ loop: undefined })
newLoop({ clock: undefined, debug: undefined })
