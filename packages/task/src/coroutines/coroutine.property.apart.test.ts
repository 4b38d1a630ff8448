// A program is a random tree of coroutines that wait, throw, catch, clean up and are cancelled. Whichever of them are
// wrapped by coroutine(), the log is the one that bare generators write.

import { CancelledError, type Coroutine, VirtualClock } from '@spindle/loop'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomCases } from '../../../../test/tooling/long-form.ts'
import { gather } from '../combinators/gather.ts'
import { runSync } from '../run/runner.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { newEventLoop } from '../tasks/new-event-loop.ts'
import { coroutine } from './coroutine.ts'
import { sleep } from './sleep.ts'

type Step =
  | { readonly kind: 'sleep'; readonly delay: number }
  | { readonly kind: 'throw' }
  | { readonly kind: 'return' }
  | { readonly kind: 'call' | 'task' | 'eager'; readonly body: Body }
  | { readonly kind: 'gather'; readonly bodies: readonly Body[] }
  | {
      readonly kind: 'try'
      readonly body: readonly Step[]
      readonly handler: readonly Step[]
      readonly swallow: boolean
    }
  | { readonly kind: 'finally'; readonly body: readonly Step[]; readonly cleanUp: readonly Step[] }

/** What a coroutine does; how many times it is nested in itself before it does that. */
interface Body {
  readonly steps: readonly Step[]
  readonly depth: number
  readonly wrapped: boolean
}

interface Program {
  readonly main: Body
  /** When the main Task is cancelled, in ms. */
  readonly cancels: readonly number[]
}

const { step: stepArbitrary } = fc.letrec<{ steps: Step[]; step: Step; body: Body }>((tie) => ({
  steps: fc.array(tie('step'), { minLength: 1, maxLength: 4, size: 'max', depthIdentifier: 'tree' }),
  body: fc.record({
    steps: tie('steps'),
    depth: fc.oneof({ weight: 8, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.integer({ min: 398, max: 403 }) }),
    wrapped: fc.boolean(),
  }),
  step: fc.oneof(
    { depthIdentifier: 'tree', maxDepth: 6, depthSize: 'medium' },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('sleep' as const), delay: fc.constantFrom(0, 0, 1, 2, 5) }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'throw' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'return' as const }) },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('call' as const), body: tie('body') }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constantFrom('task' as const, 'eager' as const), body: tie('body') }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('gather' as const), bodies: fc.array(tie('body'), { maxLength: 3 }) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('try' as const),
        body: tie('steps'),
        handler: tie('steps'),
        swallow: fc.boolean(),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('finally' as const), body: tie('steps'), cleanUp: tie('steps') }),
    },
  ),
}))

const programArbitrary: fc.Arbitrary<Program> = fc.record({
  main: fc.record({
    steps: fc.array(stepArbitrary, { minLength: 2, maxLength: 6, size: 'max' }),
    depth: fc.nat(2),
    wrapped: fc.boolean(),
  }),
  cancels: fc.array(fc.nat(12), { maxLength: 2 }),
})

class Thrown extends Error {}

/** Runs the program, and gives all that happened, in order, with times. `wrap`: whether the wrapped bodies are. */
function play(program: Program, wrap: boolean): string[] {
  const log: string[] = []
  const loop = newEventLoop({ clock: new VirtualClock() })
  const start = loop.time()
  let calls = 0
  let thrown = 0
  const say = (text: string): void => {
    log.push(`${loop.time() - start} ${text}`)
  }

  const wrapped = coroutine(function* inner(body: Body, depth: number): Coroutine<string> {
    // Directly, past the wrapper, with nothing bare in between.
    if (depth % 3 === 1) return yield* inner(body, depth - 1)
    return yield* level(body, depth)
  })
  function* bare(body: Body, depth: number): Coroutine<string> {
    return yield* level(body, depth)
  }
  const call = (body: Body, depth = body.depth): Coroutine<string> => {
    // Every third level of a wrapped body is bare, so that the two are mixed within a recursion, too.
    return wrap && body.wrapped && depth % 3 !== 2 ? wrapped(body, depth) : bare(body, depth)
  }

  function* level(body: Body, depth: number): Coroutine<string> {
    if (depth > 0) return yield* call(body, depth - 1)
    const id = ++calls
    say(`${id} begins`)
    try {
      const early = yield* steps(body.steps, id)
      say(`${id} returns`)
      return early ?? `result of ${id}`
    } catch (error) {
      say(`${id} passes on ${name(error)}`)
      throw error
    }
  }

  function* steps(list: readonly Step[], id: number): Coroutine<string | undefined> {
    for (const step of list) {
      const early = yield* one(step, id)
      if (early !== undefined) return early
    }
    return undefined
  }

  function* one(step: Step, id: number): Coroutine<string | undefined> {
    switch (step.kind) {
      case 'sleep':
        say(`${id} got ${yield* sleep(step.delay, step.delay)}`)
        return undefined
      case 'throw':
        throw new Thrown(`${++thrown}`)
      case 'return':
        return `early from ${id}`
      case 'call':
        say(`${id} got ${yield* call(step.body)}`)
        return undefined
      case 'task':
      case 'eager':
        say(`${id} got ${yield* createTask(call(step.body), { eagerStart: step.kind === 'eager' })}`)
        return undefined
      case 'gather':
        say(`${id} got ${(yield* gather(step.bodies.map((body) => call(body)))).join()}`)
        return undefined
      case 'try':
        try {
          return yield* steps(step.body, id)
        } catch (error) {
          say(`${id} caught ${name(error)}`)
          const early = yield* steps(step.handler, id)
          if (!step.swallow) throw error
          return early
        }
      case 'finally':
        try {
          return yield* steps(step.body, id)
        } finally {
          say(`${id} cleans up`)
          yield* steps(step.cleanUp, id)
          say(`${id} cleaned up`)
        }
    }
  }

  function* main(): Coroutine<void> {
    const task = createTask(call(program.main))
    for (const when of program.cancels) {
      loop.callAt(start + when, () => say(`cancel: ${task.cancel(`at ${when}`)}`))
    }
    const [outcome] = yield* gather([task], { returnExceptions: true })
    say(`ended: ${outcome instanceof Error ? name(outcome) : outcome}, ${task.cancelling()}`)
    yield* sleep(100)
  }

  loop.setExceptionHandler((_loop, context) => say(`reported: ${context.message} ${name(context.exception)}`))
  runSync(main(), { loopFactory: () => loop })
  return log
}

function name(error: unknown): string {
  if (error instanceof CancelledError) return `cancelled(${error.message})`
  return error instanceof Error ? `${error.constructor.name}(${error.message})` : String(error)
}

describe('coroutines, wrapped and bare in any mixture,', () => {
  it('take the same steps as bare generators', () => {
    fc.assert(
      fc.property(programArbitrary, (program) => {
        expect(play(program, true)).toEqual(play(program, false))
      }),
      { numRuns: Number(process.env['PROPERTY_RUNS'] ?? randomCases(400)) },
    )
  })

  it('are covered in all their kinds by these programs', () => {
    const words = new Map<string, number>()
    for (const program of fc.sample(programArbitrary, { numRuns: 400, seed: 1 })) {
      const log = play(program, true).join('\n')
      for (const word of [
        'caught cancelled',
        'caught Thrown',
        'cleaned up',
        'passes on',
        'cancel: true',
        'early from',
      ]) {
        if (log.includes(word)) words.set(word, (words.get(word) ?? 0) + 1)
      }
    }
    expect([...words].filter(([, count]) => count < 25)).toEqual([])
    expect(words.size).toBe(6)
  })
})
