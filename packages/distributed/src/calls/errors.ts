import { RuntimeError } from 'spindle'
import { brandError } from 'spindle/internal'
import { BrokenExecutor } from 'spindle/thread'

/** The workers that ran the call were lost more often than the worker's `maxLost` allows. Celery: `WorkerLostError`. */
export class WorkerLostError extends BrokenExecutor {}

/** The worker that received the call does not have the function. */
export class FunctionNotFoundError extends RuntimeError {}

/**
 * Redis no longer has the call: it lost its data, or the job was removed by hand. Whether the call ran is unknown.
 */
export class ResultLostError extends BrokenExecutor {}

/** There is no usable Redis server at the URL. */
export class ConnectionError extends BrokenExecutor {}

brandError(WorkerLostError, 'WorkerLostError')
brandError(FunctionNotFoundError, 'FunctionNotFoundError')
brandError(ResultLostError, 'ResultLostError')
brandError(ConnectionError, 'ConnectionError')
