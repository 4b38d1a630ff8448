// Bugs to plant: what Spindle once lost, or told wrongly. The compositions must find every one.

import { bugsIn } from './bugs-in.ts'

export const bugs = bugsIn({
  'packages/task/src/scopes/call-future.ts': {
    'a Task that returns after a call that was cancelled is told cancelled': [
      '        task.putOffCancel(message)\n',
      '        task.redeliverCancel(message)\n',
    ],
    'a release gets nothing from work that was not told to stop': [
      '      if (release === undefined) {\n        task.putOffCancel',
      '      if (release === undefined || !request.isTold) {\n        task.putOffCancel',
    ],
    'what comes late is released by a Task, which the end of the run cancels before it begins': [
      '    const returned = release(result) // at once: a Task that a closing run cancels before it begins would not call it\n    if (!loop.isClosed() && isPending(returned)) loop.createTask(awaitReturned(returned))\n',
      '    if (loop.isClosed()) release(result)\n    else loop.createTask(releasing(release, result))\n',
    ],
    'work begins for a Task that was cancelled': [
      'return (ambient.runningLoop?.currentTask as Task | undefined)?.cancelPending === true',
      'return (ambient.runningLoop?.currentTask as Task | undefined)?.cancelPending === null',
    ],
  },
  'packages/task/src/tasks/task.ts': {
    'who passed a request on that was put off gets its own at once': [
      '    if (waiter?.isCancelPutOff && !endedCancelled(waiter)) this.putOffCancel(this.cancelState?.request?.message)\n',
      '',
    ],
  },
})
