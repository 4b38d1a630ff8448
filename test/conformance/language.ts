// The language of the conformance programs. A program is data: a tree of nodes, each with an `op`. The construct of an
// op, in constructs/, defines its meaning in TypeScript and in Python (the file of the same name), and how it is
// printed in both languages.
//
//   action      does something at once and returns a value       cancel('a')       may also be used in a callback
//   awaitable   creates something to await                       sleep(10)         as a statement it is awaited
//   block       is a statement that contains statements          attempt([…], …)
//
// Each statement adds one entry to the trace when it ends, so a trace has every step in order.

import type { Awaitable, Coroutine } from 'spindle'
import type { Environment } from './environment.ts'
import type { Printer } from './print.ts'
import type { Maker } from './random/maker.ts'

/** The values of programs. */
export type Value = number | string | boolean | null

/** A statement, or an awaitable inside a statement. `id` is its number in the program. */
export interface Node {
  readonly op: string
  readonly id?: number
}

export type Block = readonly Node[]

/**
 * The main Task is cancelled at entry `at` of the trace (0: before it starts), either at once or by a callback that is
 * scheduled then.
 */
export interface CancelPoint {
  readonly at: number
  readonly how: 'now' | 'soon'
}

/** A run of the same loop after that of `main`, whatever has become of it. */
export type Run =
  | { readonly statements: Block } // of a coroutine
  | { readonly awaited: string } // what an earlier run has left
  | { readonly forever: number } // until it is stopped after so many ms

export interface Program {
  readonly name: string
  readonly main: Block
  readonly cancel?: CancelPoint
  readonly runs?: readonly Run[]
  /** Whether the loop ends as `run()` ends it. Otherwise the remaining Tasks are cancelled and awaited. */
  readonly closes?: boolean
}

/** A `return` on its way out of its body, through the enclosing blocks. */
export class Returned {
  readonly value: Value

  constructor(value: Value) {
    this.value = value
  }
}

interface Common<F> {
  /**
   * The recipe for random programs: the family of constructs, of which a program uses only some, the frequency, and
   * the fields.
   */
  readonly random?: {
    readonly family: string
    readonly weight: number
    make(maker: Maker): F | undefined
  }
}

export interface Action<F> extends Common<F> {
  run(node: F & Node, env: Environment): unknown
  python(node: F & Node, print: Printer): string
  typescript(node: F & Node, print: Printer): string
}

export interface AwaitableConstruct<F> extends Common<F> {
  make(node: F & Node, env: Environment): Awaitable<unknown>
  python(node: F & Node, print: Printer): string
  typescript(node: F & Node, print: Printer): string
}

export interface BlockConstruct<F> extends Common<F> {
  run(node: F & Node, env: Environment): Coroutine<Returned | undefined>
  python(node: F & Node, print: Printer): string[]
  typescript(node: F & Node, print: Printer): string[]
}

export type Construct =
  | (Action<object> & { readonly kind: 'action' })
  | (AwaitableConstruct<object> & { readonly kind: 'awaitable' })
  | (BlockConstruct<object> & { readonly kind: 'block' })

/** All constructs, by their op. */
export const constructs: Map<string, Construct> = new Map()

export function action<F extends object>(op: string, construct: Action<F>): (fields: F) => Node {
  return add(op, { kind: 'action', ...construct })
}

export function awaitable<F extends object>(op: string, construct: AwaitableConstruct<F>): (fields: F) => Node {
  return add(op, { kind: 'awaitable', ...construct })
}

export function block<F extends object>(op: string, construct: BlockConstruct<F>): (fields: F) => Node {
  return add(op, { kind: 'block', ...construct })
}

function add<F extends object>(op: string, construct: unknown): (fields: F) => Node {
  // The cast: a construct that was looked up by the op of a node only receives the fields of that node.
  constructs.set(op, construct as Construct)
  return (fields) => ({ op, ...fields })
}

export function constructOf(node: Node): Construct {
  const construct = constructs.get(node.op)
  if (construct === undefined) throw new Error(`there is no construct ${node.op}`)
  return construct
}

/** The program with its nodes numbered in reading order. */
export function numbered(program: Program): Program {
  let last = 0
  const main = number(program.main) as Block
  return { ...program, main, ...(program.runs && { runs: number(program.runs) as readonly Run[] }) }

  function number(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(number)
    if (typeof value !== 'object' || value === null) return value
    const copy: Record<string, unknown> = 'op' in value ? { ...value, id: ++last } : { ...value }
    for (const [field, inner] of Object.entries(value)) if (field !== 'id') copy[field] = number(inner)
    return copy
  }
}
