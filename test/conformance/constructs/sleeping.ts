import { sleep as sleep_ } from 'spindle'
import { awaitable, type Node, type Value } from '../language.ts'

const sleepNode = awaitable<{ ms: number; result?: Value }>('sleep', {
  make: ({ ms, result }) => (result === undefined ? sleep_(ms) : sleep_(ms, result)),
  python: ({ ms, result }, print) =>
    `asyncio.sleep(${print.duration(ms)}${result === undefined ? '' : `, ${print.value(result)}`})`,
  typescript: ({ ms, result }, print) => `sleep(${ms}${result === undefined ? '' : `, ${print.value(result)}`})`,
  random: {
    family: 'core',
    weight: 12,
    make: (maker) => ({ ms: maker.delay(), ...(maker.chance(0.3) && { result: maker.integer(100) }) }),
  },
})
export const sleep = (ms: number, ...result: [Value?]): Node =>
  sleepNode({ ms, ...(result.length > 0 && { result: result[0] as Value }) })
/** One turn of the loop. */
export const turn: Node = sleep(0)
