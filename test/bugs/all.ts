import type { Bug } from './bug.ts'
import { anyioCondition, condition312, conditionBefore32841 } from './conditions.ts'
import { anyioLock, lock, semaphore39, semaphore3105 } from './locks.ts'
import { checkThenAct, doubleClose, raceLoser, taskGroupSwallows } from './programs.ts'
import { queueGet, waitForItem } from './queues.ts'

/** Bugs that libraries had for years, or that are common in programs. None of them shows in an ordinary run. */
export const bugs: readonly Bug[] = [
  semaphore39,
  semaphore3105,
  lock,
  condition312,
  conditionBefore32841,
  waitForItem,
  queueGet,
  anyioLock,
  anyioCondition,
  checkThenAct,
  doubleClose,
  taskGroupSwallows,
  raceLoser,
]
