// What runs after the last step of main, and what is left for the next run of the loop.

import {
  attempt,
  callSoon,
  cleanUp,
  interrupt,
  note,
  repeat,
  sleep,
  spawn,
  stop,
  taskGroup,
  turn,
  whenDone,
} from '../constructs/index.ts'
import type { Node, Program, Run } from '../language.ts'
import { program } from './program.ts'

/** A callback that schedules the next one, and so on. */
const chained = (depth: number): Node => callSoon(note(depth), ...(depth > 0 ? [chained(depth - 1)] : []))

const UP_TO_TWO = [0, 1, 2]

/** Up to two Tasks, each with up to two callbacks that schedule callbacks, and main, which ends meanwhile. */
const grid = UP_TO_TWO.flatMap((tasks) =>
  UP_TO_TWO.flatMap((callbacks) =>
    UP_TO_TWO.flatMap((depth) =>
      UP_TO_TWO.map((turns): Program => {
        const started = ['a', 'b']
          .slice(0, tasks)
          .flatMap((name, index) => [
            spawn(name, ...(index === 0 ? [turn] : [cleanUp([sleep(9)], [turn, note()])])),
            ...Array.from({ length: callbacks }, () => whenDone(name, note(), chained(depth))),
          ])
        const name = `${tasks} Tasks, ${callbacks} callbacks, ${depth} deep, and main ends after ${turns} turns`
        return { name, main: [chained(depth), ...started, ...Array(turns).fill(turn)], closes: true }
      }),
    ),
  ),
)

export const ends: Program[] = [
  ...grid,
  { ...program('a callback stops the loop that closes', spawn('a'), whenDone('a', stop)), closes: true },
  { ...program('clean-up makes a Task', spawn('a', cleanUp([sleep(9)], [spawn('b', sleep(9))])), turn), closes: true },
]

const cleansUp = spawn('a', cleanUp([sleep(9)], [sleep(1), note(1)]))
const next: Run = { statements: [sleep(1), note(2)] }

export const interrupts: Program[] = [
  program('main is interrupted', cleansUp, turn, interrupt('x')),
  program('main is interrupted in its first step', cleansUp, interrupt('x')),
  program('a child is interrupted, and main awaits it', cleansUp, spawn('b', turn, interrupt('x')), repeat(4, turn)),
  program('a child is interrupted in the last turn of main', cleansUp, spawn('b', turn, interrupt('x')), turn),
  program('a Task of a group is interrupted', cleansUp, taskGroup('g', spawn('b', interrupt('x')), sleep(5))),
  program('the block of a group is interrupted', cleansUp, taskGroup('g', sleep(1), interrupt('x'))),
  program('a callback is interrupted', cleansUp, callSoon(interrupt('x')), sleep(3)),
  program('a done callback is interrupted', cleansUp, spawn('b'), whenDone('b', interrupt('x')), sleep(3)),
  program('clean-up is interrupted', spawn('b', cleanUp([sleep(9)], [turn, interrupt('x')])), cleansUp, turn),
  program('an interrupt is caught', attempt([interrupt('x')], { type: 'BaseException', statements: [] }), cleansUp),
  program('the loop is stopped in the last step of main', cleansUp, turn, stop),
].flatMap((interrupted) => [
  { ...interrupted, closes: true },
  {
    ...interrupted,
    name: `${interrupted.name}, and the loop runs again`,
    runs: [next, { forever: 2 }, next],
    closes: true,
  },
])
