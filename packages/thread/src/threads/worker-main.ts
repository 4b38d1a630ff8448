// The main function of a worker. Like any Node program it ends when nothing is left to do, so a timer or a server of
// the target continues, though its Thread counts as stopped.

import { inspect } from 'node:util'
import workerThreads, { threadId } from 'node:worker_threads'
import { awaitResult } from '../transport/await-result.ts'
import { importFunction } from '../transport/import-function.ts'
import { setRequire } from '../transport/load-module.ts'
import { classesComeFrom, unpackFirst } from '../transport/serialize.ts'
import { setTestRun } from '../transport/test-run.ts'
import type { Refusal, StartMessage } from './start-worker.ts'
import { printException, thisThread } from './this-thread.ts'
import { INITIAL, STARTED, STARTING, STOPPED, ThreadState } from './thread-state.ts'
import { writeAtOnce } from './worker-output.ts'

/** @param require what loads modules here; undefined where only `import()` may */
export async function runThread(message: StartMessage, require?: (path: string) => unknown): Promise<void> {
  if (require !== undefined) setRequire(require)
  if (message.stdio !== 'pipe') writeAtOnce(message.stdio === 'ignore')
  classesComeFrom(() => import('../internal.ts'))
  setTestRun(message.isTestRun)
  await showWorkerData(message, require === undefined)
  const state = new ThreadState(message.state)
  thisThread.named = { name: message.name }
  thisThread.start = message.threads
  state.ident = threadId
  process.on('uncaughtException', (error) => {
    if (process.listenerCount('uncaughtException') > 1) return // the program looks after its errors itself
    printException(error)
    process.exit(1)
  })
  try {
    const args = (await unpackFirst(message.args)) as unknown[] // before the import, which may fail
    const target = await importFunction(message.target, `${message.name} can't be started`)
    process.on('exit', () => state.set(STOPPED)) // process.exit() ends this thread alone, as sys.exit() does
    if (state.get() === STARTING) state.set(STARTED)
    await awaitResult(target(...args))
  } catch (error) {
    if (state.get() === STARTING) {
      message.port.postMessage(refusal(error))
      return state.set(INITIAL)
    }
    printException(error)
  }
  state.set(STOPPED)
}

/** Replaces the `workerData` that the user's modules find in node:worker_threads. */
async function showWorkerData({ workerData }: StartMessage, isImported: boolean): Promise<void> {
  Reflect.set(workerThreads, 'workerData', await unpackFirst(workerData))
  if (!isImported && workerData.standIns === undefined) return // nothing has imported node:worker_threads yet
  const { syncBuiltinESMExports } = await import('node:module')
  syncBuiltinESMExports()
}

function refusal(error: unknown): Refusal {
  const { message, cause } = error as Error // importFunction() throws nothing else
  const type = error instanceof TypeError ? 'TypeError' : 'RuntimeError'
  try {
    return { type, message, cause: structuredClone(cause) }
  } catch {
    return { type, message, cause: inspect(cause) } // its fields can't be cloned
  }
}
