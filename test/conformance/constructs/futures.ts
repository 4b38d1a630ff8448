// Futures, their results and callbacks. A Task is a Future, too.

import { ensureFuture as ensureFuture_, type Future, getRunningLoop } from 'spindle'
import { action, awaitable, type Block, type Node, type Value } from '../language.ts'
import type { Maker } from '../random/maker.ts'
import { type ExceptionName, exceptionOf } from './control.ts'

const future_ = action<{ name: string }>('future', {
  run({ name }, env) {
    env.set(name, env.loop.createFuture())
  },
  python: ({ name }, print) => `${print.assigned(name)} = asyncio.get_running_loop().create_future()`,
  typescript: ({ name }, print) => `${print.assigned(name)} = getRunningLoop().createFuture()`,
  random: {
    family: 'futures',
    weight: 1,
    make: (maker) => maker.defining((name) => ({ name })),
  },
})
export const future = (name: string): Node => future_({ name })

/** Usually one of the program's Futures, sometimes something else. */
function aFuture(maker: Maker): string {
  return maker.chance(0.1) ? maker.anyName() : maker.shared('future', future, 3)
}

const ref_ = awaitable<{ name: string }>('ref', {
  make: ({ name }, env) => env.getAs<Future>(name),
  python: ({ name }, print) => print.variable(name),
  typescript: ({ name }, print) => print.variable(name),
  random: {
    family: 'core',
    weight: 8,
    make: (maker) => maker.named(maker.awaitableName()),
  },
})
/** The value of a variable, to be awaited. */
export const ref = (name: string): Node => ref_({ name })

const asTask_ = awaitable<{ of: Node }>('asTask', {
  make: ({ of }, env) => ensureFuture_(env.make(of)),
  python: ({ of }, print) => `asyncio.ensure_future(${print.expression(of)})`,
  typescript: ({ of }, print) => `ensureFuture(${print.expression(of)})`,
})
/** A Task without a name, to be awaited at once. */
export const asTask = (of: Node): Node => asTask_({ of })

const hold_ = action<{ name: string; held: Node }>('hold', {
  run({ name, held }, env) {
    env.set(name, env.make(held))
  },
  python: ({ name, held }, print) => `${print.assigned(name)} = ${print.expression(held)}`,
  typescript: ({ name, held }, print) => `${print.assigned(name)} = ${print.expression(held)}`,
})
/** Puts an awaitable into a variable, without awaiting it. */
export const hold = (name: string, held: Node): Node => hold_({ name, held })

const ensureFutureNode = action<{ name: string; held: Node }>('ensureFuture', {
  run({ name, held }, env) {
    env.set(name, ensureFuture_(env.make(held), { loop: getRunningLoop() }))
  },
  python: ({ name, held }, print) => `${print.assigned(name)} = asyncio.ensure_future(${print.expression(held)})`,
  typescript: ({ name, held }, print) => `${print.assigned(name)} = ensureFuture(${print.expression(held)})`,
  random: {
    family: 'core',
    weight: 3,
    make: (maker) => maker.defining((name) => ({ name, held: maker.awaitable() })),
  },
})
export const ensureFuture = (name: string, held: Node): Node => ensureFutureNode({ name, held })

const setResult_ = action<{ name: string; value: Value }>('setResult', {
  run({ name, value }, env) {
    env.getAs<Future>(name).setResult(value)
  },
  python: ({ name, value }, print) => `${print.variable(name)}.set_result(${print.value(value)})`,
  typescript: ({ name, value }, print) => `${print.variable(name)}.setResult(${print.value(value)})`,
  random: {
    family: 'futures',
    weight: 4,
    make: (maker) => ({ name: aFuture(maker), value: maker.integer(100) }),
  },
})
export const setResult = (name: string, value: Value = null): Node => setResult_({ name, value })

const setException_ = action<{ name: string; type: ExceptionName; message: string }>('setException', {
  run({ name, type, message }, env) {
    env.getAs<Future>(name).setException(exceptionOf(type, message))
  },
  python: ({ name, type, message }, print) => `${print.variable(name)}.set_exception(${type}(${print.value(message)}))`,
  typescript: ({ name, type, message }, print) =>
    `${print.variable(name)}.setException(new ${type}(${print.value(message)}))`,
  random: {
    family: 'futures',
    weight: 2,
    make: (maker) => ({ name: aFuture(maker), type: 'Boom', message: maker.word() }),
  },
})
export const setException = (name: string, type: ExceptionName, message = ''): Node =>
  setException_({ name, type, message })

const QUERIES = {
  result: 'result',
  exception: 'exception',
  done: 'done',
  cancelled: 'cancelled',
} as const

const ask_ = action<{ name: string; what: keyof typeof QUERIES }>('ask', {
  run: ({ name, what }, env) => env.getAs<Future>(name)[what](),
  python: ({ name, what }, print) => `print(${print.variable(name)}.${what}())`,
  typescript: ({ name, what }, print) => `console.log(${print.variable(name)}.${what}())`,
  random: {
    family: 'core',
    weight: 3,
    make: (maker) => ({ name: maker.anyName(), what: maker.pick(Object.values(QUERIES)) }),
  },
})
/** Calls one of the methods that query a Future. */
export const ask = (name: string, what: keyof typeof QUERIES): Node => ask_({ name, what })

const whenDone_ = action<{ name: string; actions: Block }>('whenDone', {
  run(node, env) {
    env.getAs<Future>(node.name).addDoneCallback(env.callback(node.actions, node))
  },
  python: ({ name, actions }, print) => `${print.variable(name)}.add_done_callback(${print.callback(actions)})`,
  typescript: ({ name, actions }, print) => `${print.variable(name)}.addDoneCallback(${print.callback(actions)})`,
  random: {
    family: 'core',
    weight: 3,
    make: (maker) => ({ name: maker.anyName(), actions: maker.actions() }),
  },
})
/** Adds a done callback that runs the actions. */
export const whenDone = (name: string, ...actions: Node[]): Node => whenDone_({ name, actions })

const cancel_ = action<{ name: string; message?: string }>('cancel', {
  run: ({ name, message }, env) => env.getAs<Future>(name).cancel(message),
  python: ({ name, message }, print) =>
    `${print.variable(name)}.cancel(${message === undefined ? '' : print.value(message)})`,
  typescript: ({ name, message }, print) =>
    `${print.variable(name)}.cancel(${message === undefined ? '' : print.value(message)})`,
  random: {
    family: 'core',
    weight: 6,
    make: (maker) => ({ name: maker.anyName(), ...(maker.chance(0.5) && { message: maker.word() }) }),
  },
})
export const cancel = (name: string, message?: string): Node =>
  cancel_({ name, ...(message !== undefined && { message }) })
