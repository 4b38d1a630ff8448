import type { Coroutine } from '@spindle/loop'
import { expectTypeOf } from 'vitest'
import { call } from './bridges/call.ts'
import { forEach } from './combinators/for-each.ts'
import { any, race } from './combinators/race.ts'
import { sleep } from './coroutines/sleep.ts'
import { type ExitOutcome, exitStack } from './scopes/exit-stack.ts'
import { resource } from './scopes/resource.ts'
import { taskGroup } from './scopes/task-group.ts'

// Without annotations, as one writes them.
function* number() {
  yield* sleep(1)
  return 1
}
function* text() {
  yield* sleep(1)
  return 'text'
}
const open = (): Promise<{ close(): void; readonly port: number }> => Promise.resolve({ close() {}, port: 80 })

export function* combinators(): Coroutine<void> {
  expectTypeOf(yield* race([number(), text()])).toEqualTypeOf<number | string>()
  expectTypeOf(yield* race([number, text])).toEqualTypeOf<number | string>()
  expectTypeOf(yield* race([Promise.resolve(true), sleep(1, 2)])).toEqualTypeOf<boolean | number>()
  expectTypeOf(yield* any([number(), text()])).toEqualTypeOf<number | string>()
}

export function* scopes(): Coroutine<void> {
  const port = yield* resource(
    open,
    (server, outcome) => {
      expectTypeOf(outcome).toEqualTypeOf<ExitOutcome>()
      server.close()
    },
    function* (server) {
      yield* sleep(1)
      return server.port
    },
  )
  expectTypeOf(port).toEqualTypeOf<number>()
  expectTypeOf(yield* resource(number, undefined, (one) => sleep(one, 'x'))).toEqualTypeOf<string>()
  const result = yield* exitStack(function* (stack) {
    const one = yield* stack.enter(number, () => {})
    expectTypeOf(one).toEqualTypeOf<number>()
    const server = yield* stack.enter(open, (it) => it.close())
    expectTypeOf(server.port).toEqualTypeOf<number>()
    expectTypeOf(stack.use({ [Symbol.dispose]() {}, name: 'a' }).name).toEqualTypeOf<string>()
    return [one, server.port] as const
  })
  expectTypeOf(result).toEqualTypeOf<readonly [number, number]>()
  yield* call((signal) => fetch('', { signal }), {
    release: (response) => expectTypeOf(response).toEqualTypeOf<Response>(),
  })
}

export function* sources(): Coroutine<void> {
  async function* letters(signal: AbortSignal): AsyncGenerator<string> {
    if (!signal.aborted) yield 'a'
  }
  yield* forEach(
    (signal) => {
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
      return letters(signal)
    },
    function* (letter) {
      expectTypeOf(letter).toEqualTypeOf<string>()
    },
  )
  yield* forEach(
    async (signal) => letters(signal),
    function* (letter) {
      expectTypeOf(letter).toEqualTypeOf<string>()
    },
  )
  yield* forEach([1, 2], function* (item) {
    expectTypeOf(item).toEqualTypeOf<number>()
  })
}

export function* groups(): Coroutine<void> {
  yield* taskGroup(function* (group) {
    const port = yield* group.start(function* (started: (port: number) => void) {
      started(80)
      yield* sleep(1)
    })
    expectTypeOf(port).toEqualTypeOf<number>()
    const nothing = yield* group.start(function* (started) {
      started()
    })
    expectTypeOf(nothing).toEqualTypeOf<void>()
  })
}
