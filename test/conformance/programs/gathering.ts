import {
  ask,
  attempt,
  body,
  callLater,
  cancel,
  cancelling,
  cleanUp,
  ensureFuture,
  future,
  gather,
  gatherAll,
  giveBack,
  hold,
  note,
  raise,
  ref,
  repeat,
  setException,
  setResult,
  sleep,
  spawn,
  turn,
  whenDone,
} from '../constructs/index.ts'
import type { Node, Program } from '../language.ts'
import { program } from './program.ts'

const swallow = (...statements: Node[]) => attempt(statements, { type: 'CancelledError', statements: [] })

export const gathers: Program[] = [
  // CPython: test_tasks.GatherTestsBase.test_success
  program('gather gives results in the order of the list', gather(sleep(3, 'c'), sleep(1, 'a'), sleep(2, 'b'))),
  // CPython: test_tasks.FutureGatherTests.test_constructor_empty_sequence_use_running_loop
  program('gather of nothing', gather(), note()),
  program('gather of nothing takes a turn or none', spawn('a', repeat(4, turn)), gather(), note(1), gather(), note(2)),
  program(
    'gather of what is done',
    future('f'),
    setResult('f', 1),
    spawn('a', repeat(4, turn)),
    gather(ref('f')),
    note(),
  ),
  program(
    'gather of one that is done and one that is not',
    future('f'),
    setResult('f', 1),
    gather(ref('f'), sleep(2, 'x')),
  ),
  // CPython: test_tasks.CoroutineGatherTests.test_duplicate_coroutines
  program('gather of the same Task twice', spawn('a', sleep(1), giveBack(5)), gather(ref('a'), ref('a'), sleep(0, 1))),
  program(
    'gather of the same sleep(0) written twice makes two Tasks',
    spawn('a', repeat(3, turn)),
    hold('g', gather(sleep(0), sleep(0))),
    note(1),
    ref('g'),
  ),
  // CPython: test_tasks.GatherTestsBase.test_one_exception
  // CPython: test_tasks.GatherTestsBase.test_result_exception_success
  program(
    'gather throws the first exception and the others run on',
    attempt([gather(sleep(3), body(sleep(1), raise('Boom', 'x')), body(sleep(2), note(1)))], {
      type: 'Boom',
      statements: [],
    }),
    sleep(5),
  ),
  program(
    'gather throws an exception that was there already',
    future('f'),
    setException('f', 'Boom', 'x'),
    gather(ref('f'), body(note(1))),
  ),
  // CPython: test_tasks.CoroutineGatherTests.test_exception_marking
  program(
    'gather with two exceptions keeps the second to itself',
    attempt([gather(body(sleep(1), raise('Boom', 'x')), body(sleep(2), raise('Bang', 'y')))], {
      type: 'Boom',
      statements: [],
    }),
    sleep(5),
  ),
  // CPython: test_tasks.GatherTestsBase.test_return_exceptions
  program(
    'gather that returns exceptions',
    gatherAll(
      body(raise('Boom', 'x')),
      sleep(1, 2),
      body(raise('CancelledError', 'c')),
      body(sleep(1), raise('Bang', 'y')),
    ),
  ),
  // CPython: test_tasks.FutureGatherTests.test_one_cancellation
  // CPython: test_tasks.FutureGatherTests.test_result_exception_one_cancellation
  program(
    'a child of gather is cancelled',
    spawn('a', sleep(9)),
    spawn('b', cancel('a', 'why')),
    gather(ref('a'), sleep(2)),
  ),
  program(
    'a child of gather is cancelled, exceptions returned',
    spawn('a', sleep(9)),
    spawn('b', cancel('a', 'why')),
    gatherAll(ref('a'), sleep(2)),
  ),
  // CPython: test_tasks.BaseTaskTests.test_cancel_gather_1
  // CPython: test_tasks.CoroutineGatherTests.test_cancellation_broadcast
  program(
    'gather is cancelled',
    spawn('a', cleanUp([sleep(9)], [note(1)])),
    spawn('b', swallow(sleep(9))),
    hold('g', gather(ref('a'), ref('b'))),
    turn,
    cancel('g', 'all'),
    ask('g', 'done'),
    swallow(ref('g')),
    ask('g', 'cancelled'),
    cancelling('a'),
  ),
  // CPython: test_tasks.BaseTaskTests.test_cancel_gather_2
  program(
    'gather is cancelled, exceptions returned',
    spawn('a', sleep(9)),
    spawn('b', swallow(sleep(9))),
    hold('g', gatherAll(ref('a'), ref('b'))),
    turn,
    cancel('g', 'all'),
    ref('g'),
  ),
  program(
    'a waiter of gather is cancelled',
    spawn('a', gather(sleep(9), body(cleanUp([sleep(9)], [sleep(2), note(1)])))),
    sleep(1),
    cancel('a', 'why'),
    ref('a'),
  ),
  program(
    'gather is cancelled, exceptions returned, and all children with it',
    spawn('a', gatherAll(sleep(9), sleep(9))),
    sleep(1),
    cancel('a', 'why'),
    ref('a'),
  ),
  program(
    'a waiter of gather is cancelled and a child refuses',
    spawn('a', gather(sleep(9), body(swallow(sleep(9)), sleep(1), giveBack(2)))),
    sleep(1),
    cancel('a', 'why'),
    ref('a'),
  ),
  program(
    'a waiter of gather is cancelled and a child throws',
    spawn(
      'a',
      gather(sleep(9), body(attempt([sleep(9)], { type: 'CancelledError', statements: [raise('Boom', 'x')] }))),
    ),
    sleep(1),
    cancel('a', 'why'),
    ref('a'),
  ),
  program(
    'gather is cancelled when all children are done',
    spawn('a'),
    hold('g', gather(ref('a'))),
    turn,
    turn,
    cancel('g', 'late'),
    ref('g'),
  ),
  program(
    'gather is cancelled when it is done',
    hold('g', gather(sleep(0, 1))),
    sleep(1),
    cancel('g', 'late'),
    ask('g', 'result'),
  ),
  program(
    'gather is cancelled before its children start',
    hold('g', gather(body(note(1)), body(note(2)))),
    cancel('g', 'early'),
    ref('g'),
  ),
  program('gather of gathers', gather(gather(sleep(1, 'a'), sleep(2, 'b')), gather(sleep(0, 'c')), gather())),
  program(
    'gather of gathers, one throws',
    gather(gather(sleep(3), body(sleep(1), raise('Boom', 'x'))), sleep(2)),
    note(1),
  ),
  program(
    'gather of gathers is cancelled',
    spawn('a', gather(gather(sleep(9), body(cleanUp([sleep(9)], [note(1)]))), sleep(9))),
    turn,
    turn,
    cancel('a', 'why'),
    ref('a'),
  ),
  program(
    'gather is cancelled twice',
    spawn('a', gather(body(cleanUp([sleep(9)], [sleep(2)])), sleep(9))),
    sleep(1),
    cancel('a', 'one'),
    sleep(1),
    cancel('a', 'two'),
    ref('a'),
  ),
  program(
    'gather is cancelled twice, its last child done in between',
    spawn('a', gather(sleep(0))),
    callLater(0, cancel('a', 'one')),
    turn,
    cancel('a', 'two'),
    turn,
    cancel('a', 'three'),
    swallow(ref('a')),
  ),
  program(
    'gather, cancelled while its child throws, keeps the message of the child',
    spawn('a', cancel('main', 'green'), raise('Boom', 'x')),
    gatherAll(ref('a')),
  ),
  program(
    'done callbacks of gather',
    hold('g', gather(sleep(1, 1), sleep(2, 2))),
    whenDone('g', note(1)),
    ref('g'),
    sleep(1),
  ),
  program(
    'a child of gather that fails before another is cancelled',
    hold('g', gather(sleep(9), body(sleep(1), raise('Boom', 'x')))),
    sleep(2),
    ask('g', 'done'),
    cancel('g'),
    ref('g'),
  ),
  program(
    'gather and its child end in the same turn as a cancel',
    future('f'),
    spawn('a', gather(ref('f'))),
    turn,
    setResult('f', 1),
    cancel('a', 'why'),
    ref('a'),
  ),
  program(
    'ensureFuture of a gather is the gather',
    hold('g', gather(sleep(1))),
    ensureFuture('h', ref('g')),
    cancel('h', 'x'),
    ref('g'),
  ),
  program(
    'a gather that failed is cancelled, and nobody asks it',
    hold('g', gather(body(raise('Boom', 'x')))),
    sleep(1),
    cancel('g', 'late'),
    note(),
  ),
  // CPython: test_tasks.BaseTaskTests.test_tb_logger_not_called_after_cancel
  program(
    'a Task that failed is cancelled, and nobody asks it',
    spawn('a', raise('Boom', 'x')),
    sleep(1),
    cancel('a', 'late'),
    note(),
  ),
]
