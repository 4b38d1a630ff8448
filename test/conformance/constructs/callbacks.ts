// Callbacks of the loop, and their handles.

import type { Handle } from 'spindle'
import { action, type Block, type Node } from '../language.ts'

const callSoon_ = action<{ name?: string; actions: Block }>('callSoon', {
  run(node, env) {
    const handle = env.loop.callSoon(env.callback(node.actions, node))
    if (node.name !== undefined) env.set(node.name, handle)
  },
  python: ({ name, actions }, print) =>
    `${name === undefined ? '' : `${print.assigned(name)} = `}asyncio.get_running_loop().call_soon(${print.callback(actions)})`,
  typescript: ({ name, actions }, print) =>
    `${name === undefined ? '' : `${print.assigned(name)} = `}getRunningLoop().callSoon(${print.callback(actions)})`,
  random: {
    family: 'callbacks',
    weight: 6,
    make: (maker) => ({ ...(maker.chance(0.3) && { name: 'handle' }), actions: maker.actions() }),
  },
})
export const callSoon = (...actions: Node[]): Node => callSoon_({ actions })
export const callSoonAs = (name: string, ...actions: Node[]): Node => callSoon_({ name, actions })

const callLater_ = action<{ name?: string; ms: number; actions: Block }>('callLater', {
  run(node, env) {
    const handle = env.loop.callLater(node.ms, env.callback(node.actions, node))
    if (node.name !== undefined) env.set(node.name, handle)
  },
  python: ({ name, ms, actions }, print) =>
    `${name === undefined ? '' : `${print.assigned(name)} = `}asyncio.get_running_loop().call_later(${print.duration(ms)}, ${print.callback(actions)})`,
  typescript: ({ name, ms, actions }, print) =>
    `${name === undefined ? '' : `${print.assigned(name)} = `}getRunningLoop().callLater(${ms}, ${print.callback(actions)})`,
  random: {
    family: 'callbacks',
    weight: 6,
    make: (maker) => ({ ...(maker.chance(0.3) && { name: 'timer' }), ms: maker.delay(), actions: maker.actions() }),
  },
})
export const callLater = (ms: number, ...actions: Node[]): Node => callLater_({ ms, actions })
export const callLaterAs = (name: string, ms: number, ...actions: Node[]): Node => callLater_({ name, ms, actions })

const callAt_ = action<{ name?: string; when: number; actions: Block }>('callAt', {
  run(node, env) {
    const handle = env.loop.callAt(node.when, env.callback(node.actions, node))
    if (node.name !== undefined) env.set(node.name, handle)
  },
  python: ({ name, when, actions }, print) =>
    `${name === undefined ? '' : `${print.assigned(name)} = `}asyncio.get_running_loop().call_at(${print.duration(when)}, ${print.callback(actions)})`,
  typescript: ({ name, when, actions }, print) =>
    `${name === undefined ? '' : `${print.assigned(name)} = `}getRunningLoop().callAt(${when}, ${print.callback(actions)})`,
  random: {
    family: 'callbacks',
    weight: 4,
    // Often in the past: these times are fixed.
    make: (maker) => ({ ...(maker.chance(0.3) && { name: 'timer' }), when: maker.limit(), actions: maker.actions() }),
  },
})
/** `when` is a time, which may be in the past. */
export const callAt = (when: number, ...actions: Node[]): Node => callAt_({ when, actions })

const cancelHandle_ = action<{ name: string }>('cancelHandle', {
  run({ name }, env) {
    env.getAs<Handle>(name).cancel()
  },
  python: ({ name }, print) => `${print.variable(name)}.cancel()`,
  typescript: ({ name }, print) => `${print.variable(name)}.cancel()`,
  random: { family: 'callbacks', weight: 3, make: (maker) => ({ name: maker.pick(['handle', 'timer']) }) },
})
export const cancelHandle = (name: string): Node => cancelHandle_({ name })
