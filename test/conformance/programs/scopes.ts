// Blocks that cancel their content: timeout and taskGroup.

import {
  ask,
  attempt,
  body,
  callLater,
  cancel,
  cancelling,
  cleanUp,
  expired,
  future,
  gather,
  giveBack,
  note,
  raise,
  ref,
  repeat,
  reschedule,
  setResult,
  shield,
  sleep,
  spawn,
  spawnEagerly,
  spawnInGroup,
  spawnInGroupEagerly,
  taskGroup,
  timeout,
  timeoutAs,
  turn,
  uncancel,
  waitFor,
} from '../constructs/index.ts'
import type { Node, Program } from '../language.ts'
import { program } from './program.ts'

const swallow = (...statements: Node[]) => attempt(statements, { type: 'CancelledError', statements: [] })
const late = (...statements: Node[]) => attempt(statements, { type: 'TimeoutError', statements: [cancelling()] })
const failing = (...statements: Node[]) => attempt(statements, { type: 'Exception', statements: [cancelling()] })

export const timeouts: Program[] = [
  program('a block that is in time', timeoutAs('t', 5, sleep(2)), expired('t'), note()),
  program('a block that is late', late(timeoutAs('t', 2, sleep(5))), expired('t'), sleep(1)),
  program('a block that is late at the moment it ends', late(timeoutAs('t', 2, sleep(2))), expired('t')),
  program('a block without a limit', timeoutAs('t', null, sleep(20)), expired('t')),
  program('a block with a limit of 0', late(timeout(0, note(1), sleep(0), note(2)))),
  program('a block with a limit of 0 that does not wait', timeoutAs('t', 0, note(1)), sleep(1), expired('t')),
  program('a block with a negative limit', late(timeout(-1, note(1), sleep(5)))),
  program('a block that gives a value', spawn('a', timeout(5, sleep(1), giveBack(3))), ref('a')),
  program('a block that throws', failing(timeout(5, raise('Boom', 'x'))), sleep(9)),
  program(
    'a block that is cut off and throws',
    failing(timeout(2, attempt([sleep(5)], { type: 'CancelledError', statements: [raise('Boom', 'x')] }))),
  ),
  program(
    'a block that is cut off and goes on',
    late(timeoutAs('t', 2, swallow(sleep(5)), sleep(3), note(1))),
    expired('t'),
    cancelling(),
  ),
  program('a block that is cut off and cleans up', late(timeout(2, cleanUp([sleep(5)], [sleep(4), note(1)]))), note()),
  program('a block that is cut off in a coroutine', late(timeout(2, body(cleanUp([sleep(5)], [note(1)]))))),
  program(
    'a block that is cut off in a Task it waits for',
    late(timeout(2, spawn('a', cleanUp([sleep(5)], [note(1)])), ref('a'))),
    ask('a', 'cancelled'),
  ),
  program('a foreign cancel within a block', spawn('a', timeout(5, sleep(9))), sleep(1), cancel('a', 'mine'), ref('a')),
  program(
    'a foreign cancel in the turn in which the time is up, before',
    spawn('a', timeout(2, sleep(9))),
    callLater(2, cancel('a', 'mine')),
    swallow(ref('a')),
    cancelling('a'),
  ),
  program(
    'a foreign cancel in the turn in which the time is up, after',
    callLater(1),
    spawn('a', timeout(2, sleep(9))),
    turn,
    callLater(2, cancel('a', 'mine')),
    swallow(ref('a')),
    cancelling('a'),
  ),
  program(
    'a foreign cancel that is on its way when the block begins',
    spawn('a', cancel('me', 'mine'), timeout(0, sleep(5))),
    swallow(ref('a')),
    cancelling('a'),
  ),
  program(
    'a foreign cancel that was caught before the block',
    spawn('a', swallow(sleep(9)), late(timeout(2, sleep(5))), cancelling()),
    turn,
    cancel('a'),
    ref('a'),
  ),
  program(
    'the outer of two is up first',
    late(timeoutAs('o', 2, late(timeoutAs('i', 5, sleep(9))), note(1))),
    expired('o'),
    expired('i'),
  ),
  program(
    'the inner of two is up first',
    late(timeoutAs('o', 5, late(timeoutAs('i', 2, sleep(9))), note(1))),
    expired('o'),
    expired('i'),
  ),
  program(
    'both of two are up at once',
    late(timeoutAs('o', 2, late(timeoutAs('i', 2, sleep(9))), note(1))),
    expired('o'),
    expired('i'),
  ),
  program(
    'the inner of two cleans up until the outer is up',
    late(timeoutAs('o', 4, late(timeoutAs('i', 2, cleanUp([sleep(9)], [sleep(5)]))), note(1))),
    expired('o'),
    expired('i'),
  ),
  program('three in each other', late(timeout(6, late(timeout(4, late(timeout(2, sleep(9))), sleep(9))), sleep(9)))),
  program('a limit is put off', timeoutAs('t', 2, sleep(1), reschedule('t', 5), sleep(3), expired('t')), expired('t')),
  program('a limit is moved up', late(timeoutAs('t', 9, reschedule('t', 1), sleep(3))), expired('t')),
  program('a limit is lifted', timeoutAs('t', 2, reschedule('t', null), sleep(9)), expired('t')),
  program(
    'a limit is moved to the past',
    late(timeoutAs('t', 9, sleep(3), reschedule('t', -5), note(1), sleep(3))),
    expired('t'),
  ),
  program(
    'a limit that is up cannot be put off',
    late(
      timeoutAs(
        't',
        1,
        attempt([sleep(3)], {
          type: 'CancelledError',
          statements: [attempt([reschedule('t', 5)], { type: 'RuntimeError', statements: [] })],
          again: true,
        }),
      ),
    ),
  ),
  program('a limit of a block that has ended cannot be put off', timeoutAs('t', 5, sleep(1)), reschedule('t', 5)),
  program(
    'another Task puts a limit off',
    spawn('a', sleep(1), reschedule('t', 9)),
    timeoutAs('t', 2, sleep(5)),
    note(),
  ),
  program(
    'uncancel within a block that is cut off',
    timeoutAs('t', 2, attempt([sleep(5)], { type: 'CancelledError', statements: [uncancel()] }), note(1)),
    expired('t'),
  ),
  program('a block around a shield', spawn('a', sleep(5), giveBack(1)), late(timeout(2, shield(ref('a')))), ref('a')),
  program(
    'a block around waitFor',
    late(timeout(2, waitFor(sleep(9), 5))),
    late(timeout(5, late(waitFor(sleep(9), 2)), note(1))),
  ),
  program('blocks one after another', repeat(3, late(timeout(1, sleep(5))))),
]

export const groups: Program[] = [
  program(
    'a group waits for its Tasks',
    taskGroup('g', spawnInGroup('g', 'a', sleep(2)), spawnInGroup('g', 'b', sleep(1)), note(1)),
    note(2),
  ),
  program('a group without Tasks', spawn('t', repeat(3, turn)), taskGroup('g', note(1)), note(2)),
  program('a group gives a value', spawn('x', taskGroup('g', spawnInGroup('g', 'a', sleep(2)), giveBack(5))), ref('x')),
  program(
    'a Task of a group fails and the others are cancelled',
    failing(
      taskGroup(
        'g',
        spawnInGroup('g', 'a', cleanUp([sleep(9)], [note(1)])),
        spawnInGroup('g', 'b', sleep(1), raise('Boom', 'b')),
        spawnInGroup('g', 'c', sleep(9)),
      ),
    ),
    ask('a', 'cancelled'),
    sleep(1),
  ),
  program(
    'a Task of a group fails and its block is cut off',
    failing(
      taskGroup(
        'g',
        spawnInGroup('g', 'b', sleep(1), raise('Boom', 'b')),
        cleanUp([sleep(9)], [note(1), sleep(2), note(2)]),
      ),
    ),
    sleep(1),
  ),
  program(
    'a Task of a group fails and its block refuses',
    failing(taskGroup('g', spawnInGroup('g', 'b', sleep(1), raise('Boom', 'b')), swallow(sleep(9)), sleep(2), note(1))),
    sleep(1),
  ),
  program(
    'two Tasks of a group fail',
    failing(
      taskGroup(
        'g',
        spawnInGroup('g', 'a', sleep(1), raise('Boom', 'a')),
        spawnInGroup('g', 'b', sleep(1), raise('Bang', 'b')),
      ),
    ),
    sleep(1),
  ),
  program(
    'a Task of a group fails while it is cancelled',
    failing(
      taskGroup(
        'g',
        spawnInGroup('g', 'a', attempt([sleep(9)], { type: 'CancelledError', statements: [raise('Bang', 'a')] })),
        spawnInGroup('g', 'b', sleep(1), raise('Boom', 'b')),
      ),
    ),
    sleep(1),
  ),
  program(
    'the block of a group fails',
    failing(
      taskGroup('g', spawnInGroup('g', 'a', cleanUp([sleep(9)], [sleep(2), note(1)])), sleep(1), raise('Boom', 'x')),
    ),
    sleep(1),
  ),
  program(
    'the block of a group fails before its Tasks begin',
    failing(taskGroup('g', spawnInGroup('g', 'a', note(1)), raise('Boom', 'x'))),
  ),
  program(
    'the block of a group and a Task fail',
    failing(taskGroup('g', spawnInGroup('g', 'a', raise('Bang', 'a')), sleep(0), raise('Boom', 'x'))),
  ),
  program(
    'a Task of a group is cancelled by another',
    taskGroup('g', spawnInGroup('g', 'a', sleep(9)), spawnInGroup('g', 'b', sleep(1), cancel('a', 'why'))),
    ask('a', 'cancelled'),
  ),
  program(
    'a Task of a group raises CancelledError',
    taskGroup('g', spawnInGroup('g', 'a', raise('CancelledError', 'x')), sleep(2), note(1)),
    note(2),
  ),
  program(
    'the block of a group raises CancelledError',
    swallow(taskGroup('g', spawnInGroup('g', 'a', sleep(5)), raise('CancelledError', 'x'))),
    ask('a', 'cancelled'),
  ),
  program(
    'who runs a group is cancelled while the block runs',
    spawn('x', taskGroup('g', spawnInGroup('g', 'a', cleanUp([sleep(9)], [note(1)])), sleep(5))),
    sleep(1),
    cancel('x', 'why'),
    swallow(ref('x')),
    ask('a', 'cancelled'),
  ),
  program(
    'who runs a group is cancelled while it waits for the Tasks',
    spawn('x', taskGroup('g', spawnInGroup('g', 'a', cleanUp([sleep(9)], [sleep(2), note(1)])))),
    sleep(1),
    cancel('x', 'why'),
    swallow(ref('x')),
    cancelling('x'),
  ),
  program(
    'who runs a group is cancelled twice while it waits',
    spawn('x', taskGroup('g', spawnInGroup('g', 'a', cleanUp([sleep(9)], [sleep(3), note(1)])))),
    sleep(1),
    cancel('x', 'one'),
    sleep(1),
    cancel('x', 'two'),
    swallow(ref('x')),
    cancelling('x'),
  ),
  program(
    'who runs a group is cancelled while it winds up after a failure',
    spawn(
      'x',
      failing(
        taskGroup(
          'g',
          spawnInGroup('g', 'a', cleanUp([sleep(9)], [sleep(3)])),
          spawnInGroup('g', 'b', sleep(1), raise('Boom', 'b')),
        ),
      ),
      cancelling(),
      sleep(1),
      note(1),
    ),
    sleep(2),
    cancel('x', 'why'),
    swallow(ref('x')),
    cancelling('x'),
  ),
  program(
    'who runs a group is cancelled in the turn in which a Task fails',
    spawn('x', failing(taskGroup('g', spawnInGroup('g', 'b', sleep(1), raise('Boom', 'b')), sleep(9))), sleep(1)),
    turn,
    turn, // the sleep of b begins first, and ends first
    callLater(1, cancel('x', 'why')),
    swallow(ref('x')),
    cancelling('x'),
  ),
  program(
    'who runs a group is cancelled before the block begins',
    spawn('x', cancel('me', 'why'), taskGroup('g', spawnInGroup('g', 'a', note(1)), sleep(1))),
    swallow(ref('x')),
  ),
  program(
    'who runs a group is cancelled and a Task refuses',
    spawn('x', taskGroup('g', spawnInGroup('g', 'a', swallow(sleep(9)), sleep(2), note(1)))),
    sleep(1),
    cancel('x', 'why'),
    swallow(ref('x')),
  ),
  program(
    'who runs a group is cancelled and a Task fails of it',
    spawn(
      'x',
      taskGroup(
        'g',
        spawnInGroup('g', 'a', attempt([sleep(9)], { type: 'CancelledError', statements: [raise('Boom', 'a')] })),
      ),
    ),
    sleep(1),
    cancel('x', 'why'),
    failing(ref('x')),
    cancelling('x'),
  ),
  program(
    'a Task adds one to its group',
    taskGroup('g', spawnInGroup('g', 'a', sleep(1), spawnInGroup('g', 'b', sleep(2), note(2)), note(1))),
    note(3),
  ),
  program(
    'a Task adds one to its group while it winds up',
    failing(
      taskGroup(
        'g',
        spawnInGroup(
          'g',
          'a',
          attempt([sleep(9)], { type: 'CancelledError', statements: [spawnInGroup('g', 'c', note(1))] }),
        ),
        spawnInGroup('g', 'b', sleep(1), raise('Boom', 'b')),
      ),
    ),
  ),
  program('a group that has ended takes no Task', taskGroup('g', sleep(1)), spawnInGroup('g', 'a', note(1))),
  program(
    'an eager Task of a group',
    taskGroup('g', spawnInGroupEagerly('g', 'a', note(1), sleep(1), note(2)), note(3)),
  ),
  program(
    'an eager Task of a group that ends at once',
    taskGroup('g', spawnInGroupEagerly('g', 'a', note(1)), ask('a', 'done')),
  ),
  program(
    'an eager Task of a group that fails at once',
    failing(taskGroup('g', spawnInGroupEagerly('g', 'a', raise('Boom', 'a')), note(1), sleep(1), note(2))),
  ),
  program(
    'an eager Task of a group that is cancelled at once',
    taskGroup('g', spawnInGroupEagerly('g', 'a', cancel('me', 'x'), sleep(5)), note(1)),
    ask('a', 'cancelled'),
  ),
  program(
    'an eager Task cancels who runs its group',
    swallow(taskGroup('g', spawnInGroupEagerly('g', 'a', cancel('main', 'x'), sleep(5)), note(1), sleep(1))),
  ),
  program(
    'groups in each other',
    failing(
      taskGroup(
        'g',
        spawnInGroup(
          'g',
          'a',
          taskGroup('h', spawnInGroup('h', 'b', sleep(1), raise('Boom', 'b')), spawnInGroup('h', 'c', sleep(9))),
        ),
        spawnInGroup('g', 'd', sleep(9)),
      ),
    ),
  ),
  program(
    'groups in each other, and the outer one is cut off',
    failing(
      taskGroup(
        'g',
        spawnInGroup('g', 'a', taskGroup('h', spawnInGroup('h', 'c', cleanUp([sleep(9)], [sleep(2), note(1)])))),
        spawnInGroup('g', 'd', sleep(1), raise('Boom', 'd')),
      ),
    ),
  ),
  program(
    'a group in a block of a group',
    failing(
      taskGroup(
        'g',
        spawnInGroup('g', 'a', sleep(2), raise('Boom', 'a')),
        taskGroup('h', spawnInGroup('h', 'b', cleanUp([sleep(9)], [note(1)]))),
      ),
    ),
  ),
  program(
    'a group within a timeout',
    late(timeout(2, taskGroup('g', spawnInGroup('g', 'a', cleanUp([sleep(9)], [note(1)])), sleep(9)))),
    note(),
  ),
  program(
    'a group within a timeout fails in the turn in which the time is up',
    attempt([timeout(2, taskGroup('g', spawnInGroup('g', 'a', sleep(2), raise('Boom', 'a')), sleep(9)))], {
      type: 'Exception',
      statements: [],
    }),
    cancelling(),
    sleep(1),
  ),
  program(
    'a timeout within a group',
    taskGroup('g', spawnInGroup('g', 'a', late(timeout(2, sleep(9)))), late(timeout(1, sleep(9)))),
  ),
  program(
    'a timeout within a Task of a group fails the group',
    failing(taskGroup('g', spawnInGroup('g', 'a', timeout(2, sleep(9))), spawnInGroup('g', 'b', sleep(9)))),
  ),
  program(
    'a gather within a group',
    failing(
      taskGroup(
        'g',
        spawnInGroup('g', 'a', sleep(1), raise('Boom', 'a')),
        gather(sleep(9), body(cleanUp([sleep(9)], [note(1)]))),
      ),
    ),
  ),
  program(
    'a group waits for a Future that a Task of it sets',
    future('f'),
    taskGroup('g', spawnInGroup('g', 'a', sleep(1), setResult('f', 5)), ref('f'), note(1)),
  ),
  program(
    'uncancel in a group that fails',
    failing(
      taskGroup(
        'g',
        spawnInGroup('g', 'a', raise('Boom', 'a')),
        attempt([sleep(5)], { type: 'CancelledError', statements: [uncancel(), cancelling()] }),
      ),
    ),
    cancelling(),
    sleep(1),
  ),
  program(
    'an eager Task runs a group',
    spawnEagerly('x', taskGroup('g', spawnInGroup('g', 'a', sleep(1)), note(1))),
    note(2),
    ref('x'),
  ),
]
