// The record of a key in Redis as a model: each script is one step, and between any two a connection takes its time.
// `explore` tries what programs and workers can do to it: programs leave, workers are lost at any moment, locks expire.

import { explore } from '@spindle/testing'
import { type Coroutine, createTask, gather, Queue, sleep } from 'spindle'
import { describe, expect, it } from 'vitest'
import { extent } from '../tooling/long-form.ts'

type End = 'result' | 'error' | 'cancelled'

interface Model {
  readonly throws?: boolean
  /** A part of the scripts that is left out, to see that it is needed; `one step`: the job ends after its reply. */
  readonly without?: 'one step' | 'result'
}

interface Job {
  state: 'waiting' | 'active'
  token: number
  isCancelled: boolean
  readonly waiters: Set<Queue<End>>
}

/** What packages/distributed/src/redis/scripts.ts does, and the scripts of BullMQ beside it. */
class KeyRecord {
  job: Job | undefined
  hasResult = false
  effects = 0
  lost = 0 // how often a lock expired
  readonly told = new Set<number>() // the runs that are to be cancelled
  #tokens = 0

  readonly model: Model

  constructor(model: Model) {
    this.model = model
  }

  join(waiter: Queue<End>): 'again' | 'result' | 'joined' {
    if (this.hasResult) return 'result'
    this.job ??= { state: 'waiting', token: 0, isCancelled: false, waiters: new Set() }
    if (this.job.isCancelled) return 'again'
    this.job.waiters.add(waiter)
    return 'joined'
  }

  leave(waiter: Queue<End>): void {
    const { job } = this
    if (job === undefined || !job.waiters.delete(waiter) || job.waiters.size > 0) return
    if (job.state === 'waiting') this.job = undefined
    else {
      job.isCancelled = true
      this.told.add(job.token)
    }
  }

  take(): number | undefined {
    if (this.job?.state !== 'waiting') return undefined
    this.job.state = 'active'
    this.job.token = ++this.#tokens
    return this.job.token
  }

  begin(token: number): End | undefined {
    if (this.job?.token !== token) return undefined // it runs, although another worker has the call: a lost worker
    if (this.hasResult) return 'result'
    return this.job.isCancelled ? 'cancelled' : undefined
  }

  end(token: number, end: End): void {
    const { job } = this
    if (job?.token !== token) return
    for (const waiter of job.waiters) waiter.putNowait(end)
    if (this.model.without !== 'result') this.hasResult ||= end === 'result'
    if (this.model.without !== 'one step') this.job = undefined
  }

  remove(token: number): void {
    if (this.job?.token === token) this.job = undefined
  }

  /** The lock of whichever worker has it expires. */
  stall(token: number): void {
    if (this.job?.state !== 'active' || this.job.token !== token) return
    this.job.state = 'waiting'
    this.job.token = 0
    this.lost++
  }
}

function* program(record: KeyRecord): Coroutine<End> {
  const replies = new Queue<End>()
  for (;;) {
    yield* sleep(1)
    const how = record.join(replies)
    if (how === 'result') return how
    if (how === 'joined') break
  }
  try {
    return yield* replies.get()
  } finally {
    record.leave(replies)
  }
}

function* worker(record: KeyRecord): Coroutine<void> {
  for (;;) {
    yield* sleep(1)
    const token = record.take()
    if (token === undefined) continue
    yield* sleep(1)
    const end = record.begin(token) ?? (yield* work(record, token))
    yield* sleep(1)
    record.end(token, end)
    yield* sleep(1)
    record.remove(token)
  }
}

function* work(record: KeyRecord, token: number): Coroutine<End> {
  for (let step = 0; step < 2; step++) {
    yield* sleep(1)
    if (record.told.has(token)) return 'cancelled'
  }
  record.effects++
  return record.model.throws ? 'error' : 'result'
}

function* locks(record: KeyRecord): Coroutine<void> {
  for (;;) {
    const token = record.job?.token ?? 0
    yield* sleep(10)
    record.stall(token)
  }
}

function* all(record: KeyRecord): Coroutine<readonly unknown[]> {
  const others = [worker(record), worker(record), locks(record)].map((other) => createTask(other))
  try {
    const early = [program(record), program(record)].map((one) => createTask(one))
    yield* sleep(6)
    return yield* gather([...early, program(record)], { returnExceptions: true })
  } finally {
    for (const other of others) other.cancel()
  }
}

function exploreModel(model: Model): Promise<unknown> {
  return explore(all, {
    setup: () => new KeyRecord(model),
    check: ({ given: { effects, lost } }) => {
      if (effects > 1 + lost && !model.throws) throw new Error(`${effects} side effects, and ${lost} workers were lost`)
    },
    runs: extent === 'full' ? 20_000 : 1000,
    maxSteps: 3000,
  })
}

describe('the record of a key', { timeout: 600_000 }, () => {
  it('has one side effect save after a lost worker, and an end for each program, in every order', async () => {
    await exploreModel({})
    await exploreModel({ throws: true })
  })

  it.each([
    ['a reply and an end in one step', { without: 'one step', throws: true }, /./],
    ['a result of its own', { without: 'result' }, /2 side effects/],
  ] as const)('is wrong without %s', async (_, model, message) => {
    await expect(exploreModel(model)).rejects.toThrow(message)
  })
})
