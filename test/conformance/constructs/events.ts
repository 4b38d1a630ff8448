import type { Event } from 'spindle'
import { action, awaitable, type Node } from '../language.ts'
import type { Maker } from '../random/maker.ts'
import { make } from './objects.ts'

function anyEvent(maker: Maker): string {
  return maker.shared('event', (name) => make('Event', name))
}

const eventWait_ = awaitable<{ name: string }>('eventWait', {
  make: ({ name }, env) => env.getAs<Event>(name).wait(),
  python: ({ name }) => `${name}.wait()`,
  typescript: ({ name }) => `${name}.wait()`,
  random: { family: 'events', weight: 12, make: (maker) => ({ name: anyEvent(maker) }) },
})
export const eventWait = (name: string): Node => eventWait_({ name })

const eventSet_ = action<{ name: string; to: boolean }>('eventSet', {
  run({ name, to }, env) {
    if (to) env.getAs<Event>(name).set()
    else env.getAs<Event>(name).clear()
  },
  python: ({ name, to }) => `${name}.${to ? 'set' : 'clear'}()`,
  typescript: ({ name, to }) => `${name}.${to ? 'set' : 'clear'}()`,
  random: { family: 'events', weight: 9, make: (maker) => ({ name: anyEvent(maker), to: maker.chance(0.7) }) },
})
export const setEvent = (name: string): Node => eventSet_({ name, to: true })
export const clearEvent = (name: string): Node => eventSet_({ name, to: false })
