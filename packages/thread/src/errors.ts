import { RuntimeError } from '@spindle/loop'
import { brandError } from '@spindle/loop/internal'

/** An executor, or the worker of it that had the call, has failed. Python: `concurrent.futures.BrokenExecutor`. */
export class BrokenExecutor extends RuntimeError {}

/**
 * A thread of the pool ended during the call, or its initializer failed: the whole pool can't be used any more. Python:
 * `concurrent.futures.thread.BrokenThreadPool`.
 */
export class BrokenThreadPool extends BrokenExecutor {}

/**
 * A process of the pool ended during the call, or its initializer failed: the whole pool can't be used any more.
 * Python: `concurrent.futures.process.BrokenProcessPool`.
 */
export class BrokenProcessPool extends BrokenExecutor {}

brandError(BrokenExecutor, 'BrokenExecutor')
brandError(BrokenThreadPool, 'BrokenThreadPool')
brandError(BrokenProcessPool, 'BrokenProcessPool')
