import { FunctionNotFoundError } from '../calls/errors.ts'
import { differ } from '../calls/function-code.ts'
import { type JobData, PROTOCOL_VERSION } from '../calls/protocol.ts'
import { type Functions, registeredAs, WHY_MISSING } from './functions.ts'

/** Why another worker should run a call. */
export interface Misfit {
  /** By this a worker is found that can; undefined: a worker of another version of Spindle can. */
  readonly registered: string | undefined
  /** The error of the call if there is none. */
  readonly error: Error
}

/** Why a worker can't run a call, if it can't. @throws TypeError if no worker can */
export function misfitOf(
  name: string,
  data: Partial<JobData>,
  worker: { readonly name: string; readonly anyCode: boolean },
  functions: Functions,
): Misfit | undefined {
  const { version, code } = data
  if (version !== PROTOCOL_VERSION) {
    const error = new TypeError(
      `${name}() was sent by another version of @spindle/distributed: its form is ${version}, ` +
        `the worker ${worker.name} reads ${PROTOCOL_VERSION}`,
    )
    if (!Number.isInteger(version)) throw error
    return { registered: undefined, error }
  }
  const fn = functions.get(name)
  if (fn === undefined) {
    const error = new FunctionNotFoundError(
      `the worker ${worker.name} has no ${name}(). It has ${functions.names.join(', ')}${WHY_MISSING}`,
    )
    return { registered: name, error }
  }
  if (worker.anyCode || !differ(code, fn.code)) return undefined
  const error = new FunctionNotFoundError(
    `the ${name}() of the worker ${worker.name} is not that of the program: its code is ${fn.code}, and the program ` +
      `has ${code}. Start workers with the code of the program, or, if old and new fit together, with --any-code`,
  )
  return { registered: registeredAs(name, code), error }
}
