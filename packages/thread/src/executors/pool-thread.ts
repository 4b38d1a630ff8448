// A thread of a pool. While idle it sleeps on its wake cell, the quickest way to receive a call. If a function has left
// a socket or a timer behind, the next call arrives through the host instead.

import type { MessagePort } from 'node:worker_threads'
import { CAN_MIX_LISTENERS, keepAlive, receiveAll, receiveWhenWoken } from '../shared-memory/host-turns.ts'
import { wake } from '../shared-memory/wake.ts'
import { thisThread } from '../threads/this-thread.ts'
import { reasonOfEnd } from '../transport/import-module.ts'
import { ownFunction } from '../transport/own-functions.ts'
import { reasonOf } from '../transport/reason-of.ts'
import { CallRunner, type Post } from './call-runner.ts'
import { advanceTurn, hasTurn } from './calls-ahead.ts'
import { begin, isStopRequested } from './claim.ts'
import { MessageLog } from './message-log.ts'
import type { WorkerSetup } from './pool-options.ts'
import type { SharedWithWorker } from './pool-worker.ts'
import { type Call, type FromWorker, fromWire, type ToWorker } from './protocol.ts'
import { SmallResults } from './small-results.ts'

/** The data with which a thread of a pool starts. */
export interface PoolThreadOptions extends WorkerSetup {
  readonly port: MessagePort
  /** Raised for each message to this thread. */
  readonly wakeCell: Int32Array
  /** The wake cell of the thread that owns the pool. */
  readonly ownerWakeCell: Int32Array
  readonly shared: SharedWithWorker
}

/** Runs calls until the pool ends it. */
export async function runPoolThread(options: PoolThreadOptions): Promise<void> {
  const { port, ownerWakeCell, shared } = options
  const outgoing = new MessageLog(shared.toPool)
  const results = new SmallResults(shared.results)
  const post: Post = (message, transfer) => {
    const how = message.kind === 'result' ? results.write(message.id, message.value.value) : 'no'
    if (how === 'announced') return
    if (how === 'no') results.interrupt()
    outgoing.post(port, how === 'no' ? message : { kind: 'results' }, transfer)
    wake(ownerWakeCell)
  }
  const runner = new CallRunner(post, thisThread.named.name, options, shared.claims.length, {
    isStopRequested: (id) => isStopRequested(shared.claims, id),
    keepAliveForMessages: () => calls.keepAlive(true),
  })
  const calls = new ThreadCalls(options, runner)
  let isDrained = false
  const end = (how: string | undefined): void => {
    process.off('exit', exit)
    port.postMessage({ kind: 'ended', how } satisfies FromWorker)
    wake(ownerWakeCell)
    port.close()
  }
  const exit = (code: number): void =>
    end(reasonOfEnd(code) ?? (isDrained && code === 0 ? NEVER_COMES : `exit code ${code}`))
  process.once('exit', exit) // a function may call process.exit(), which ends this thread alone
  process.once('beforeExit', () => {
    isDrained = true
  })
  try {
    if (await runner.initialize()) await calls.runAll()
    end(undefined)
  } catch (error) {
    end(reasonOf(error)) // such as that of a function which has changed Object.prototype
    throw error
  }
}

const NEVER_COMES = 'it waited, and nothing was left on its thread that could end the wait'

const CALLS_WITHOUT_TURN = 1000
const TICKS_BEFORE_SLEEP = 5
const MS_WITHOUT_TURN = 5

/** The calls that a thread receives. */
class ThreadCalls {
  readonly #options: PoolThreadOptions
  readonly #claims: Int32Array
  readonly #incoming: MessageLog
  readonly #runner: CallRunner
  // Received calls that have not begun; calls of #ahead wait for their turn.
  readonly #messages: (ToWorker & { kind: 'call' | 'end' })[] = []
  readonly #ahead: Call[] = []
  #wake: (() => void) | undefined
  #isKeptAlive = false
  #callsSinceTurn = 0
  #hadObjects = false
  #turnedAt = 0

  constructor(options: PoolThreadOptions, runner: CallRunner) {
    const { port, shared, wakeCell } = options
    this.#options = options
    this.#claims = shared.claims
    this.#incoming = new MessageLog(shared.toWorker)
    this.#runner = runner
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

  /** Runs calls until there will be none. */
  async runAll(): Promise<void> {
    const { wakeCell } = this.#options
    for (;;) {
      if (this.#isKeptAlive && this.#runner.running === 0) this.keepAlive(false)
      const seen = Atomics.load(wakeCell, 0)
      this.#receive()
      const begun = this.#runNext()
      if (begun === 'end') return
      if (begun !== 'none') {
        await begun
        // What the call has left behind may begin to wait, and then needs turns of the host.
        if (this.#messages.length + this.#ahead.length === 0)
          for (let tick = 0; tick < TICKS_BEFORE_SLEEP; tick++) await undefined
      } else if (!CAN_MIX_LISTENERS || this.#runner.running > 0 || process.getActiveResourcesInfo().length > 0)
        await this.#waitInHost()
      else if (this.#isTurnDue()) await this.#yieldToHost()
      else Atomics.wait(wakeCell, 0, seen)
    }
  }

  /** Begins the next call, if it has come. A separate function: no message is kept while the thread sleeps. */
  #runNext(): Promise<void> | undefined | 'none' | 'end' {
    const message = this.#messages.shift() ?? this.#takeAhead()
    if (message === undefined) return 'none'
    if (message.kind === 'end') return 'end'
    const { id, args, ticket } = message
    if (!begin(this.#claims, id)) return undefined // taken back
    if (ticket !== 0) advanceTurn(this.#options.shared.turn, ticket + 1)
    this.#callsSinceTurn++
    this.#hadObjects = (args.value as unknown[]).some((arg) => typeof arg === 'object')
    const run = this.#runner.run(message)
    if (this.#options.callsPerWorker === 1) return run
    void run?.then(() => this.#wake?.())
    return undefined
  }

  #receive(): void {
    receiveAll(this.#options.port, this.#take, this.#lost)
  }

  /** Refuses a call whose arguments can't be read, unless the pool has taken it back. */
  readonly #lost = (reason: unknown): void => {
    const lost = this.#incoming.lost()
    if (lost?.kind === 'call' && begin(this.#claims, lost.id)) void this.#runner.refuse(lost.id, reason)
  }

  readonly #take = (wire: unknown): void => {
    const message = fromWire<ToWorker>(wire)
    this.#incoming.arrived()
    if (message.kind === 'ahead') this.#ahead.push(...message.calls.map((call) => fromWire<Call>(call)))
    else if (message.kind === 'call' || message.kind === 'end') this.#messages.push(message)
    else this.#runner.take(message)
    this.#wake?.()
  }

  /** A call that was sent ahead, if it has its turn. */
  #takeAhead(): (ToWorker & { kind: 'call' | 'end' }) | undefined {
    const [first] = this.#ahead
    if (first === undefined || !hasTurn(this.#options.shared.turn, first.ticket)) return undefined
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
    const isIdle = this.#runner.running === 0
    if (isIdle) this.keepAlive(true)
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    this.#wake = undefined
    if (isIdle) this.keepAlive(false)
  }

  keepAlive(isNeeded: boolean): void {
    this.#isKeptAlive = isNeeded
    keepAlive(this.#options.port, isNeeded)
  }
}

ownFunction(import.meta, 'runPoolThread', runPoolThread)
