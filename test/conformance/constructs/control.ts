// Statements for control flow: raise, return, attempt (try), repeat, note.

import {
  CancelledError,
  type Coroutine,
  InvalidStateError,
  KeyboardInterrupt,
  RuntimeError,
  TimeoutError,
} from 'spindle'
import { Bang, Boom } from '../environment.ts'
import { action, awaitable, type Block, block, type Node, type Returned, type Value } from '../language.ts'
import { indented } from '../print.ts'

const EXCEPTIONS = {
  Boom: { type: Boom, python: 'Boom' },
  Bang: { type: Bang, python: 'Bang' },
  CancelledError: { type: CancelledError, python: 'asyncio.CancelledError' },
  TimeoutError: { type: TimeoutError, python: 'TimeoutError' },
  RuntimeError: { type: RuntimeError, python: 'RuntimeError' },
  InvalidStateError: { type: InvalidStateError, python: 'asyncio.InvalidStateError' },
}

export type ExceptionName = keyof typeof EXCEPTIONS

/** An exception of that name. */
export function exceptionOf(name: ExceptionName, message: string): Error {
  return new EXCEPTIONS[name].type(message)
}

const note_ = action<{ value: Value }>('note', {
  run: ({ value }) => value,
  python: ({ value }, print) => `print(${print.value(value)})`,
  typescript: ({ value }, print) => `console.log(${print.value(value)})`,
  random: { family: 'core', weight: 2, make: (maker) => ({ value: maker.integer(100) }) },
})
/** Leaves an entry in the trace. */
export const note = (value: Value = null): Node => note_({ value })

const raise_ = action<{ type: ExceptionName; message: string }>('raise', {
  run({ type, message }) {
    throw exceptionOf(type, message)
  },
  python: ({ type, message }, print) => `raise ${EXCEPTIONS[type].python}(${print.value(message)})`,
  typescript: ({ type, message }, print) => `throw new ${type}(${print.value(message)})`,
  random: {
    family: 'core',
    weight: 1,
    make: (maker) => ({
      type: maker.pick<ExceptionName>(['Boom', 'Boom', 'Boom', 'Bang', 'Bang', 'CancelledError', 'TimeoutError']),
      message: maker.word(),
    }),
  },
})
export const raise = (type: ExceptionName, message = ''): Node => raise_({ type, message })

/** Leaves the body with a value. The interpreters treat it specially. */
export const giveBack = (value: Value): Node & { value: Value } => ({ op: 'return', value })

const body_ = awaitable<{ statements: Block }>('body', {
  make: (node, env) => env.body(node.statements, node),
  python: ({ statements }, print) => print.body(statements),
  typescript: ({ statements }, print) => print.body(statements),
  random: {
    family: 'core',
    weight: 4,
    make: (maker) => (maker.deep ? undefined : { statements: maker.block() }),
  },
})
/** A coroutine with these statements. */
export const body = (...statements: Node[]): Node => body_({ statements })

interface Caught {
  readonly type: ExceptionName | 'Exception' | 'BaseException'
  readonly statements: Block
  /** Whether the caught error is thrown again after the statements. */
  readonly again?: boolean
}

function catches(type: Caught['type'], error: unknown): boolean {
  if (type === 'BaseException') return true
  // BaseExceptions in Python.
  if (type === 'Exception') return !(error instanceof CancelledError || error instanceof KeyboardInterrupt)
  return error instanceof EXCEPTIONS[type].type
}

const attempt_ = block<{ statements: Block; caught?: Caught | undefined; lastly?: Block | undefined }>('attempt', {
  *run({ statements, caught, lastly }, env): Coroutine<Returned | undefined> {
    try {
      return yield* env.execute(statements)
    } catch (error) {
      if (caught === undefined || !catches(caught.type, error)) throw error
      const returned = yield* env.execute(caught.statements)
      if (caught.again && returned === undefined) throw error
      return returned
    } finally {
      if (lastly !== undefined) yield* env.execute(lastly)
    }
  },
  python: ({ statements, caught, lastly }, print) => [
    'try:',
    ...indented(some(print.block(statements), 'pass')),
    ...(caught === undefined
      ? []
      : [
          `except ${caught.type in EXCEPTIONS ? EXCEPTIONS[caught.type as ExceptionName].python : caught.type}:`,
          ...indented(some([...print.block(caught.statements), ...(caught.again ? ['raise'] : [])], 'pass')),
        ]),
    ...(lastly === undefined ? [] : ['finally:', ...indented(some(print.block(lastly), 'pass'))]),
    ...(caught === undefined && lastly === undefined ? ['finally:', '    pass'] : []),
  ],
  typescript: ({ statements, caught, lastly }, print) => [
    'try {',
    ...indented(print.block(statements)),
    ...(caught === undefined
      ? []
      : [
          '} catch (error) {',
          ...indented([...condition(caught.type), ...print.block(caught.statements)]),
          ...(caught.again ? ['    throw error'] : []),
        ]),
    ...(lastly === undefined ? [] : ['} finally {', ...indented(print.block(lastly))]),
    ...(caught === undefined && lastly === undefined ? ['} finally {'] : []),
    '}',
  ],
  random: {
    family: 'core',
    weight: 5,
    make(maker) {
      if (maker.deep) return undefined
      const statements = maker.block()
      const type = maker.pick<Caught['type']>([
        'CancelledError',
        'CancelledError',
        'Exception',
        'BaseException',
        'Boom',
      ])
      const caught = { type, statements: maker.block(), again: maker.chance(0.5) }
      const lastly = maker.block().filter(({ op }) => op !== 'return')
      const shape = maker.integer(3)
      return { statements, ...(shape !== 0 && { caught }), ...(shape !== 1 && { lastly }) }
    },
  },
})
/** `try`, with one `except`. */
export const attempt = (statements: Block, caught: Caught): Node => attempt_({ statements, caught })
/** `try … finally`. */
export const cleanUp = (statements: Block, lastly: Block): Node => attempt_({ statements, lastly })

function condition(type: Caught['type']): string[] {
  if (type === 'BaseException') return []
  return [type === 'Exception' ? 'rethrowIfCancelled(error)' : `if (!(error instanceof ${type})) throw error`]
}

function some(lines: string[], otherwise: string): string[] {
  return lines.length > 0 ? lines : [otherwise]
}

const repeat_ = block<{ times: number; statements: Block }>('repeat', {
  *run({ times, statements }, env): Coroutine<Returned | undefined> {
    for (let i = 0; i < times; i++) {
      const returned = yield* env.execute(statements)
      if (returned !== undefined) return returned
    }
    return undefined
  },
  python: ({ times, statements }, print) => [
    `for _ in range(${times}):`,
    ...indented(some(print.block(statements), 'pass')),
  ],
  typescript: ({ times, statements }, print) => [
    `for (let i = 0; i < ${times}; i++) {`,
    ...indented(print.block(statements)),
    '}',
  ],
  random: {
    family: 'core',
    weight: 2,
    make: (maker) => (maker.deep ? undefined : { times: 2 + maker.integer(2), statements: maker.block() }),
  },
})
export const repeat = (times: number, ...statements: Node[]): Node => repeat_({ times, statements })
