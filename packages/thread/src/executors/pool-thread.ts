// A thread of a pool. While idle it sleeps on its wake cell, the quickest way to receive a call. If a function has left
// a socket or a timer behind, the next call arrives through the host instead.

import type { MessagePort } from 'node:worker_threads'
import { CAN_MIX_LISTENERS, keepAlive, receiveAll, receiveWhenWoken } from '../shared-memory/host-turns.ts'
import { wake } from '../shared-memory/wake.ts'
import { threadName } from '../threads/this-thread.ts'
import { reasonOfEnd } from '../transport/import-module.ts'
import { ownFunction } from '../transport/own-functions.ts'
import type { Transferable } from '../transport/serialize.ts'
import { CallRunner } from './call-runner.ts'
import { advanceTurn, hasTurn } from './calls-ahead.ts'
import { begin } from './claim.ts'
import { CurrentCall, runSeveral } from './current-call.ts'
import { MessageLog } from './message-log.ts'
import type { WorkerSetup } from './pool-options.ts'
import type { SharedWithWorker } from './pool-worker.ts'
import { type Call, type FromWorker, fromWire, type ToWorker } from './protocol.ts'
import { Slots } from './slots.ts'

/** The data with which a thread of a pool starts. */
export interface PoolThreadOptions extends WorkerSetup {
  readonly port: MessagePort
  /** Raised for each message to this thread. */
  readonly wakeCell: Int32Array
  /** The wake cell of the thread that owns the pool. */
  readonly ownerWakeCell: Int32Array
  readonly shared: SharedWithWorker
  /** The ticket of the calls ahead that may begin next; see `calls-ahead.ts`. */
  readonly turn: Int32Array
  /** How many calls run at once. */
  readonly callsAtOnce: number
}

/** Runs calls until the pool ends it. */
export async function runPoolThread(options: PoolThreadOptions): Promise<void> {
  const { port, ownerWakeCell, shared } = options
  const outgoing = new MessageLog(shared.toPool)
  const post = (message: FromWorker, transfer: readonly Transferable[]): void => {
    outgoing.post(port, message, transfer)
    wake(ownerWakeCell)
  }
  const receiver = new CallReceiver(options, (id, reason) => void runner.refuse(id, reason))
  const runner = new CallRunner(post, threadName(), options)
  let isDrained = false
  const end = (code?: number): void => {
    process.off('exit', end)
    const exit = reasonOfEnd(code) ?? (isDrained && code === 0 ? NEVER_COMES : `exit code ${code}`)
    port.postMessage({ kind: 'ended', how: code === undefined ? undefined : exit } satisfies FromWorker)
    wake(ownerWakeCell)
    port.close()
  }
  process.once('exit', end) // a function may call process.exit(), which ends this thread alone
  process.once('beforeExit', () => {
    isDrained = true
  })
  const areSeveral = options.callsAtOnce > 1
  if (areSeveral) runSeveral()
  const runNext = async (): Promise<boolean> => {
    const message = await receiver.next()
    if (message === undefined) return false
    const { id } = message
    const call = receiver.begin(message, (value) => runner.sendProgress(id, value))
    if (call === undefined) return true
    const run = runner.run(message, call).then(() => receiver.finish(id))
    if (!areSeveral) await run
    return true
  }
  try {
    if (!(await runner.initialize())) return
    while (await runNext()) {} // a function, so that no message is kept during the wait
  } finally {
    end()
  }
}

const NEVER_COMES = 'it waited, and nothing was left on its thread that could end the wait'

const CALLS_WITHOUT_TURN = 1000
const MS_WITHOUT_TURN = 5

class CallReceiver {
  readonly #port: MessagePort
  readonly #wakeCell: Int32Array
  readonly #shared: SharedWithWorker
  readonly #turn: Int32Array
  readonly #incoming: MessageLog
  readonly #refuse: (id: number, reason: unknown) => void
  // Received calls that have not begun; calls of #ahead wait for their turn.
  readonly #messages: (ToWorker & { kind: 'call' | 'end' })[] = []
  readonly #ahead: Call[] = []
  #wake: (() => void) | undefined
  #isKeptAlive = false
  readonly #running: Slots<CurrentCall>
  #callsSinceTurn = 0
  #hadObjects = false
  #turnedAt = 0

  /** @param refuse called for a call whose arguments can't be read */
  constructor({ port, wakeCell, shared, turn }: PoolThreadOptions, refuse: (id: number, reason: unknown) => void) {
    this.#port = port
    this.#wakeCell = wakeCell
    this.#shared = shared
    this.#turn = turn
    this.#incoming = new MessageLog(shared.toWorker)
    this.#refuse = refuse
    this.#running = new Slots(shared.claims.length)
    if (CAN_MIX_LISTENERS) {
      port.on('message', this.#take)
      port.on('messageerror', this.#lost)
    } else
      void receiveWhenWoken(
        wakeCell,
        () => this.#receive(),
        () => true,
      )
    keepAlive(port, false) // a function whose wait never ends must not keep the thread alive
  }

  /** Waits for the next call. Returns undefined after the last. */
  async next(): Promise<(ToWorker & { kind: 'call' }) | undefined> {
    if (this.#isKeptAlive && this.#running.size === 0) this.#keepAlive(false)
    for (;;) {
      const seen = Atomics.load(this.#wakeCell, 0)
      this.#receive()
      const message = this.#messages.shift() ?? this.#takeAhead()
      if (message?.kind === 'end') return undefined
      if (message?.kind === 'call') return message
      if (!CAN_MIX_LISTENERS || this.#running.size > 0 || process.getActiveResourcesInfo().length > 0)
        await this.#waitInHost()
      else if (this.#isTurnDue()) await this.#yieldToHost()
      else Atomics.wait(this.#wakeCell, 0, seen)
    }
  }

  /** Begins a call. Returns undefined if the executor has taken it back. */
  begin(
    { id, slot, credit, args, ticket }: ToWorker & { kind: 'call' },
    sendProgress: (value: unknown) => void,
  ): CurrentCall | undefined {
    if (!begin(this.#shared.claims, slot, id)) return undefined
    if (ticket !== 0) advanceTurn(this.#turn, ticket + 1)
    const isStopRequested = (): boolean => Atomics.load(this.#shared.stopped, slot) === id
    const call = new CurrentCall(
      { isStopRequested, keepAliveForMessages: () => this.#keepAlive(true), sendProgress },
      credit,
    )
    this.#running.put(slot, id, call)
    this.#callsSinceTurn++
    this.#hadObjects = (args.value as unknown[]).some((arg) => typeof arg === 'object')
    return call
  }

  finish(id: number): void {
    this.#running.delete(id)
    this.#wake?.()
  }

  #receive(): void {
    receiveAll(this.#port, this.#take, this.#lost)
  }

  /** Refuses a call whose arguments can't be read, unless the pool has taken it back. */
  readonly #lost = (reason: unknown): void => {
    const lost = this.#incoming.lost()
    const slot = lost?.kind === 'call' ? this.#shared.claims.indexOf(lost.id) : -1
    if (lost !== undefined && slot >= 0 && begin(this.#shared.claims, slot, lost.id)) this.#refuse(lost.id, reason)
  }

  readonly #take = (wire: unknown): void => {
    const message = fromWire<ToWorker>(wire)
    this.#incoming.arrived()
    if (message.kind === 'stop') this.#running.get(message.id)?.stop()
    else if (message.kind === 'credit') this.#running.get(message.id)?.grant(message.count)
    else if (message.kind === 'ahead') this.#ahead.push(...message.calls.map((call) => fromWire<Call>(call)))
    else if (message.kind === 'call' || message.kind === 'end') this.#messages.push(message)
    this.#wake?.()
  }

  /** A call that was sent ahead, if it has its turn. */
  #takeAhead(): (ToWorker & { kind: 'call' | 'end' }) | undefined {
    const [first] = this.#ahead
    if (first === undefined || !hasTurn(this.#turn, first.ticket)) return undefined
    this.#receive() // earlier calls for this worker, posted before the turn was passed on
    return this.#messages.shift() ?? this.#ahead.shift()
  }

  /**
   * In a turn of the host the engine collects garbage and calls finalizers. Otherwise the garbage of a large call stays
   * until the next call arrives. A turn after each call would cost a small call an eighth, and reading the clock a
   * hundredth: so calls without objects do neither.
   */
  async #yieldToHost(): Promise<void> {
    this.#callsSinceTurn = 0
    this.#hadObjects = false
    this.#turnedAt = Date.now()
    await new Promise(setImmediate)
  }

  #isTurnDue(): boolean {
    if (this.#callsSinceTurn >= CALLS_WITHOUT_TURN) return true
    return this.#hadObjects && Math.abs(Date.now() - this.#turnedAt) >= MS_WITHOUT_TURN
  }

  /** An idle thread waits forever. While calls run, the resources they wait for keep the thread alive. */
  async #waitInHost(): Promise<void> {
    const isIdle = this.#running.size === 0
    if (isIdle) this.#keepAlive(true)
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    this.#wake = undefined
    if (isIdle) this.#keepAlive(false)
  }

  #keepAlive(isNeeded: boolean): void {
    this.#isKeptAlive = isNeeded
    keepAlive(this.#port, isNeeded)
  }
}

ownFunction(import.meta, 'runPoolThread', runPoolThread)
