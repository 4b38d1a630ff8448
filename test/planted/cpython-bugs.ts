// Bugs to plant: what CPython once had wrong, and has a test for. The row of that test must turn red. More of them are
// in exploration-bugs.ts, because the exploration finds them, too.

import { bugsIn } from './bugs-in.ts'

const GROUPS = 'test_taskgroups.BaseTestTaskGroup'
const TASKS = 'test_tasks.BaseTaskTests'

export const bugs = bugsIn({
  'packages/loop/src/drivers/until-complete.ts': {
    'bpo-22429: a run that a KeyboardInterrupt has ended stops the next run': [
      '        if (this.#isOver) return // scheduled in the last iteration of its run: it must not stop the next one\n',
      '',
      'test_base_events.BaseEventLoopTests.test_run_until_complete_baseexception',
    ],
  },
  'packages/task/src/tasks/task.ts': {
    'bpo-30048: a cancel() in the last step of a Task is ignored': [
      'if (this.cancelPending && !this.isCancelPutOff) {',
      'if (this.cancelPending && this.isCancelPutOff) {',
      `${TASKS}.test_cancel_at_end`,
    ],
    'gh-86296: waitFor() swallows a cancellation that comes in the turn in which it ends': [
      'else if (isDone && waiter.isFromOutside && !waiter.hasException())',
      'else if (isDone && !waiter.hasException())',
      'test_waitfor.AsyncioWaitForTest.test_wait_for_issue86296',
    ],
  },
  'packages/task/src/combinators/wait-for.ts': {
    'bpo-32751: waitFor() does not wait until the Task that it cancels has ended': [
      '  yield* wait([future]) //',
      "  if (!future.done()) throw timeoutError('waitFor()', delay, new CancelledError()) //",
      'test_waitfor.AsyncioWaitForTest.test_wait_for_waits_for_task_cancellation_w_timeout_0',
    ],
  },
  'packages/task/src/combinators/gather.ts': {
    'bpo-26923: cancel() of a gather() whose children are done is accepted': [
      'if (outer === undefined) return step.any',
      'if (outer === undefined) return true',
      `${TASKS}.test_cancel_gather_1`,
    ],
    'bpo-32684: a gather() that returns exceptions swallows its cancellation': [
      'if (this.#cancelRequested && !this.#putOff(children)) return',
      'if (this.#cancelRequested && !this.#putOff(children) && !this.#returnExceptions) return',
      `${TASKS}.test_cancel_gather_2`,
    ],
  },
  'packages/task/src/scopes/task-group.ts': {
    'gh-95704: a cancellation of the parent hides the errors of the Tasks': [
      'if (cancellation !== undefined && this.#errors.length === 0) {',
      'if (cancellation !== undefined) {',
      `${GROUPS}.test_error_and_cancel`,
    ],
    'gh-116720: a group that throws its errors swallows a cancellation from outside': [
      '    if (parent.visibleRequests > 0) parent.redeliverCancel()\n',
      '',
      `${GROUPS}.test_error_and_cancel`,
    ],
    'gh-128588: an eager Task that fails at once cancels the Task behind its group': [
      '    this.#watch.add(task)\n',
      `    if (task.done() && task.hasException()) {
      this.#errors.push(task.exception())
      this.#tasks.delete(task)
      this.#scope.task.cancel()
    } else this.#watch.add(task)\n`,
      `${GROUPS}.test_cancellation_does_not_leak_out_of_tg`,
    ],
    'gh-155433: a cancelled group swallows a cancellation from outside': [
      'else if (failure === undefined || blockCancelled) cancellation ??= last',
      'else if (failure !== undefined && blockCancelled) cancellation = undefined',
      `${GROUPS}.test_taskgroup_cancel_keeps_outer_cancellation`,
    ],
    'gh-155418: a Task that cancels its group in its eager first step is not cancelled': [
      '    if (this.#aborting && !task.done()) cancelMember(task)\n',
      '',
      `${GROUPS}.test_taskgroup_cancel_from_child_before_first_suspension`,
    ],
  },
})
