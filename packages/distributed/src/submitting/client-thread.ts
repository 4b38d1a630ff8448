// One client thread serves all executors of a thread that has blocked, so that it costs its start and its memory once.
// Each executor has a client there, and a port to it. The thread ends when the last of them does.

import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { isGone, reasonOf, wake, wakeCell } from 'spindle/internal/thread'
import { fromModule, Thread } from 'spindle/thread'
import type { FromSubmittingClient, ToSubmittingClient } from '../calls/protocol.ts'
import { type Left, SubmittingClient, type SubmittingClientOptions } from './submitting-client.ts'

const YOUNG_MB = 12 // 48 by default, but these messages live briefly

/** A client to start on the client thread. */
interface Start {
  readonly options: SubmittingClientOptions
  /** The calls that were open when the program blocked. */
  readonly left: Left | undefined
  readonly port: MessagePort
}

interface ThreadOptions {
  /** Receives each Start; anything else ends the thread. */
  readonly control: MessagePort
  /** On which the thread of the program sleeps. */
  readonly ownersCell: Int32Array
}

/** The client thread, as its program sees it. */
export class ClientThread {
  readonly #control: MessagePort
  readonly #users = new Set<(cause: unknown) => void>()

  constructor() {
    const { port1, port2: control } = new MessageChannel()
    const thread = new Thread({
      target: runClientThread,
      args: [{ control, ownersCell: wakeCell }] as never,
      name: 'spindle-client',
      daemon: true,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    })
    this.#control = port1.on('close', () =>
      thread.onceEnded((cause) => {
        for (const died of [...this.#users]) died(cause)
      }),
    )
    port1.unref()
    thread.startInternal('the options')
  }

  /**
   * Starts a client there, on the thread that already runs if there is one. Returns the port to it, and what says that
   * the client has ended.
   *
   * @param died called with the cause if the thread dies
   */
  static join(
    options: SubmittingClientOptions,
    left: Left | undefined,
    died: (cause: unknown) => void,
  ): { readonly port: MessagePort; leave(): void } {
    if (current === undefined || isGone(current.#control)) current = new ClientThread()
    const thread = current
    const { port1, port2: port } = new MessageChannel()
    thread.#users.add(died)
    thread.#control.postMessage({ options, left, port } satisfies Start, [port])
    return { port: port1, leave: () => thread.#leave(died) }
  }

  #leave(user: (cause: unknown) => void): void {
    this.#users.delete(user)
    if (this.#users.size > 0) return
    if (current === this) current = undefined
    this.#control.postMessage('end')
  }
}

let current: ClientThread | undefined

/** Communicates with Redis on behalf of a blocked thread. Never runs code of users. */
export function runClientThread({ control, ownersCell }: ThreadOptions): void {
  const clients = new Set<SubmittingClient>()
  process.on('uncaughtException', (error) => {
    for (const client of clients) client.break(reasonOf(error))
    setImmediate(() => process.exit()) // when that is sent. It ends only this thread
  })
  control.on('message', (message: Start | 'end') => {
    if (message === 'end') process.exit()
    const { options, left, port } = message
    let outbox: FromSubmittingClient[] = []
    // Together with everything else that this turn and all of its promises lead to.
    const flush = (): void => {
      port.postMessage(outbox)
      outbox = []
      wake(ownersCell)
    }
    const post = (message: FromSubmittingClient): void => {
      if (outbox.push(message) === 1) process.nextTick(flush)
      if (message.kind === 'closed') clients.delete(client)
    }
    const client = new SubmittingClient(options, post, left)
    clients.add(client)
    port.on('message', (messages: ToSubmittingClient[]) => client.take(messages))
  })
}

fromModule(import.meta, runClientThread)
