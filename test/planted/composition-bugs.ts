// Bugs to plant: what Spindle once lost, or told wrongly. The compositions must find every one.

import { bugsIn } from './bugs-in.ts'

export const bugs = bugsIn({
  'packages/task/src/scopes/call-future.ts': {
    'a Task that returns after a call that was cancelled is told cancelled': [
      '        task.putOffCancel(message)\n',
      '        task.redeliverCancel(message)\n',
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
