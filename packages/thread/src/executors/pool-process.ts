import { CallRunner } from './call-runner.ts'
import { CurrentCall } from './current-call.ts'
import type { ProcessStart } from './process-manager.ts'
import type { FromWorker, ToWorker } from './protocol.ts'

/** What runs in a process of a pool: calls, one after another, until it is told to end. */
export async function runPoolProcess({ initializer, initargs }: ProcessStart): Promise<void> {
  process.on('disconnect', () => process.exit()) // the pool is gone, however it went
  const runner = new CallRunner(post)
  let running: { readonly id: number; readonly call: CurrentCall } | undefined
  let stopped = 0
  const calls: (ToWorker & { kind: 'call' })[] = []
  let isReady = false
  const runNext = async (): Promise<void> => {
    const message = calls.shift()
    if (message === undefined) return
    const call = new CurrentCall(() => stopped === message.id)
    running = { id: message.id, call }
    await runner.run(message, call)
    running = undefined
  }
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'end') return process.disconnect()
    if (message.kind === 'stop') {
      stopped = message.id
      if (running?.id === message.id) running.call.stop()
      return
    }
    calls.push(message)
    if (isReady) void runNext()
  })
  process.send?.('listening')
  if (!(await runner.initialize(initializer, initargs))) return process.disconnect()
  isReady = true
  await runNext() // one that came meanwhile; the next is sent after its reply
}

function post(message: FromWorker): void {
  if (message.kind === 'result' && message.value.packed)
    throw new TypeError('what lies in shared memory (an Event, a Lock, a Queue, …) is of use within one process only')
  process.send?.(message, (error: Error | null) => {
    if (error !== null) process.exit() // the pool is gone, which nobody can be told
  })
}
