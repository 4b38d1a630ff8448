import { gather as gather_ } from 'spindle'
import { awaitable, type Node } from '../language.ts'

const gatherNode = awaitable<{ of: readonly Node[]; returnExceptions?: boolean }>('gather', {
  make: ({ of, returnExceptions }, env) =>
    gather_(
      of.map((node) => env.make(node)),
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
