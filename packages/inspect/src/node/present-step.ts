// The step that a thread is in. The helper thread asks through the inspector, which interrupts JavaScript anywhere: a
// step that never ends can answer, and nothing has to be noted at each step.

import type { EventLoop, Task } from 'spindle'
import { ambient, creationStack, formatLocation, parseFrame } from 'spindle/internal'
import type { Numbers } from '../recorder/numbers.ts'

export interface PresentStep {
  readonly task: { readonly id: number; readonly name: string } | undefined
  /** Where it stands, innermost first: `load() main.ts:12`. */
  readonly places: readonly string[]
  /** For how many ms at least Node.js has had no turn. */
  readonly duration: number
  /** How many iterations the loops have ended. */
  readonly turns: number
  /** How many Tasks there are. */
  readonly tasks: number
}

const MAX_PLACES = 5
const MAX_TEXT = 500
const GLOBAL = Symbol.for('spindle.monitor')

/** What the helper thread evaluates. Its frame counts as one of Node.js. */
export const QUESTION = "globalThis[Symbol.for('spindle.monitor')]() //# sourceURL=node:spindle"

/** Answers the question, until the result is called. @param late for how long Node.js has had no turn */
export function answerInAStep(loops: ReadonlySet<EventLoop>, numbers: Numbers, late: () => number): () => void {
  const answer = (): PresentStep => {
    const task = ambient.runningLoop?.currentTask as Task | undefined
    const id = numbers.of(task)
    const name = task && numbers.nameOf(task).slice(0, MAX_TEXT)
    return {
      task: name === undefined ? undefined : { id, name },
      places: presentPlaces(),
      duration: late(),
      turns: numbers.past.turns,
      tasks: [...loops].reduce((sum, loop) => sum + loop.tasks.size, 0),
    }
  }
  Object.defineProperty(globalThis, GLOBAL, { value: answer, configurable: true })
  return () => void Reflect.deleteProperty(globalThis, GLOBAL)
}

function presentPlaces(): string[] {
  const here = {}
  creationStack.record(here)
  const frames = (creationStack.of(here) ?? '').split('\n').map(parseFrame)
  const places = frames.flatMap((at) => (at === undefined ? [] : `${at.name}() ${formatLocation(at)}`))
  return places.slice(0, MAX_PLACES).map((place) => place.slice(0, MAX_TEXT))
}
