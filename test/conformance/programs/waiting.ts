import {
  asCompleted,
  ask,
  asTask,
  attempt,
  body,
  callLater,
  cancel,
  cancelling,
  cleanUp,
  ensureFuture,
  future,
  gather,
  giveBack,
  hold,
  note,
  raise,
  ref,
  repeat,
  setException,
  setResult,
  shield,
  sleep,
  spawn,
  turn,
  wait,
  waitFor,
} from '../constructs/index.ts'
import type { Node, Program } from '../language.ts'
import { program } from './program.ts'

const swallow = (...statements: Node[]) => attempt(statements, { type: 'CancelledError', statements: [] })
const late = (...statements: Node[]) => attempt(statements, { type: 'TimeoutError', statements: [] })
const three = [
  spawn('a', sleep(1), giveBack(1)),
  spawn('b', sleep(2), raise('Boom', 'b')),
  spawn('c', sleep(3), giveBack(3)),
]
const all = [ref('a'), ref('b'), ref('c')]

export const waits: Program[] = [
  // CPython: test_tasks.BaseTaskTests.test_wait
  // CPython: test_tasks.BaseTaskTests.test_wait_really_done
  program('wait for all', ...three, wait(all)),
  // CPython: test_tasks.BaseTaskTests.test_wait_first_completed
  program('wait for the first', ...three, wait(all, { returnWhen: 'FIRST_COMPLETED' })),
  // CPython: test_tasks.BaseTaskTests.test_wait_first_exception
  program('wait for the first exception', ...three, wait(all, { returnWhen: 'FIRST_EXCEPTION' })),
  program(
    'wait for the first exception where there is none',
    spawn('a', sleep(1)),
    spawn('b', sleep(2)),
    wait([ref('a'), ref('b')], { returnWhen: 'FIRST_EXCEPTION' }),
  ),
  // CPython: test_tasks.BaseTaskTests.test_wait_first_exception_in_wait
  program(
    'wait for the first exception, and a cancel is none',
    spawn('a', sleep(5)),
    spawn('b', sleep(9)),
    callLater(1, cancel('a')),
    wait([ref('a'), ref('b')], { returnWhen: 'FIRST_EXCEPTION' }),
  ),
  program(
    'wait for the first where one is done',
    ...three,
    sleep(2),
    wait(all, { returnWhen: 'FIRST_COMPLETED' }),
    note(),
  ),
  program(
    'wait for what is all done takes a turn or none',
    spawn('a'),
    sleep(1),
    spawn('t', repeat(4, turn)),
    wait([ref('a')]),
    note(),
  ),
  // CPython: test_tasks.BaseTaskTests.test_wait_with_timeout
  program('wait with a timeout', ...three, wait(all, { timeout: 2 })),
  program('wait with a timeout that is not needed', ...three, wait(all, { timeout: 20 }), note()),
  program('wait with a timeout of 0', ...three, wait(all, { timeout: 0 }), note()),
  program('wait with a negative timeout', ...three, wait(all, { timeout: -1 }), note()),
  program('wait with a timeout at the moment one ends', ...three, wait(all, { timeout: 1 }), note()),
  // CPython: test_tasks.BaseTaskTests.test_yield_wait_does_not_shield_cancel
  program(
    'wait is cancelled and leaves the Tasks alone',
    spawn('a', sleep(5), note(1)),
    spawn('w', wait([ref('a')])),
    sleep(1),
    cancel('w', 'why'),
    swallow(ref('w')),
    ref('a'),
  ),
  // CPython: test_tasks.BaseTaskTests.test_wait_duplicate_coroutines
  program('wait for the same Task twice', spawn('a', sleep(1)), wait([ref('a'), ref('a')])),
  program('wait for nothing', wait([])),
  program('wait for a coroutine is refused', wait([body(note(1))])),
  program('wait for a Future', future('f'), callLater(2, setResult('f', 1)), wait([ref('f')])),
  // CPython: test_tasks.BaseTaskTests.test_wait_concurrent_complete
  program(
    'wait for two that end in one turn',
    future('f'),
    future('g'),
    callLater(2, setResult('f', 1), setException('g', 'Boom')),
    wait([ref('f'), ref('g')], { returnWhen: 'FIRST_COMPLETED' }),
  ),
  // CPython: test_tasks.BaseTaskTests.test_wait_with_exception
  program('wait does not ask for the exceptions', spawn('a', raise('Boom', 'x')), wait([ref('a')])),
  program(
    'wait for the first exception asks for it',
    spawn('a', raise('Boom', 'x')),
    spawn('b', sleep(5)),
    wait([ref('a'), ref('b')], { returnWhen: 'FIRST_EXCEPTION' }),
  ),
]

export const waitFors: Program[] = [
  // CPython: test_waitfor.AsyncioWaitForTest.test_wait_for
  // CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_blocking
  program('waitFor something that is in time', waitFor(body(sleep(1), giveBack(5)), 9)),
  // CPython: test_waitfor.AsyncioWaitForTest.test_asyncio_wait_for_timeout
  program('waitFor something that is late', late(waitFor(body(cleanUp([sleep(9)], [note(1)])), 2)), note()),
  // CPython: test_waitfor.WaitForShieldTests.test_none_timeout
  program('waitFor without a limit', waitFor(sleep(20, 'x'), null)),
  program('waitFor something that throws', waitFor(body(sleep(1), raise('Boom', 'x')), 9)),
  // CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_reraises_exception_during_cancellation
  program(
    'waitFor something that throws when cancelled',
    waitFor(body(attempt([sleep(9)], { type: 'CancelledError', statements: [raise('Boom', 'x')] })), 2),
  ),
  // CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_cancellation_race_condition
  program('waitFor something that refuses', waitFor(body(swallow(sleep(9)), sleep(2), giveBack(5)), 2), note()),
  // CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_waits_for_task_cancellation
  program('waitFor something that cleans up for long', late(waitFor(body(cleanUp([sleep(9)], [sleep(5)])), 2)), note()),
  // CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_race_condition
  program('waitFor at the moment it ends', late(waitFor(sleep(2, 'x'), 2))),
  program(
    'waitFor a Task at the moment it ends',
    spawn('a', sleep(2), giveBack(1)),
    late(waitFor(ref('a'), 2)),
    ask('a', 'done'),
  ),
  // CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_timeout_less_then_0_or_0_coroutine_do_not_started
  // CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_timeout_less_then_0_or_0
  // CPython: test_waitfor.WaitForShieldTests.test_zero_timeout
  program('waitFor with 0', late(waitFor(body(note(1)), 0))),
  // CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_timeout_less_then_0_or_0_future_done
  program('waitFor with 0, something that is done', future('f'), setResult('f', 1), waitFor(ref('f'), 0)),
  program('waitFor with 0, something that failed', future('f'), setException('f', 'Boom', 'x'), waitFor(ref('f'), 0)),
  program(
    'waitFor with 0, a Task that throws when cancelled',
    spawn('a', attempt([sleep(9)], { type: 'CancelledError', statements: [raise('Boom', 'x')] })),
    turn,
    waitFor(ref('a'), 0),
  ),
  program(
    'waitFor with 0, a Task that refuses',
    spawn('a', swallow(sleep(9)), giveBack(3)),
    turn,
    waitFor(ref('a'), 0),
  ),
  // CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_waits_for_task_cancellation_w_timeout_0
  program(
    'waitFor with 0, a Task that refuses and cleans up',
    spawn('a', swallow(sleep(9)), sleep(4), giveBack(3)),
    turn,
    waitFor(ref('a'), -5),
  ),
  // CPython: test_waitfor.AsyncioWaitForTest.test_asyncio_wait_for_cancelled
  // CPython: test_waitfor.AsyncioWaitForTest.test_cancel_wait_for
  // CPython: test_waitfor.AsyncioWaitForTest.test_cancel_blocking_wait_for
  program(
    'waitFor is cancelled',
    spawn('a', cleanUp([sleep(9)], [note(1)])),
    spawn('w', waitFor(ref('a'), 5)),
    sleep(1),
    cancel('w', 'why'),
    swallow(ref('w')),
    ask('a', 'cancelled'),
  ),
  program(
    'waitFor with 0 is cancelled while it waits for one that refuses',
    spawn('a', swallow(sleep(9)), sleep(4), giveBack(3)),
    spawn('w', waitFor(ref('a'), 0)),
    turn,
    turn,
    cancel('w', 'why'),
    swallow(ref('w')),
    ref('a'),
  ),
  program(
    'what waitFor waits for is cancelled by another',
    spawn('a', sleep(9)),
    spawn('b', sleep(1), cancel('a', 'why')),
    waitFor(ref('a'), 5),
  ),
  // CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_issue86296
  program(
    'waitFor is cancelled in the turn in which it ends',
    spawn('w', waitFor(sleep(2, 'x'), 5)),
    callLater(2, cancel('w', 'why')),
    ref('w'),
  ),
  program(
    'waitFor is cancelled in the turn in which its time is up',
    spawn('w', waitFor(sleep(9), 2)),
    callLater(2, cancel('w', 'why')),
    ref('w'),
  ),
  program(
    'waitFor in waitFor',
    late(waitFor(waitFor(sleep(9), 5), 2)),
    late(waitFor(waitFor(sleep(9), 2), 5)),
    late(waitFor(waitFor(sleep(9), 2), 2)),
  ),
  program('waitFor a gather', late(waitFor(gather(sleep(9), body(cleanUp([sleep(9)], [note(1)]))), 2))),
  // CPython: test_waitfor.WaitForShieldTests.test_shielded_timeout
  program(
    'waitFor under a shield leaves it alone',
    spawn('a', sleep(5), giveBack(1)),
    late(waitFor(shield(ref('a')), 2)),
    ref('a'),
  ),
]

export const shields: Program[] = [
  // CPython: test_tasks.BaseTaskTests.test_shield_result
  program('shield gives the result', shield(sleep(1, 'x'))),
  // CPython: test_tasks.BaseTaskTests.test_shield_exception
  program('shield passes an exception on', shield(body(sleep(1), raise('Boom', 'x')))),
  // CPython: test_tasks.BaseTaskTests.test_shield_cancel_outer
  // CPython: test_tasks.BaseTaskTests.test_shield_cancel_outer_result
  // CPython: test_tasks.BaseTaskTests.test_shield_effect
  program(
    'shield keeps a cancel away',
    spawn('a', sleep(5), giveBack(1)),
    spawn('s', shield(ref('a'))),
    sleep(1),
    cancel('s', 'why'),
    swallow(ref('s')),
    ask('a', 'cancelled'),
    ref('a'),
  ),
  // CPython: test_tasks.BaseTaskTests.test_shield_cancel_inner
  program(
    'shield is cancelled when its Task is',
    spawn('a', sleep(5)),
    spawn('s', shield(ref('a'))),
    sleep(1),
    cancel('a', 'why'),
    ref('s'),
  ),
  // CPython: test_tasks.BaseTaskTests.test_shield_shortcut
  program(
    'shield of what is done is that',
    future('f'),
    setResult('f', 1),
    hold('s', shield(ref('f'))),
    cancel('s'),
    ref('s'),
  ),
  program(
    'shield is cancelled before its Task begins',
    hold('s', shield(body(sleep(1), note(1)))),
    cancel('s', 'early'),
    swallow(ref('s')),
    sleep(5),
  ),
  // CPython: test_tasks.BaseTaskTests.test_shield_cancel_outer_exception
  // CPython: test_tasks.BaseTaskTests.test_shield_duplicate_log_once
  program(
    'shield is cancelled, and its Task fails',
    spawn('a', sleep(2), raise('Boom', 'x')),
    spawn('s', shield(ref('a'))),
    sleep(1),
    cancel('s'),
    swallow(ref('s')),
    sleep(5),
  ),
  program(
    'shield is cancelled, and the failure of its Task is caught',
    spawn('a', sleep(2), raise('Boom', 'x')),
    spawn('s', shield(ref('a'))),
    sleep(1),
    cancel('s'),
    swallow(ref('s')),
    attempt([ref('a')], { type: 'Boom', statements: [] }),
  ),
  program(
    'shield of a shield',
    spawn('a', sleep(5)),
    hold('s', shield(shield(ref('a')))),
    turn,
    cancel('s'),
    swallow(ref('s')),
    ask('a', 'cancelled'),
    ref('a'),
  ),
  program(
    'two shields of one Task',
    spawn('a', sleep(3), giveBack(2)),
    hold('s', shield(ref('a'))),
    hold('t', shield(ref('a'))),
    turn,
    cancel('s'),
    ref('t'),
    swallow(ref('s')),
  ),
  // CPython: test_tasks.BaseTaskTests.test_gather_shield
  program(
    'gather of shields is cancelled',
    spawn('a', sleep(3)),
    spawn('b', sleep(4)),
    hold('g', gather(shield(ref('a')), shield(ref('b')))),
    turn,
    cancel('g', 'why'),
    swallow(ref('g')),
    ask('a', 'done'),
    gather(ref('a'), ref('b')),
  ),
  program(
    'shield gives its result in the turn of a cancel',
    future('f'),
    spawn('s', shield(ref('f'))),
    turn,
    setResult('f', 1),
    cancel('s', 'why'),
    ref('s'),
  ),
  program(
    'clean-up under a shield',
    spawn('a', cleanUp([sleep(9)], [shield(body(sleep(3), note(1)))])),
    turn,
    cancel('a', 'one'),
    sleep(1),
    cancel('a', 'two'),
    swallow(ref('a')),
    sleep(9),
  ),
]

export const asCompletedPrograms: Program[] = [
  // CPython: test_tasks.BaseTaskTests.test_as_completed
  // CPython: test_tasks.BaseTaskTests.test_as_completed_reverse_wait
  program('asCompleted gives results as they come', asCompleted([sleep(3, 'c'), sleep(1, 'a'), sleep(2, 'b')])),
  program('asCompleted gives the Tasks as they come', ...three, asCompleted(all, { tasks: true })),
  program('asCompleted throws what one threw', ...three, asCompleted(all)),
  program(
    'asCompleted throws what one threw, and one goes on',
    ...three,
    attempt([asCompleted(all)], { type: 'Boom', statements: [] }),
    ref('c'),
  ),
  // CPython: test_tasks.BaseTaskTests.test_as_completed_with_timeout
  program(
    'asCompleted with a timeout',
    late(asCompleted([sleep(1, 'a'), sleep(5, 'b'), sleep(6, 'c')], { timeout: 3 })),
    note(),
  ),
  program('asCompleted with a timeout, Tasks', ...three, late(asCompleted(all, { timeout: 2, tasks: true })), ref('c')),
  program('asCompleted with a timeout of 0', late(asCompleted([sleep(1, 'a')], { timeout: 0 }))),
  program('asCompleted of nothing', asCompleted([]), asCompleted([], { tasks: true }), asCompleted([], { timeout: 1 })),
  program(
    'asCompleted of what is done',
    future('f'),
    future('g'),
    setResult('g', 2),
    setResult('f', 1),
    asCompleted([ref('f'), ref('g')], { tasks: true }),
  ),
  // CPython: test_tasks.BaseTaskTests.test_as_completed_duplicate_coroutines
  program(
    'asCompleted of the same twice',
    spawn('a', sleep(1), giveBack(1)),
    asCompleted([ref('a'), ref('a')]),
    asCompleted([sleep(0), sleep(0)]),
  ),
  program(
    'asCompleted with work in between',
    asCompleted([sleep(1, 1), sleep(2, 2), sleep(3, 3)], {}, sleep(2), note()),
  ),
  program(
    'asCompleted is left early',
    spawn('x', asCompleted([sleep(1, 1), sleep(2, 2)], {}, giveBack(9))),
    ref('x'),
    sleep(9),
  ),
  program(
    'asCompleted is cancelled',
    spawn('x', asCompleted([sleep(5, 1), body(cleanUp([sleep(6)], [note()]))])),
    sleep(1),
    cancel('x', 'why'),
    swallow(ref('x')),
    sleep(9),
  ),
  program(
    'asCompleted of one that is cancelled',
    spawn('a', sleep(5)),
    spawn('b', sleep(1), cancel('a', 'why')),
    asCompleted([ref('a'), ref('b')], { tasks: true }),
  ),
  program(
    'asCompleted of one that is cancelled, results',
    spawn('a', sleep(5)),
    spawn('b', sleep(1), cancel('a', 'why')),
    asCompleted([ref('a'), ref('b')]),
  ),
  // CPython: test_tasks.BaseTaskTests.test_as_completed_concurrent
  program(
    'asCompleted with two that end in one turn',
    asCompleted([sleep(2, 'a'), sleep(2, 'b'), asTask(sleep(2, 'c'))]),
  ),
  program(
    'ensureFuture in asCompleted',
    ensureFuture('t', sleep(1, 't')),
    asCompleted([ref('t'), sleep(0, 'z')], { tasks: true }),
    cancelling(),
  ),
]
