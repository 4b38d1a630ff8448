import { type Awaitable, type Coroutine, gather as gather_ } from 'spindle'
import type { Environment } from '../environment.ts'
import { awaitable, type Node } from '../language.ts'

// gather() gives back what nobody receives: a lock, an item of a queue. asyncio loses it.
const GIVEN_BACK = ['acquire', 'get', 'waitFor']

/** A child of gather() whose result is its own. */
function child(node: Node, env: Environment): Awaitable<unknown> {
  const made = env.make(node)
  return GIVEN_BACK.includes(node.op) ? kept(made) : made
}

function* kept(awaitable: Awaitable<unknown>): Coroutine<unknown> {
  const result = yield* awaitable
  return typeof result === 'object' && result !== null && Symbol.dispose in result ? true : result // a guard
}

const gatherNode = awaitable<{ of: readonly Node[]; returnExceptions?: boolean }>('gather', {
  make: ({ of, returnExceptions }, env) =>
    gather_(
      of.map((node) => child(node, env)),
      { returnExceptions: returnExceptions ?? false },
    ),
  python({ of, returnExceptions }, print) {
    const list = of.map((node) => print.expression(node)).join(', ')
    return `asyncio.gather(${list}${returnExceptions ? `${list === '' ? '' : ', '}return_exceptions=True` : ''})`
  },
  typescript({ of, returnExceptions }, print) {
    const list = of.map((node) => print.expression(node)).join(', ')
    return `gather([${list}]${returnExceptions ? ', { returnExceptions: true }' : ''})`
  },
  random: {
    family: 'gather',
    weight: 10,
    make: (maker) => ({ of: maker.awaitables(4), ...(maker.chance(0.4) && { returnExceptions: true }) }),
  },
})
export const gather = (...of: Node[]): Node => gatherNode({ of })
export const gatherAll = (...of: Node[]): Node => gatherNode({ of, returnExceptions: true })
