// The interpreter in TypeScript. Its counterpart is python/interpreter.py: make each change in both.

import { type Awaitable, type Coroutine, coroutine, currentTask, type EventLoop, type Task } from 'spindle'
import { isFuture } from 'spindle/more'
import { type Block, constructOf, type Node, type Program, Returned } from './language.ts'
import { show, stateOf } from './show.ts'

/** An exception that programs raise. */
export class Boom extends Error {}
/** Another one. */
export class Bang extends Error {}
Boom.prototype.name = 'Boom'
Bang.prototype.name = 'Bang'

/** A variable that has no value yet: the statement does nothing. */
class Unset extends Error {}

type Wrap = <A extends readonly unknown[], T>(fn: (...args: A) => Coroutine<T>) => (...args: A) => Coroutine<T>

/** One run of one program. */
export class Environment {
  readonly trace: string[] = []
  readonly program: Program
  readonly loop: EventLoop
  /** True when the run is over: no more entries are added. */
  closed = false

  readonly #interpreter: Interpreter
  readonly #variables = new Map<string, unknown>()
  readonly #names = new Map<unknown, string>()
  #unnamed = 0

  constructor(program: Program, loop: EventLoop, wrapped: boolean) {
    this.program = program
    this.loop = loop
    this.#interpreter = wrapped ? wrappedInterpreter : plainInterpreter
  }

  get(name: string): unknown {
    if (name === 'me') return currentTask() ?? this.get('main')
    if (!this.#variables.has(name)) throw new Unset(name)
    return this.#variables.get(name)
  }

  /** The cast: programs use a variable with the type it was created with. */
  getAs<T>(name: string): T {
    return this.get(name) as T
  }

  /** Undefined if the variable has no value yet. */
  find(name: string): unknown {
    return this.#variables.get(name)
  }

  has(name: string): boolean {
    return name === 'me' || this.#variables.has(name)
  }

  set(name: string, value: unknown): void {
    this.#variables.delete(name) // so that the variable that was set last comes last
    this.#variables.set(name, value)
    if (typeof value === 'object' && value !== null) this.#names.set(value, name)
  }

  /** The name of a Task, a Future or another object in the trace. */
  nameOf(value: unknown): string | undefined {
    return this.#names.get(value)
  }

  /** The name of a Task: its own, or one by order of appearance if it was given none. */
  labelOf(task: Task): string {
    const name = task.getName()
    if (!/^Task-\d+$/.test(name)) return name
    const known = this.#names.get(task)
    if (known !== undefined) return known
    const label = `~${++this.#unnamed}`
    this.#names.set(task, label)
    return label
  }

  log(node: Node | undefined, text: string): void {
    if (this.closed) return
    const task = currentTask({ loop: this.loop }) as Task | undefined
    const who = task === undefined ? '-' : this.labelOf(task)
    this.trace.push(`${this.loop.time()} ${who} #${node?.id ?? 0} ${text}`)
    this.cancelAt(this.trace.length)
  }

  /** Cancels the main Task if this is the program's cancel point. */
  cancelAt(entry: number): void {
    const { cancel } = this.program
    if (cancel?.at !== entry) return
    const main = this.getAs<Task>('main')
    if (cancel.how === 'now') main.cancel('point')
    else this.loop.callSoon(() => main.cancel('point'))
  }

  show(value: unknown): string {
    return show(value, this)
  }

  /** Adds an entry for the final state of everything that has a name. */
  logStates(): void {
    for (const [name, value] of this.#variables) {
      const state = stateOf(value, this)
      if (state !== undefined) this.trace.push(`end ${name}: ${state}`)
    }
  }

  /** The awaitable that a node describes. */
  make(node: Node): Awaitable<unknown> {
    const construct = constructOf(node)
    if (construct.kind !== 'awaitable') throw new Error(`${node.op} is nothing to await`)
    return construct.make(node, this)
  }

  /** A coroutine that runs the statements. */
  body(statements: Block, node: Node): Coroutine<unknown> {
    return this.#interpreter.body(this, statements, node)
  }

  /** Runs the statements within their body. */
  execute(statements: Block): Coroutine<Returned | undefined> {
    return this.#interpreter.block(this, statements)
  }

  /** A callback that runs the actions. Its entries belong to no Task. */
  callback(actions: Block, node: Node): () => void {
    return () => {
      this.log(node, 'called')
      for (const inner of actions) {
        if (constructOf(inner).kind !== 'action') throw new Error(`${inner.op} is no action`)
        this.act(inner)
      }
    }
  }

  act(node: Node): void {
    const construct = constructOf(node)
    if (construct.kind !== 'action') throw new Error(`${node.op} is no action`)
    try {
      this.log(node, `= ${this.show(construct.run(node, this))}`)
    } catch (error) {
      this.logThrown(node, error)
    }
  }

  /** Logs the thrown error and throws it again. For a variable without a value, only logs it. */
  logThrown(node: Node, error: unknown): void {
    if (error instanceof Unset) return this.log(node, `unset ${error.message}`)
    this.log(node, `! ${this.show(error)}`)
    throw error
  }

  isTask(value: unknown): value is Task {
    return isFuture(value) && 'getName' in value
  }
}

interface Interpreter {
  body(env: Environment, statements: Block, node: Node): Coroutine<unknown>
  block(env: Environment, statements: Block): Coroutine<Returned | undefined>
}

function interpreter(wrap: Wrap): Interpreter {
  const statement = wrap(function* statement(env: Environment, node: Node): Coroutine<Returned | undefined> {
    const construct = constructOf(node)
    if (construct.kind === 'action') {
      env.act(node)
      return undefined
    }
    try {
      if (construct.kind === 'awaitable') {
        const value = yield* construct.make(node, env)
        env.log(node, `= ${env.show(value)}`)
        return undefined
      }
      const returned = yield* construct.run(node, env)
      env.log(node, returned === undefined ? 'left' : `returns ${env.show(returned.value)}`)
      return returned
    } catch (error) {
      env.logThrown(node, error)
      return undefined
    }
  })

  const block = wrap(function* block(env: Environment, statements: Block): Coroutine<Returned | undefined> {
    for (const node of statements) {
      if (node.op === 'return') return new Returned((node as Node & Returned).value)
      const returned = yield* statement(env, node)
      if (returned !== undefined) return returned
    }
    return undefined
  })

  const body = wrap(function* body(env: Environment, statements: Block, node: Node): Coroutine<unknown> {
    env.log(node, 'begins')
    try {
      const returned = yield* block(env, statements)
      env.log(node, `ends ${env.show(returned?.value)}`)
      return returned?.value
    } catch (error) {
      env.log(node, `ends ! ${env.show(error)}`)
      throw error
    }
  })

  return { body, block }
}

const plainInterpreter = interpreter((fn) => fn)
const wrappedInterpreter = interpreter(coroutine)
