import type { Barrier } from 'spindle'
import { action, awaitable, type Node } from '../language.ts'
import type { Maker } from '../random/maker.ts'
import { make } from './objects.ts'

function anyBarrier(maker: Maker): string {
  return maker.shared('barrier', (name) => make('Barrier', name, 1 + maker.integer(3)), 1)
}

const METHODS = {
  wait: { python: 'wait', weight: 16 },
  reset: { python: 'reset', weight: 3 },
  abort: { python: 'abort', weight: 2 },
} as const

type Method = keyof typeof METHODS

const [wait_, reset_, abort_] = (Object.keys(METHODS) as Method[]).map((method) =>
  awaitable<{ name: string }>(`barrier.${method}`, {
    make: ({ name }, env) => env.getAs<Barrier>(name)[method](),
    python: ({ name }) => `${name}.${METHODS[method].python}()`,
    typescript: ({ name }) => `${name}.${method}()`,
    random: { family: 'barriers', weight: METHODS[method].weight, make: (maker) => ({ name: anyBarrier(maker) }) },
  }),
) as [(fields: { name: string }) => Node, (fields: { name: string }) => Node, (fields: { name: string }) => Node]

export const barrierWait = (name: string): Node => wait_({ name })
export const barrierReset = (name: string): Node => reset_({ name })
export const barrierAbort = (name: string): Node => abort_({ name })

const barrierState_ = action<{ name: string }>('barrierState', {
  run({ name }, env) {
    const barrier = env.getAs<Barrier>(name)
    return [barrier.parties, barrier.nWaiting, barrier.broken]
  },
  python: ({ name }) => `print(${name}.parties, ${name}.n_waiting, ${name}.broken)`,
  typescript: ({ name }) => `console.log(${name}.parties, ${name}.nWaiting, ${name}.broken)`,
  random: { family: 'barriers', weight: 3, make: (maker) => ({ name: anyBarrier(maker) }) },
})
export const barrierState = (name: string): Node => barrierState_({ name })
