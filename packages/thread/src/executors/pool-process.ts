import { reasonOfEnd } from '../transport/import-module.ts'
import { serialized } from '../transport/serialize.ts'
import { setTestRun } from '../transport/test-run.ts'
import { CallRunner } from './call-runner.ts'
import { CurrentCall, runSeveral } from './current-call.ts'
import { LISTENING, messageWith } from './process-channel.ts'
import type { ProcessStart } from './process-manager.ts'
import { PipeToManager } from './process-pipe.ts'
import type { FromWorker, ToWorker } from './protocol.ts'

/** The program of a process of a pool: runs calls until the pool ends it. */
export async function runPoolProcess(start: ProcessStart): Promise<void> {
  const { setup, token, slots } = start
  setTestRun(start.isTestRun)
  process.on('disconnect', () => process.exit()) // the pool is gone, however it went
  const send = process.send?.bind(process) // a function may replace it
  const pipe = new PipeToManager(slots)
  let sent = 0
  const post = (message: FromWorker): void => {
    send?.([token, readable(message)], (error: Error | null) => {
      if (error !== null) process.exit() // the pool is gone
      sent++
      pipe.tellSent(() => sent)
    })
  }
  const runner = new CallRunner(post, `process ${process.pid}`, setup)
  const running = new Map<number, CurrentCall>()
  if (slots > 1) runSeveral()
  const run = async (message: ToWorker & { kind: 'call' }): Promise<void> => {
    const { id, slot, credit } = message
    const isStopRequested = (): boolean => pipe.isStopRequested(id, slot)
    const keepAliveForMessages = (): void => process.channel?.ref()
    const sendProgress = (value: unknown): void => runner.sendProgress(id, value)
    const call = new CurrentCall({ isStopRequested, keepAliveForMessages, sendProgress }, credit)
    running.set(id, call)
    pipe.noteBegun(id)
    process.channel?.unref() // a function whose wait never ends must not keep the process alive
    await runner.run(message, call)
    running.delete(id)
    if (running.size === 0) process.channel?.ref()
  }
  let isInitialized = false
  process.on('beforeExit', () => {
    if (isInitialized && running.size === 0) return
    process.channel?.ref()
    send?.([token, { kind: 'ended', how: NEVER_COMES } satisfies FromWorker], () => process.exit())
  })
  process.once('exit', (code) => {
    const how = reasonOfEnd(code)
    if (how !== undefined && process.connected) send?.([token, { kind: 'ended', how } satisfies FromWorker])
  })
  process.on('message', (received) => {
    const message = messageWith<ToWorker>(token, received)
    if (message === undefined) return
    if (message.kind === 'end') return process.disconnect()
    if (message.kind === 'stop') {
      pipe.noteStop(message.id, message.slot)
      return running.get(message.id)?.stop()
    }
    if (message.kind === 'credit') return running.get(message.id)?.grant(message.count)
    if (message.kind === 'call') void run(message)
  })
  process.channel?.unref() // nor must an initializer
  isInitialized = await runner.initialize()
  process.channel?.ref()
  pipe.listen()
  if (isInitialized)
    send?.([token, LISTENING]) // calls come then
  else process.disconnect()
}

const NEVER_COMES = 'it waited, and nothing was left in its process that could end the wait'

/** Serializes the program's values separately: an unreadable value then fails its own call, not the channel. */
function readable(message: FromWorker): object {
  return 'value' in message ? { ...message, value: serialized(message.value) } : message
}
