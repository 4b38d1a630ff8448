// What ends a run: stop(), and a KeyboardInterrupt.

import { KeyboardInterrupt } from 'spindle'
import { action, type Node } from '../language.ts'

const stop_ = action<object>('stop', {
  run(_node, env) {
    env.loop.stop()
  },
  python: () => 'asyncio.get_running_loop().stop()',
  typescript: () => 'getRunningLoop().stop()',
  random: { family: 'driver', weight: 4, make: () => ({}) },
})
/** Ends the run after this iteration. */
export const stop: Node = stop_({})

const interrupt_ = action<{ message: string }>('interrupt', {
  run({ message }) {
    throw new KeyboardInterrupt(message)
  },
  python: ({ message }, print) => `raise KeyboardInterrupt(${print.value(message)})`,
  typescript: ({ message }, print) => `throw new KeyboardInterrupt(${print.value(message)})`,
  random: { family: 'interrupt', weight: 5, make: (maker) => ({ message: maker.word() }) },
})
/** Ends the run at once. */
export const interrupt = (message = ''): Node => interrupt_({ message })
