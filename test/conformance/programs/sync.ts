// Locks, semaphores, events, conditions, barriers.

import {
  acquire,
  attempt,
  barrierAbort,
  barrierReset,
  barrierState,
  barrierWait,
  callLater,
  cancel,
  clearEvent,
  conditionOn,
  conditionWait,
  conditionWaitFor,
  eventWait,
  gather,
  holding,
  locked,
  make,
  note,
  notify,
  raise,
  ref,
  release,
  repeat,
  setEvent,
  sleep,
  spawn,
  timeout,
  turn,
  waitFor,
  within,
} from '../constructs/index.ts'
import type { Node, Program } from '../language.ts'
import { program } from './program.ts'

const swallow = (...statements: Node[]) => attempt(statements, { type: 'CancelledError', statements: [] })
const refused = (...statements: Node[]) => attempt(statements, { type: 'Exception', statements: [] })
const taker = (name: string, ms = 2) => spawn(name, holding('l', note(), sleep(ms)))

export const locks: Program[] = [
  // CPython: test_locks.LockTests.test_release_no_waiters
  program('a lock is taken and released', make('Lock', 'l'), acquire('l'), locked('l'), release('l'), locked('l')),
  program('a free lock takes no turn', make('Lock', 'l'), spawn('t', turn), acquire('l'), note()),
  // CPython: test_locks.LockTests.test_acquire
  program(
    'waiters for a lock get it in order of arrival',
    make('Lock', 'l'),
    taker('a'),
    taker('b'),
    taker('c'),
    sleep(20),
  ),
  program(
    'who comes while a lock is on its way waits',
    make('Lock', 'l'),
    acquire('l'),
    spawn('a', acquire('l'), note(1)),
    turn,
    release('l'),
    locked('l'),
    acquire('l'),
    note(2),
  ),
  // CPython: test_locks.LockTests.test_acquire_cancel
  // CPython: test_locks.LockTests.test_cancel_release_race
  program(
    'a waiter for a lock is cancelled',
    make('Lock', 'l'),
    taker('a'),
    taker('b'),
    taker('c'),
    sleep(1),
    cancel('b', 'why'),
    sleep(20),
  ),
  // CPython: test_locks.LockTests.test_cancel_race
  program(
    'who was picked for a lock is cancelled',
    make('Lock', 'l'),
    acquire('l'),
    taker('a'),
    taker('b'),
    turn,
    release('l'),
    cancel('a', 'why'),
    sleep(20),
  ),
  // CPython: test_locks.LockTests.test_finished_waiter_cancelled
  program(
    'all who wait for a lock are cancelled',
    make('Lock', 'l'),
    acquire('l'),
    taker('a'),
    taker('b'),
    turn,
    release('l'),
    cancel('a'),
    cancel('b'),
    turn,
    turn,
    locked('l'),
    acquire('l'),
  ),
  program(
    'who was picked is cancelled and the lock is taken again',
    make('Lock', 'l'),
    acquire('l'),
    taker('a'),
    turn,
    release('l'),
    cancel('a'),
    acquire('l'),
    taker('b'),
    sleep(1),
    release('l'),
    sleep(9),
  ),
  // CPython: test_locks.LockTests.test_release_not_acquired
  program('a lock that is not held is released', make('Lock', 'l'), release('l')),
  program('a lock is released twice', make('Lock', 'l'), acquire('l'), release('l'), release('l')),
  program(
    'a lock is released on the way of an exception',
    make('Lock', 'l'),
    refused(holding('l', raise('Boom'))),
    locked('l'),
  ),
  program(
    'a lock is released on the way of a cancel',
    make('Lock', 'l'),
    spawn('a', holding('l', sleep(9))),
    turn,
    cancel('a'),
    swallow(ref('a')),
    locked('l'),
  ),
  program(
    'a lock within a time',
    make('Lock', 'l'),
    acquire('l'),
    refused(waitFor(acquire('l'), 2)),
    release('l'),
    waitFor(acquire('l'), 2),
    locked('l'),
  ),
  program('a lock is never given back', make('Lock', 'l'), acquire('l'), acquire('l')),
  program('gather of acquire', make('Lock', 'l'), callLater(2, release('l')), gather(acquire('l'), acquire('l'))),
]

export const semaphores: Program[] = [
  // CPython: test_locks.SemaphoreTests.test_acquire
  // CPython: test_locks.SemaphoreTests.test_release_no_waiters
  program(
    'a semaphore lets as many in',
    make('Semaphore', 'l', 2),
    taker('a'),
    taker('b'),
    taker('c'),
    taker('d'),
    sleep(1),
    locked('l'),
    sleep(20),
  ),
  // CPython: test_locks.SemaphoreTests.test_initial_value_zero
  program(
    'a semaphore of 0',
    make('Semaphore', 'l', 0),
    spawn('a', acquire('l'), note(1)),
    turn,
    locked('l'),
    release('l'),
    sleep(1),
    locked('l'),
  ),
  program('a semaphore of 1 by default', make('Semaphore', 'l'), acquire('l'), locked('l')),
  program('a semaphore with a negative value', make('Semaphore', 'l', -1)),
  program('a semaphore grows', make('Semaphore', 'l', 1), release('l'), acquire('l'), acquire('l'), locked('l')),
  // CPython: test_locks.SemaphoreTests.test_release_not_acquired
  program(
    'a bounded semaphore does not grow',
    make('BoundedSemaphore', 'l', 1),
    acquire('l'),
    release('l'),
    release('l'),
  ),
  // CPython: test_locks.SemaphoreTests.test_acquire_fifo_order_2
  program(
    'who comes while a semaphore is on its way waits',
    make('Semaphore', 'l', 1),
    acquire('l'),
    spawn('a', acquire('l'), note(1)),
    turn,
    release('l'),
    locked('l'),
    spawn('b', acquire('l'), note(2)),
    turn,
    turn,
    release('l'),
    sleep(1),
  ),
  // CPython: test_locks.SemaphoreTests.test_acquire_no_hang
  program(
    'who was picked for a semaphore is cancelled',
    make('Semaphore', 'l', 1),
    acquire('l'),
    taker('a'),
    taker('b'),
    turn,
    release('l'),
    cancel('a', 'why'),
    sleep(20),
    locked('l'),
  ),
  // CPython: test_locks.SemaphoreTests.test_acquire_cancel_before_awoken
  // CPython: test_locks.SemaphoreTests.test_acquire_hang
  program(
    'the first waiter for a semaphore is cancelled',
    make('Semaphore', 'l', 0),
    taker('a'),
    taker('b'),
    turn,
    cancel('a', 'why'),
    turn,
    release('l'),
    sleep(20),
  ),
  // CPython: test_locks.SemaphoreTests.test_acquire_fifo_order_3
  program(
    'two are released at once and one of two picked is cancelled',
    make('Semaphore', 'l', 0),
    taker('a'),
    taker('b'),
    taker('c'),
    turn,
    release('l'),
    release('l'),
    cancel('b'),
    sleep(20),
    locked('l'),
  ),
  // CPython: test_locks.SemaphoreTests.test_acquire_fifo_order_4
  program(
    'several releases in one turn',
    make('Semaphore', 'l', 0),
    taker('a', 0),
    taker('b', 0),
    taker('c', 0),
    turn,
    release('l'),
    release('l'),
    release('l'),
    note(),
    sleep(5),
  ),
  // CPython: test_locks.SemaphoreTests.test_acquire_cancel
  program(
    'a cancel of the last waiter for a semaphore opens it',
    make('Semaphore', 'l', 1),
    acquire('l'),
    taker('a'),
    turn,
    cancel('a'),
    release('l'),
    turn,
    turn,
    locked('l'),
    acquire('l'),
  ),
]

export const events: Program[] = [
  // CPython: test_locks.EventTests.test_wait
  program(
    'an event wakes all who wait, in the order they came',
    make('Event', 'e'),
    ...['a', 'b', 'c'].map((name) => spawn(name, eventWait('e'))),
    turn,
    setEvent('e'),
    note(),
    sleep(1),
  ),
  // CPython: test_locks.EventTests.test_wait_on_set
  program('an event that is set holds nobody', make('Event', 'e'), setEvent('e'), eventWait('e'), note()),
  // CPython: test_locks.EventTests.test_clear_with_waiters
  program(
    'an event that is set and cleared at once still wakes',
    make('Event', 'e'),
    spawn('a', eventWait('e'), note(1)),
    turn,
    setEvent('e'),
    clearEvent('e'),
    sleep(1),
  ),
  program(
    'an event that is set twice wakes once',
    make('Event', 'e'),
    spawn('a', eventWait('e'), note(1)),
    turn,
    setEvent('e'),
    setEvent('e'),
    sleep(1),
  ),
  // CPython: test_locks.EventTests.test_clear
  program(
    'an event that is cleared holds again',
    make('Event', 'e'),
    setEvent('e'),
    clearEvent('e'),
    callLater(2, setEvent('e')),
    eventWait('e'),
  ),
  // CPython: test_locks.EventTests.test_wait_cancel
  program(
    'a waiter for an event is cancelled',
    make('Event', 'e'),
    spawn('a', eventWait('e')),
    spawn('b', eventWait('e')),
    turn,
    cancel('a', 'why'),
    turn,
    setEvent('e'),
    sleep(1),
  ),
  program(
    'a waiter for an event is cancelled as it is set',
    make('Event', 'e'),
    spawn('a', eventWait('e')),
    turn,
    setEvent('e'),
    cancel('a', 'why'),
    swallow(ref('a')),
  ),
  program('nobody sets an event', make('Event', 'e'), eventWait('e')),
]

const waiting = (name: string) => spawn(name, within('c', conditionWait('c'), note()))

export const conditions: Program[] = [
  program(
    'notify wakes one',
    make('Condition', 'c'),
    waiting('a'),
    waiting('b'),
    turn,
    within('c', notify('c', 1)),
    sleep(5),
  ),
  // CPython: test_locks.ConditionTests.test_wait
  program(
    'notify wakes several',
    make('Condition', 'c'),
    waiting('a'),
    waiting('b'),
    waiting('d'),
    turn,
    turn,
    within('c', notify('c', 2)),
    sleep(5),
  ),
  // CPython: test_locks.ConditionTests.test_notify_all
  program(
    'notifyAll wakes all, one after another',
    make('Condition', 'c'),
    waiting('a'),
    waiting('b'),
    waiting('d'),
    turn,
    turn,
    within('c', notify('c'), sleep(1)),
    sleep(5),
  ),
  program(
    'notify with nobody there',
    make('Condition', 'c'),
    within('c', notify('c', 1), notify('c')),
    waiting('a'),
    sleep(1),
  ),
  // CPython: test_locks.ConditionTests.test_notify
  program('notify of nobody', make('Condition', 'c'), waiting('a'), turn, within('c', notify('c', 0)), sleep(1)),
  // CPython: test_locks.ConditionTests.test_wait_unacquired
  program('wait without the lock', make('Condition', 'c'), conditionWait('c')),
  // CPython: test_locks.ConditionTests.test_notify_unacquired
  program('notify without the lock', make('Condition', 'c'), notify('c', 1)),
  // CPython: test_locks.ConditionTests.test_notify_all_unacquired
  program('notifyAll without the lock', make('Condition', 'c'), notify('c')),
  program('release without the lock', make('Condition', 'c'), release('c')),
  // CPython: test_locks.ConditionTests.test_wait_cancel
  program(
    'a waiter for a condition is cancelled',
    make('Condition', 'c'),
    waiting('a'),
    waiting('b'),
    sleep(1),
    cancel('a', 'why'),
    sleep(1),
    within('c', notify('c', 1)),
    sleep(5),
  ),
  // CPython: test_locks.ConditionTests.test_wait_cancel_contested
  // CPython: test_locks.ConditionTests.test_cancelled_wakeup
  program(
    'who was notified is cancelled',
    make('Condition', 'c'),
    waiting('a'),
    waiting('b'),
    sleep(1),
    within('c', notify('c', 1), cancel('a', 'why')),
    sleep(5),
    locked('c'),
  ),
  // CPython: test_locks.ConditionTests.test_wait_cancel_after_notify
  // CPython: test_locks.ConditionTests.test_cancelled_wakeup_relock
  program(
    'who was notified and waits for the lock is cancelled',
    make('Condition', 'c'),
    waiting('a'),
    waiting('b'),
    sleep(1),
    within('c', notify('c', 1), sleep(2), cancel('a', 'why'), sleep(2)),
    sleep(5),
    locked('c'),
  ),
  program(
    'who was notified and waits for the lock is cancelled twice',
    make('Condition', 'c'),
    waiting('a'),
    sleep(1),
    within('c', notify('c', 1), sleep(2), cancel('a', 'one'), sleep(1), cancel('a', 'two'), sleep(1)),
    sleep(5),
    locked('c'),
  ),
  program(
    'who is cancelled holds the lock while it cleans up',
    make('Condition', 'c'),
    spawn(
      'a',
      within(
        'c',
        attempt([conditionWait('c')], { type: 'CancelledError', statements: [locked('c'), sleep(2)], again: true }),
      ),
    ),
    sleep(1),
    cancel('a'),
    swallow(ref('a')),
    locked('c'),
  ),
  // CPython: test_locks.ConditionTests.test_wait_for
  program(
    'waitFor a predicate',
    make('Condition', 'c'),
    spawn('a', within('c', conditionWaitFor('c', 2))),
    repeat(3, sleep(1), within('c', notify('c'))),
    sleep(1),
  ),
  program('waitFor a predicate that is true', make('Condition', 'c'), within('c', conditionWaitFor('c', 0))),
  // CPython: test_locks.ConditionTests.test_timeout_in_block
  program(
    'a condition within a time',
    make('Condition', 'c'),
    refused(within('c', waitFor(conditionWait('c'), 2))),
    locked('c'),
  ),
  program(
    'a condition within a timeout',
    make('Condition', 'c'),
    refused(within('c', timeout(2, conditionWait('c')))),
    locked('c'),
  ),
  // CPython: test_locks.ConditionTests.test_explicit_lock
  program(
    'two conditions share a lock',
    make('Lock', 'l'),
    conditionOn('c', 'l'),
    conditionOn('d', 'l'),
    waiting('a'),
    spawn('b', within('d', conditionWait('d'), note())),
    sleep(1),
    holding('l', notify('d', 1), notify('c', 1)),
    sleep(5),
  ),
]

export const barriers: Program[] = [
  // CPython: test_locks.BarrierTests.test_filling_task_by_task
  // CPython: test_locks.BarrierTests.test_context_manager
  program(
    'a barrier opens when all have come',
    make('Barrier', 'b', 3),
    ...['x', 'y', 'z'].map((name) => spawn(name, barrierWait('b'))),
    barrierState('b'),
    turn,
    barrierState('b'),
    sleep(1),
    barrierState('b'),
  ),
  // CPython: test_locks.BarrierTests.test_filling_one_task
  // CPython: test_locks.BarrierTests.test_filling_one_task_twice
  program('a barrier of one holds nobody', make('Barrier', 'b', 1), barrierWait('b'), barrierWait('b')),
  program('a barrier of none', make('Barrier', 'b', 0)),
  // CPython: test_locks.BarrierTests.test_filling_tasks_wait_twice
  // CPython: test_locks.BarrierTests.test_filling_tasks_check_return_value
  program(
    'a barrier goes round',
    make('Barrier', 'b', 2),
    ...['x', 'y'].map((name) => spawn(name, repeat(3, barrierWait('b')))),
    sleep(1),
  ),
  // CPython: test_locks.BarrierTests.test_blocking_tasks_while_draining
  program(
    'one comes to a barrier while it empties',
    make('Barrier', 'b', 2),
    ...['x', 'y', 'z', 'w', 'v'].map((name) => spawn(name, barrierWait('b'))),
    sleep(5),
    barrierState('b'),
  ),
  // CPython: test_locks.BarrierTests.test_filling_tasks_cancel_one
  program(
    'a waiter at a barrier is cancelled',
    make('Barrier', 'b', 2),
    spawn('x', barrierWait('b')),
    turn,
    cancel('x', 'why'),
    turn,
    barrierState('b'),
    spawn('y', barrierWait('b')),
    spawn('z', barrierWait('b')),
    sleep(1),
  ),
  program(
    'who leaves a barrier is cancelled',
    make('Barrier', 'b', 2),
    spawn('x', barrierWait('b')),
    spawn('y', barrierWait('b'), cancel('x', 'why')),
    sleep(1),
    barrierState('b'),
    spawn('z', barrierWait('b')),
    barrierWait('b'),
  ),
  // CPython: test_locks.BarrierTests.test_reset_barrier_while_tasks_waiting
  // CPython: test_locks.BarrierTests.test_reset_barrier_while_tasks_waiting_and_waiting_again
  program(
    'a barrier is reset',
    make('Barrier', 'b', 3),
    spawn('x', refused(barrierWait('b')), barrierWait('b')),
    spawn('y', refused(barrierWait('b'))),
    turn,
    barrierReset('b'),
    barrierState('b'),
    sleep(1),
    barrierState('b'),
  ),
  // CPython: test_locks.BarrierTests.test_reset_barrier
  program(
    'a barrier is reset while it is empty',
    make('Barrier', 'b', 2),
    barrierReset('b'),
    barrierState('b'),
    spawn('x', barrierWait('b')),
    barrierWait('b'),
  ),
  // CPython: test_locks.BarrierTests.test_abort_barrier
  // CPython: test_locks.BarrierTests.test_abort_barrier_when_exception
  program(
    'a barrier is aborted',
    make('Barrier', 'b', 3),
    spawn('x', barrierWait('b')),
    turn,
    barrierAbort('b'),
    barrierState('b'),
    refused(barrierWait('b')),
    barrierReset('b'),
    barrierState('b'),
    sleep(1),
  ),
  program(
    'a barrier is aborted while it empties',
    make('Barrier', 'b', 2),
    spawn('x', barrierWait('b')),
    spawn('y', barrierWait('b'), barrierAbort('b')),
    sleep(1),
    barrierState('b'),
  ),
  program('a barrier nobody else comes to', make('Barrier', 'b', 2), barrierWait('b')),
  program('a barrier within a time', make('Barrier', 'b', 2), refused(waitFor(barrierWait('b'), 2)), barrierState('b')),
]
