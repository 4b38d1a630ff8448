import {
  attempt,
  awaitMe,
  badYield,
  body,
  custom,
  gather,
  raise,
  raiseFrom,
  raiseGroup,
  shield,
  sleep,
  spawn,
  spawnInGroup,
  split,
  taskGroup,
  timeout,
  turn,
  waitFor,
} from '../constructs/index.ts'
import type { Program } from '../language.ts'
import { program } from './program.ts'

const inner = { message: 'inner', of: ['Boom', 'Bang'] } as const

export const customs: Program[] = [
  program('an awaitable of one’s own', custom(1, turn, sleep(2)), custom(2)),
  program('it becomes a Task', gather(custom(1, turn), custom(2, sleep(1))), shield(custom(3, turn))),
  program('it has a limit', waitFor(custom(1, sleep(9)), 2)),
  program('it fails', attempt([custom(1, body(raise('Boom', 'x')))], { type: 'Boom', statements: [] })),
  program('a value that is no awaitable', attempt([badYield(42)], { type: 'Exception', statements: [] }), turn),
  program('a text', badYield('red')),
  program('a Future without a star', badYield(null)),
  program('a Task awaits itself', awaitMe),
  program('a bad yield in a child', spawn('a', badYield(1)), gather(custom(1, badYield(2)), sleep(3))),
  program('a cause', raiseFrom('Bang', raise('Boom', 'x'))),
  program('a cancellation is a cause', timeout(1, raiseFrom('Bang', sleep(9)))),
  program('a group is split', split('Boom', raiseGroup('g', 'Boom', 'Bang', inner))),
  program('a group is taken as a whole', split('BaseException', raiseGroup('g', 'Boom', inner))),
  program('nothing of a group is taken', split('Boom', raiseGroup('g', 'Bang'))),
  program(
    'the group of a task group is split',
    split(
      'Boom',
      taskGroup('g', spawnInGroup('g', 'a', raise('Boom')), spawnInGroup('g', 'b', raiseGroup('b', 'Bang')), sleep(9)),
    ),
  ),
  program('a group has a cause', split('Bang', raiseFrom('Boom', raiseGroup('g', 'Bang')))),
]
