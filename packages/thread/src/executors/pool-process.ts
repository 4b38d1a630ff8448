import { CallRunner } from './call-runner.ts'
import { CurrentCall } from './current-call.ts'
import type { ProcessStart } from './process-manager.ts'
import { type FromWorker, LISTENING, messageWith, type ToWorker } from './protocol.ts'

/** What runs in a process of a pool: calls, one after another, until it is told to end. */
export async function runPoolProcess({ initializer, initArgs, token, isHandled }: ProcessStart): Promise<void> {
  process.on('disconnect', () => process.exit()) // the pool is gone, however it went
  const send = process.send?.bind(process) // a function may replace it
  const post = (message: FromWorker): void => {
    refuseShared(message)
    send?.([token, message], (error: Error | null) => {
      if (error !== null) process.exit() // the pool is gone, which nobody can be told
    })
  }
  const runner = new CallRunner(post, `process ${process.pid}`, isHandled)
  let running: { readonly id: number; readonly call: CurrentCall } | undefined
  let stopped = 0
  const run = async (message: ToWorker & { kind: 'call' }): Promise<void> => {
    const call = new CurrentCall(
      () => stopped === message.id,
      () => process.channel?.ref(),
    )
    running = { id: message.id, call }
    process.channel?.unref() // a function that waits for what never comes must not hold the process forever
    await runner.run(message, call)
    process.channel?.ref()
    running = undefined
  }
  process.on('beforeExit', () => {
    if (running === undefined) return
    process.channel?.ref()
    send?.([token, { kind: 'ended', how: NEVER_COMES } satisfies FromWorker], () => process.exit())
  })
  process.on('message', (received) => {
    const message = messageWith<ToWorker>(token, received)
    if (message === undefined) return
    if (message.kind === 'end') return process.disconnect()
    if (message.kind === 'stop') {
      stopped = message.id
      if (running?.id === message.id) running.call.stop()
      return
    }
    void run(message)
  })
  if (!(await runner.initialize(initializer, initArgs))) return process.disconnect()
  send?.([token, LISTENING]) // a call comes then, and the next one after its reply
}

const NEVER_COMES = 'it waited for something, and nothing was left in its process that could bring it'

function refuseShared(message: FromWorker): void {
  if (message.kind === 'result' && message.value.mark !== undefined)
    throw new TypeError('what lies in shared memory (an Event, a Lock, a Queue, …) is of use within one process only')
}
