import type { MessagePort } from 'node:worker_threads'
import { reasonOf, wake } from 'spindle/internal/thread'
import { fromModule } from 'spindle/thread'
import type { FromSubmittingClient, ToSubmittingClient } from '../calls/protocol.ts'
import { type Left, SubmittingClient, type SubmittingClientOptions } from './submitting-client.ts'

export interface ClientThreadOptions extends SubmittingClientOptions {
  /** The calls that were open when the program blocked. */
  readonly left: Left | undefined
  readonly port: MessagePort
  /** On which the thread of the program sleeps. */
  readonly ownersCell: Int32Array
}

/** Communicates with Redis on behalf of a blocked thread, until that has it close. Never runs code of users. */
export function runClientThread({ left, port, ownersCell, ...options }: ClientThreadOptions): void {
  let outbox: FromSubmittingClient[] = []
  const flush = (): void => {
    if (outbox.length === 0) return
    port.postMessage(outbox)
    outbox = []
    wake(ownersCell)
  }
  const client = new SubmittingClient(
    options,
    {
      // Together with everything else that this turn and all of its promises lead to.
      post: (message) => {
        if (outbox.push(message) === 1) process.nextTick(flush)
      },
      closed: () => {
        flush()
        port.close()
        process.exit() // ends only this thread
      },
    },
    left,
  )
  process.on('uncaughtException', (error) => client.break(reasonOf(error)))
  port.on('message', (messages: ToSubmittingClient[]) => client.take(messages))
}

fromModule(import.meta, runClientThread)
