// Awaitables of one's own, what a coroutine must not yield, causes, and groups of exceptions that are split.

import { type Awaitable, type Coroutine, ExceptionGroup } from 'spindle'
import type { Suspension } from 'spindle/types'
import { Bang, Boom } from '../environment.ts'
import { action, awaitable, type Block, block, type Node, type Returned, type Value } from '../language.ts'
import { indented } from '../print.ts'
import { type ExceptionName, exceptionOf } from './control.ts'

/** An object that can be awaited because it has the method for it. */
class Custom implements Awaitable<Value> {
  readonly #awaited: readonly Awaitable<unknown>[]
  readonly #value: Value

  constructor(awaited: readonly Awaitable<unknown>[], value: Value) {
    this.#awaited = awaited
    this.#value = value
  }

  *[Symbol.iterator](): Generator<Suspension, Value> {
    for (const awaited of this.#awaited) yield* awaited
    return this.#value
  }
}

const custom_ = awaitable<{ of: readonly Node[]; value: Value }>('custom', {
  make: ({ of, value }, env) =>
    new Custom(
      of.map((node) => env.make(node)),
      value,
    ),
  python: ({ of, value }, print) =>
    `Custom([${of.map((node) => print.expression(node)).join(', ')}], ${print.value(value)})`,
  typescript: ({ of, value }, print) =>
    `new Custom([${of.map((node) => print.expression(node)).join(', ')}], ${print.value(value)})`,
  random: { family: 'custom', weight: 10, make: (maker) => ({ of: maker.awaitables(2), value: maker.integer(100) }) },
})
/** Awaits each of them, and has a value. */
export const custom = (value: Value, ...of: Node[]): Node => custom_({ of, value })

const badYield_ = awaitable<{ value: Value }>('badYield', {
  *make({ value }, env): Coroutine<unknown> {
    // The cast: TypeScript refuses it.
    return yield (value ?? env.loop.createFuture()) as unknown as Suspension
  },
  python: ({ value }, print) =>
    `BadYield(${value === null ? 'asyncio.get_running_loop().create_future()' : print.value(value)})`,
  typescript: ({ value }, print) =>
    `badYield(${value === null ? 'getRunningLoop().createFuture()' : print.value(value)})`,
  random: {
    family: 'custom',
    weight: 4,
    make: (maker) => ({ value: maker.pick<Value>([null, maker.integer(100), maker.word()]) }),
  },
})
/** Yields a value that is no awaitable, or, for null, a Future without a star. */
export const badYield = (value: Value): Node => badYield_({ value })

// Not in random programs: in CPython nothing can await a Task any more that has awaited itself.
const awaitMe_ = awaitable<object>('awaitMe', {
  make: (_node, env) => env.getAs<Awaitable<unknown>>('me'),
  python: () => 'asyncio.current_task()',
  typescript: () => 'currentTask()',
})
/** The Task awaits itself. */
export const awaitMe: Node = awaitMe_({})

const OURS: readonly ExceptionName[] = ['Boom', 'Bang']

const raiseFrom_ = block<{ statements: Block; type: ExceptionName; message: string }>('raiseFrom', {
  *run({ statements, type, message }, env): Coroutine<Returned | undefined> {
    try {
      return yield* env.execute(statements)
    } catch (cause) {
      throw Object.assign(exceptionOf(type, message), { cause })
    }
  },
  python: ({ statements, type, message }, print) => [
    'try:',
    ...indented([...print.block(statements), 'pass']),
    'except BaseException as cause:',
    ...indented([`raise ${type}(${print.value(message)}) from cause`]),
  ],
  typescript: ({ statements, type, message }, print) => [
    'try {',
    ...indented(print.block(statements)),
    '} catch (cause) {',
    ...indented([`throw new ${type}(${print.value(message)}, { cause })`]),
    '}',
  ],
  random: {
    family: 'custom',
    weight: 5,
    make: (maker) =>
      maker.deep ? undefined : { statements: maker.block(), type: maker.pick(OURS), message: maker.word() },
  },
})
/** Raises an exception whose cause is that of the statements. */
export const raiseFrom = (type: ExceptionName, ...statements: Node[]): Node =>
  raiseFrom_({ statements, type, message: 'from' })

interface Tree {
  readonly message: string
  readonly of: readonly (ExceptionName | Tree)[]
}

function groupOf({ message, of }: Tree): ExceptionGroup {
  return new ExceptionGroup(
    message,
    of.map((each) => (typeof each === 'string' ? exceptionOf(each, message) : groupOf(each))),
  )
}

const raiseGroup_ = action<{ tree: Tree }>('raiseGroup', {
  run({ tree }) {
    throw groupOf(tree)
  },
  python: ({ tree }) => `raise group_of(${JSON.stringify(tree)})`,
  typescript: ({ tree }) => `throw groupOf(${JSON.stringify(tree)})`,
  random: {
    family: 'custom',
    weight: 3,
    make(maker) {
      const leaves = (): ExceptionName[] => Array.from({ length: 1 + maker.integer(2) }, () => maker.pick(OURS))
      const inner: Tree[] = maker.chance(0.5) ? [{ message: maker.word(), of: leaves() }] : []
      return { tree: { message: maker.word(), of: [...leaves(), ...inner] } }
    },
  },
})
export const raiseGroup = (message: string, ...of: (ExceptionName | Tree)[]): Node =>
  raiseGroup_({ tree: { message, of } })

const SPLIT_BY = { Boom, Bang, BaseException: Error }

const split_ = block<{ statements: Block; type: keyof typeof SPLIT_BY }>('split', {
  *run(node, env): Coroutine<Returned | undefined> {
    try {
      return yield* env.execute(node.statements)
    } catch (error) {
      if (!(error instanceof ExceptionGroup)) throw error
      const [ours, rest] = error.split(SPLIT_BY[node.type])
      env.log(node, `split ${env.show([ours, rest])}`)
      if (rest !== undefined) throw rest
      return undefined
    }
  },
  python: ({ statements, type }, print) => [
    'try:',
    ...indented([...print.block(statements), 'pass']),
    'except BaseExceptionGroup as group:',
    ...indented([`ours, rest = group.split(${type})`, 'print(ours, rest)', 'if rest: raise rest']),
  ],
  typescript: ({ statements, type }, print) => [
    'try {',
    ...indented(print.block(statements)),
    '} catch (group) {',
    ...indented([
      'if (!(group instanceof ExceptionGroup)) throw group',
      `const [ours, rest] = group.split(${type === 'BaseException' ? 'Error' : type})`,
      'console.log(ours, rest)',
      'if (rest !== undefined) throw rest',
    ]),
    '}',
  ],
  random: {
    family: 'custom',
    weight: 5,
    make: (maker) =>
      maker.deep
        ? undefined
        : { statements: maker.block(), type: maker.pick(['Boom', 'Bang', 'BaseException'] as const) },
  },
})
/** Takes the exceptions of a class out of a group, and raises the rest. */
export const split = (type: keyof typeof SPLIT_BY, ...statements: Node[]): Node => split_({ statements, type })
