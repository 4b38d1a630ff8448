// What it costs to listen, as ratios of the CPU time of a switch within one run: `npx tsx test/inspect/listening.ts`.

import { record } from '@spindle/inspect'
import { type Coroutine, type EventLoop, ensureFuture, newEventLoop, sleep } from 'spindle'

const TASKS = 100
const SWITCHES = 1000

const observers: { readonly [name: string]: (loop: EventLoop) => void } = {
  unobserved: () => {},
  'a listener of exception': (loop) => loop.events.on('exception', () => {}),
  'a listener of task:done': (loop) => loop.events.on('task:done', () => {}),
  'a listener of task:step': (loop) => loop.events.on('task:step', () => {}),
  'a recorder': (loop) => void record(loop),
}

function* worker(): Coroutine<void> {
  for (let n = 0; n < SWITCHES; n++) yield* sleep(0)
}

function* main(): Coroutine<void> {
  const tasks = Array.from({ length: TASKS }, () => ensureFuture(worker()))
  for (const task of tasks) yield* task
}

/** In ns a switch. */
function measure(observe: (loop: EventLoop) => void): number {
  const loop = newEventLoop()
  observe(loop)
  const start = process.cpuUsage()
  loop.runUntilCompleteSync(main())
  const { user, system } = process.cpuUsage(start)
  loop.close()
  return ((user + system) * 1000) / (TASKS * SWITCHES)
}

const best = new Map<string, number>()
for (let round = 0; round < 8; round++) {
  for (const [name, observe] of Object.entries(observers)) {
    best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, measure(observe)))
  }
}
const unobserved = best.get('unobserved') ?? 0
for (const [name, time] of best) {
  console.log(`${name.padEnd(24)} ${time.toFixed(0).padStart(5)} ns a switch   × ${(time / unobserved).toFixed(2)}`)
}
