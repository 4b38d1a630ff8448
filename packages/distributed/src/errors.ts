import { RuntimeError } from '@spindle/loop'
import { brandError } from '@spindle/loop/internal'
import { BrokenExecutor } from '@spindle/thread'

/** The workers that ran the call were lost, as often as `maxLost` of the worker allows. Celery: `WorkerLostError`. */
export class WorkerLostError extends BrokenExecutor {}

/** The worker that got the call has no such function. */
export class FunctionNotFoundError extends RuntimeError {}

/**
 * Redis knows the call no more: it lost its memory, or the job was removed by hand. Whether the call ran is unknown.
 */
export class ResultLostError extends BrokenExecutor {}

/** There is no Redis server to be used at the URL. */
export class ConnectionError extends BrokenExecutor {}

brandError(WorkerLostError, 'WorkerLostError')
brandError(FunctionNotFoundError, 'FunctionNotFoundError')
brandError(ResultLostError, 'ResultLostError')
brandError(ConnectionError, 'ConnectionError')
