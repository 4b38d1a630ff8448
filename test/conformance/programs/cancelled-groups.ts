// `group.cancel()`, which CPython has since 3.15.

import {
  attempt,
  cancel,
  cancelling,
  cleanUp,
  eagerTasks,
  groupCancel,
  note,
  raise,
  ref,
  sleep,
  spawn,
  spawnInGroup,
  spawnInGroupEagerly,
  taskGroup,
  timeout,
  uncancel,
} from '../constructs/index.ts'
import type { Node, Program } from '../language.ts'
import { program } from './program.ts'

const slow = (group: string, name: string): Node => spawnInGroup(group, name, cleanUp([sleep(9)], [sleep(3), note(1)]))
const swallow = (...statements: Node[]): Node =>
  attempt(statements, { type: 'CancelledError', statements: [cancelling()] })
const failing = (...statements: Node[]): Node => attempt(statements, { type: 'Exception', statements: [cancelling()] })

export const cancelledGroups: readonly Program[] = [
  program(
    'its block cancels a group',
    taskGroup('g', slow('g', 'a'), groupCancel('g'), note(1), sleep(5), note(2)),
    note(3),
  ),
  program(
    'its block cancels a group twice',
    taskGroup('g', slow('g', 'a'), groupCancel('g'), groupCancel('g'), sleep(5)),
  ),
  program(
    'a Task cancels its group',
    taskGroup('g', slow('g', 'a'), spawnInGroup('g', 'b', groupCancel('g'), sleep(1), note(2)), sleep(5)),
  ),
  program(
    'a Task cancels its group while that waits',
    taskGroup('g', slow('g', 'a'), spawnInGroup('g', 'b', sleep(1), groupCancel('g'))),
    cancelling(),
  ),
  program('a group without Tasks is cancelled', taskGroup('g', groupCancel('g')), sleep(1), cancelling()),
  program('a group is cancelled when it has ended', taskGroup('g', sleep(1)), groupCancel('g'), sleep(1), cancelling()),
  program(
    'a Task cancels its group in its eager first step',
    taskGroup('g', spawnInGroupEagerly('g', 'a', groupCancel('g'), sleep(5)), sleep(1)),
  ),
  program(
    'a Task cancels its group in its eager first step, and the block fails',
    eagerTasks(),
    failing(taskGroup('g', spawnInGroup('g', 'a', groupCancel('g')), spawnInGroup('g', 'b', note(1)))),
  ),
  program(
    'no Task can be made in a cancelled group',
    failing(taskGroup('g', groupCancel('g'), spawnInGroup('g', 'a', note(1)))),
  ),
  program(
    'a Task fails as its group is cancelled',
    failing(
      taskGroup('g', spawnInGroup('g', 'a', cleanUp([sleep(5)], [raise('Boom', 'a')])), sleep(1), groupCancel('g')),
    ),
  ),
  program(
    'the block fails as its group is cancelled',
    failing(taskGroup('g', slow('g', 'a'), groupCancel('g'), cleanUp([sleep(5)], [raise('Boom', 'x')]))),
  ),
  program(
    'the inner of two groups is cancelled',
    taskGroup('g', slow('g', 'a'), taskGroup('h', slow('h', 'b'), sleep(1), groupCancel('h'), sleep(5)), note(2)),
  ),
  program(
    'the outer of two groups is cancelled',
    taskGroup('g', slow('g', 'a'), taskGroup('h', slow('h', 'b'), sleep(1), groupCancel('g'), sleep(5)), note(2)),
    note(3),
  ),
  program(
    'a cancellation from outside comes while a cancelled group waits',
    spawn('x', taskGroup('g', slow('g', 'a'), sleep(1), groupCancel('g'), sleep(5)), note(2)),
    sleep(2),
    cancel('x', 'why'),
    swallow(ref('x')),
    cancelling('x'),
  ),
  program(
    'a cancellation from outside comes as a group is cancelled that waits already',
    spawn('x', taskGroup('g', slow('g', 'a'), spawnInGroup('g', 'b', sleep(1), groupCancel('g'))), note(2)),
    sleep(2),
    cancel('x', 'why'),
    swallow(ref('x')),
    cancelling('x'),
  ),
  program(
    'a cancellation from outside comes while a cancelled group waits whose block has failed',
    spawn(
      'x',
      failing(taskGroup('g', slow('g', 'a'), groupCancel('g'), cleanUp([sleep(5)], [raise('Boom', 'x')]))),
      sleep(1),
      note(2),
    ),
    sleep(1),
    cancel('x', 'why'),
    swallow(ref('x')),
    cancelling('x'),
  ),
  program(
    'the time around a cancelled group is over',
    attempt([timeout(2, taskGroup('g', slow('g', 'a'), groupCancel('g'), sleep(5)))], {
      type: 'TimeoutError',
      statements: [note(2)],
    }),
    cancelling(),
  ),
  program(
    'the time within a cancelled group is over',
    taskGroup('g', groupCancel('g'), attempt([timeout(0, sleep(5))], { type: 'Exception', statements: [note(2)] })),
  ),
  program(
    'a Task that was cancelled before cancels its group',
    spawn('x', swallow(sleep(5)), taskGroup('g', slow('g', 'a'), groupCancel('g'), sleep(5)), cancelling(), note(2)),
    sleep(1),
    cancel('x'),
    ref('x'),
  ),
  program(
    'a Task that was cancelled before takes that back in its group, and is cancelled again',
    spawn('x', swallow(sleep(5)), taskGroup('g', slow('g', 'a'), uncancel(), groupCancel('g'), sleep(5)), note(2)),
    sleep(1),
    cancel('x'),
    sleep(2),
    cancel('x', 'again'),
    swallow(ref('x')),
    cancelling('x'),
  ),
]
