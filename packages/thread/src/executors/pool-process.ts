import { reasonOfEnd } from '../transport/import-module.ts'
import { serialized } from '../transport/serialize.ts'
import { setTestRun } from '../transport/test-run.ts'
import { CallRunner } from './call-runner.ts'
import type { ProcessStart } from './process-manager.ts'
import { PipeToManager } from './process-pipe.ts'
import { type Call, type FromWorker, messageWith, type ToWorker } from './protocol.ts'

/** The program of a process of a pool: runs calls until the pool ends it. */
export async function runPoolProcess({ setup, token, isTestRun }: ProcessStart): Promise<void> {
  setTestRun(isTestRun)
  process.on('disconnect', () => process.exit()) // the pool is gone, however it went
  const send = process.send?.bind(process) // a function may replace it
  const pipe = new PipeToManager(setup.callsPerWorker)
  const post = (message: FromWorker): void => {
    send?.([token, readable(message)], (error: Error | null) => {
      if (error !== null) process.exit() // the pool is gone
    })
  }
  const runner = new CallRunner(post, `process ${process.pid}`, setup, setup.callsPerWorker, {
    isStopRequested: (id) => pipe.isStopRequested(id),
    keepAliveForMessages: () => process.channel?.ref(),
  })
  const run = async (message: Call): Promise<void> => {
    pipe.noteBegun(message.id)
    process.channel?.unref() // a function whose wait never ends must not keep the process alive
    await runner.run(message)
    listen()
    if (runner.running === 0) process.channel?.ref()
  }
  let isInitialized = false
  process.on('beforeExit', () => {
    if (isInitialized && runner.running === 0) return
    process.channel?.ref()
    send?.([token, { kind: 'ended', how: NEVER_COMES } satisfies FromWorker], () => process.exit())
  })
  process.once('exit', (code) => {
    const how = reasonOfEnd(code)
    if (how !== undefined && process.connected) send?.([token, { kind: 'ended', how } satisfies FromWorker])
  })
  const receive = (received: unknown): void => {
    const message = messageWith<ToWorker>(token, received)
    if (message === undefined) return
    if (message.kind === 'end') return process.disconnect()
    if (message.kind === 'call') return void run(message)
    if (message.kind === 'stop') pipe.noteStop(message.id)
    runner.take(message)
  }
  // Again after the initializer and each call, which may have removed all listeners: no further call would arrive.
  const listen = (): void => {
    if (!process.listeners('message').includes(receive)) process.on('message', receive)
  }
  listen()
  process.channel?.unref() // nor must an initializer
  isInitialized = await runner.initialize() // calls come then
  listen()
  process.channel?.ref()
  pipe.listen()
  if (!isInitialized) process.disconnect()
}

const NEVER_COMES = 'it waited, and nothing was left in its process that could end the wait'

/** Serializes the program's values separately: an unreadable value then fails its own call, not the channel. */
function readable(message: FromWorker): object {
  return 'value' in message ? { ...message, value: serialized(message.value) } : message
}
