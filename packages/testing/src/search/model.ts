// Compares an object that Tasks share with a simple object that executes one call after the other. If overlapping calls
// return the same results as some order of calls of the simple object, the shared object is linearizable. Lincheck does
// the same for Kotlin.

import { createTask } from 'spindle'
import { checkOptions, repr } from 'spindle/internal'
import { checkValues, isCount } from '../explore/check-values.ts'
import type { Caller, Exploration, ExploreOptions } from '../explore/options.ts'
import { type Program, textOf } from '../explore/program.ts'
import { calling } from '../run/explored-run.ts'
import { seededRandom, seedOf } from '../schedule/random.ts'

type Method = (...args: never[]) => unknown

/** An object with methods, and a simple object with the right results. */
export interface Model<Real extends object> {
  /** Creates the object. Its methods are coroutine functions, async functions or ordinary ones. */
  readonly real: () => Real
  /**
   * Creates an object whose methods have the same names and return the result at once; they return `explore.waits`
   * while the call has to wait.
   */
  readonly sequential: () => { readonly [Name in keyof Real]?: unknown }
  /** The calls to make: `[['put', 1], ['get']]`. @default each method of the sequential object, without arguments */
  readonly calls?: readonly (readonly [name: keyof Real & string, ...args: unknown[]])[] | undefined
}

/** Options of `explore.model()`: how many programs it makes of the calls, and the schedules of each. */
export interface ModelOptions
  extends Pick<ExploreOptions<unknown, unknown>, 'late' | 'times' | 'for' | 'signal' | 'seed' | 'replay'> {
  /** The number of Tasks of a program. @default 3 */
  readonly tasks?: number | undefined
  /** The number of calls that a Task makes, one after the other. @default 2 */
  readonly length?: number | undefined
  /** The number of programs, each of other calls. @default 20 */
  readonly programs?: number | undefined
  /** The number of runs of each program. @default 100 */
  readonly runs?: number | undefined
}

const OPTIONS = 'tasks length programs runs late times for signal seed replay'.split(' ')

/** The result of a sequential object's call that has to wait. */
export const waits: unique symbol = Symbol('explore.waits')

interface Call {
  readonly task: number
  readonly name: string
  readonly args: readonly unknown[]
  /** When it began and ended, as numbers that count up; undefined: it waits. */
  readonly start: number
  end: number | undefined
  result: string
}

type ExploreOne<S> = (
  program: Program<S, void>,
  options: ExploreOptions<S, void>,
  caller: Caller,
) => Promise<Exploration>

/** @param explore explores one program */
export async function exploreModel<Real extends object>(
  explore: ExploreOne<Given<Real>>,
  model: Model<Real>,
  options: ModelOptions,
): Promise<Exploration> {
  checkOptions('explore.model()', model, ['real', 'sequential', 'calls'])
  for (const name of ['real', 'sequential'] as const) {
    if (typeof model?.[name] !== 'function')
      throw new TypeError(`${name} must be a function, got ${repr(model?.[name])}`)
  }
  checkOptions('explore.model()', options, OPTIONS)
  checkValues(options, { tasks: isCount, length: isCount, programs: isCount })
  const { tasks = 3, length = 2, programs = 20, runs = 100, seed = 1, ...rest } = options
  const given = model.calls ?? methodsOf(model.sequential()).map((name) => [name] as const)
  let total = 0
  let unlikely: string | undefined
  for (let n = 0; n < programs; n++) {
    const random = seededRandom(seedOf(seed + n, 0))
    const pick = (): readonly [string, ...unknown[]] => given[Math.floor(random() * given.length)] ?? ['']
    const plans = Array.from({ length: tasks }, () => Array.from({ length }, pick))
    const shape = Object.entries({ tasks: options.tasks, length: options.length, seed: seed + n, programs: 1 })
    const said = shape.flatMap(([name, value]) => (value === undefined ? [] : `${name}: ${value}`))
    const written = (more: readonly string[]): string =>
      `await explore.model(model, { ${[...said, ...more].join(', ')} })`
    const setup = (): Given<Real> => ({ object: model.real(), calls: [] })
    const check = ({ given: { calls } }: { readonly given: Given<Real> }): void => {
      if (!hasOrder([], calls, model.sequential)) throw noOrderError(calls, written([]))
    }
    const own: ExploreOptions<Given<Real>, void> = { ...rest, runs, seed: seed + n, cancel: 'never', setup, check }
    const caller: Caller = { writtenAs: (_, told) => written(told.slice(-1)) }
    const exploration = await explore(programOf<Real>(plans), own, caller)
    total += exploration.runs
    unlikely ??= exploration.unlikely
  }
  return { runs: total, covered: `programs: ${programs}`, unlikely }
}

interface Given<Real> {
  readonly object: Real
  readonly calls: Call[]
}

function programOf<Real extends object>(plans: readonly (readonly (readonly [string, ...unknown[]])[])[]) {
  return function* model({ object, calls }: Given<Real>) {
    let now = 0
    for (const [n, plan] of plans.entries()) {
      const work = function* () {
        for (const [name, ...args] of plan) {
          const call: Call = { task: n + 1, name, args, start: now++, end: undefined, result: 'waits' }
          calls.push(call)
          call.result = yield* resultOf(() => (Reflect.get(object, name) as Method).apply(object, args as never[]))
          call.end = now++
        }
      }
      createTask(work(), { name: `t${n + 1}` })
    }
  }
}

function* resultOf(call: () => unknown) {
  try {
    return repr(yield* calling(call))
  } catch (error) {
    return `throws ${textOf(error)}`
  }
}

function noOrderError(calls: readonly Call[], program: string): Error {
  const told = calls.map(
    ({ task, name, args, result }) => `\n  t${task}: ${name}(${args.map((arg) => repr(arg)).join(', ')}) → ${result}`,
  )
  return new Error(
    `one after the other, in no order do these calls have these results:${told.join('')}\nthis program: ${program}`,
  )
}

/** Whether the other calls can come after these, which have had their results. */
function hasOrder(before: readonly Call[], rest: readonly Call[], sequential: () => object): boolean {
  const ended = rest.filter(({ end }) => end !== undefined)
  if (ended.length === 0) return rest.every((call) => sequentially([...before, call], sequential) === 'waits')
  const earliestEnd = Math.min(...ended.map(({ end }) => end as number))
  return ended.some(
    (call) =>
      call.start < earliestEnd &&
      sequentially([...before, call], sequential) === call.result &&
      hasOrder(
        [...before, call],
        rest.filter((other) => other !== call),
        sequential,
      ),
  )
}

/** The result of the last call, after all others. */
function sequentially(calls: readonly Call[], sequential: () => object): string {
  const object = sequential()
  let last = ''
  for (const { name, args } of calls) {
    try {
      const result: unknown = (Reflect.get(object, name) as Method).apply(object, args as never[])
      last = result === waits ? 'waits' : repr(result)
    } catch (error) {
      last = `throws ${textOf(error)}`
    }
  }
  return last
}

function methodsOf(object: object): string[] {
  const names = new Set<string>()
  for (let one: object | null = object; one !== null && one !== Object.prototype; one = Object.getPrototypeOf(one)) {
    for (const name of Object.getOwnPropertyNames(one)) {
      if (name !== 'constructor' && typeof Reflect.get(object, name) === 'function') names.add(name)
    }
  }
  return [...names]
}
