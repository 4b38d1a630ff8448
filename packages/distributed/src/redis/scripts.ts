// The scripts that Spindle adds to BullMQ's. The id of a call is `<submitter>-<n>`. Without a key, its job has the same
// id, and names the submitter that waits. With a key, the id of its job is `<function>/<key>`: each call that waits for
// the job has a field `w:<call>` there, with the ms that replies are kept. The result is stored under a separate Redis
// key, which outlives the job.

import type { Redis } from 'ioredis'

export type ReplyKind = 'progress' | 'result' | 'error' | 'cancelled' | 'lost'

/** A reply to a submitter, or, without its name, to all who wait for a key; `ttl` is how many ms it is kept. */
export type Reply = readonly [kind: ReplyKind, text: string, submitter: string, ttl: number]

/**
 * A call to cancel: its id, or '' for all who wait for the job; the id of the job; the proof that it was cancelled, or
 * '' to remove it only if it waits; and the text of the reply that says so.
 */
export type CancelledCall = readonly [call: string, job: string, proof: string, reply: string]

/** Results of a request to cancel a job. */
export const GONE = 0
const REMOVED = 1 // or others wait for it: either way this is replied
export const RUNS = 2 // with a proof, its worker is told

const KNOWN_S = 30
/** Longer than another client takes to ask again, or a command of a broken connection is on its way. */
const LATE_MS = 60_000

/** Spindle's entries in Redis for a queue, and its scripts, on one connection. */
export class Scripts {
  readonly #redis: Redis
  /** The prefix of the queue's keys: `bull:spindle:` */
  readonly queue: string
  /** The channel of cancellations. Channels are not per database, so the database is part of the name. */
  readonly cancellations: string

  constructor(redis: Redis, queue: string) {
    this.#redis = redis
    this.queue = queue
    this.cancellations = `${queue}spindle:cancel@${redis.options.db ?? 0}`
    for (const [name, lua] of Object.entries(SCRIPTS)) redis.defineCommand(name, { lua }) // also in transactions
  }

  job(id: string): string {
    return `${this.queue}${id}`
  }

  /** The stream on which a submitter receives replies. */
  replies(submitter: string): string {
    return `${this.queue}spindle:reply:${submitter}`
  }

  /** The result of a call with a key. */
  result(id: string): string {
    return `${this.queue}spindle:result:${id}`
  }

  /** Why the last worker of a job was lost, if it knew: it has written that to the log of the job. */
  async reasonOfLoss(id: string): Promise<string | undefined> {
    const [reason] = await this.#redis.lrange(`${this.job(id)}:logs`, -1, -1)
    return reason
  }

  /** Sends the progress of a call to all who wait for it. */
  tell(id: string, ...reply: Reply): Promise<unknown> {
    return this.#run('spindleTell', [this.job(id)], this.replies(''), id, ...reply)
  }

  /**
   * From now on, BullMQ's scripts take the time from Redis. The one that ends a job replies first if it has five more
   * arguments: the token of the lock, and a Reply. So an end costs one script, and is never visible without its reply.
   */
  extendBullMQ(): void {
    const { scriptsSet } = this.#redis as unknown as { readonly scriptsSet: Record<string, DefinedScript> }
    for (const [name, { lua, numberOfKeys }] of Object.entries(scriptsSet)) {
      const extended = EXTENSIONS[name.slice(0, name.indexOf(':'))]
      if (extended !== undefined) this.#redis.defineCommand(name, { numberOfKeys, lua: extended(lua) })
    }
  }

  /**
   * Begins a job that may have run before, or has `parents`, the calls that wait for it. Returns the result of its key,
   * and the cancellations of the job and its parents; null if this worker does not have it any more. Cancellations
   * are remembered for `ttl` ms longer than the job, which ends before the jobs that it has made.
   */
  begin(
    id: string,
    token: string,
    parents: readonly string[],
    ttl: number,
  ): Promise<[result: string | null, cancelled: (readonly [id: string, proof: string])[]] | null> {
    const { queue } = this
    const keys = [this.job(id), this.result(id)]
    return this.#run('spindleBegin', keys, queue, `${queue}spindle:cancelled:`, ttl, token, id, ...parents)
  }

  /** Cancels jobs for calls: removes jobs that wait. The same `question` again gets the same answer. */
  cancel(calls: readonly CancelledCall[], ttl: number, question?: string): Promise<number[]> {
    const { queue, cancellations } = this
    const keys = ['prioritized', 'delayed', 'wait'].map((type) => queue + type)
    const answered = question === undefined ? '' : `${queue}spindle:answered:${question}`
    return this.#run('spindleCancel', keys, queue, cancellations, answered, ttl, ...calls.flat())
  }

  /** Calls every command of the other scripts, without an effect. */
  probe(): Promise<number> {
    const { queue, cancellations } = this
    return this.#run('spindleProbe', [`${queue}meta`, this.replies('probe')], cancellations)
  }

  /** Registers what a worker can run, removes what nobody has registered lately, and failed jobs that have expired. */
  sweep(registered: readonly string[]): Promise<unknown> {
    return this.#run('spindleSweep', [`${this.queue}failed`, this.#registered], this.queue, KNOWN_S, ...registered)
  }

  /** Whether a worker has registered this lately. */
  async hasWorkerFor(registered: string): Promise<boolean> {
    return (await this.#redis.hexists(this.#registered, registered)) === 1
  }

  get #registered(): string {
    return `${this.queue}spindle:registered`
  }

  /** Extends the locks of a worker. Returns the token, id and name of each of its calls. */
  keepLocks(worker: string, lock: number): Promise<[token: string, id: string, name: string][]> {
    return this.#run('spindleKeep', [`${this.queue}active`], this.queue, worker, lock)
  }

  #run<T>(name: keyof typeof SCRIPTS, keys: readonly string[], ...args: readonly (string | number)[]): Promise<T> {
    const commands = this.#redis as unknown as Record<string, (...args: unknown[]) => Promise<T>>
    return (commands[name] as (...args: unknown[]) => Promise<T>).call(this.#redis, keys.length, ...keys, ...args)
  }
}

/** A script of BullMQ, as ioredis keeps it. */
interface DefinedScript {
  readonly lua: string
  readonly numberOfKeys: number
}

/** A transaction that can contain a script. */
export interface JoinTransaction {
  spindleJoin(numberOfKeys: number, ...args: (string | number)[]): unknown
  exec(): Promise<[error: Error | null, answer: unknown][]>
}

// A call with a key that was told cancelled has left that reply: a command on its way must not add it again.
const SEND = `
local function send(stream, call, ttl, kind, text, isKeyed)
  redis.call('XADD', stream, '*', 'id', call, 'kind', kind, 'text', text)
  redis.call('PEXPIRE', stream, ttl)
  if isKeyed and kind == 'cancelled' then redis.call('SET', stream .. ':' .. call, text, 'PX', ${LATE_MS}) end
end
local function sendToAll(job, streams, kind, text)
  local fields, longest = redis.call('HGETALL', job), 0
  for i = 1, #fields, 2 do
    local to, ttl = string.match(fields[i], '^w:(.*)%-%d+$'), fields[i + 1]
    if to then
      send(streams .. to, string.sub(fields[i], 3), ttl, kind, text, true)
      longest = math.max(longest, ttl)
    end
  end
  return longest
end
-- The longest TTL of all who wait if the call has a key, else false.
local function reply(job, streams, id, kind, text, to, ttl)
  if to ~= '' then send(streams .. to, id, ttl, kind, text) end
  return string.find(id, '/', 1, true) and math.max(ttl, sendToAll(job, streams, kind, text))
end`

// Before BullMQ's script, which has 14 keys and 9 arguments. Refused if another worker has the job.
const END = `${SEND}
local function replyEnd(job, id, queue, token, kind, text, to, ttl)
  if redis.call('GET', job .. ':lock') ~= token and redis.call('EXISTS', job) == 1 then return end
  local longest = reply(job, queue .. 'spindle:reply:', id, kind, text, to, ttl)
  if longest and kind == 'result' then
    local result = queue .. 'spindle:result:' .. id
    redis.call('HSET', result, 'text', text, 'ttl', longest)
    redis.call('PEXPIRE', result, longest)
  elseif not longest and (kind == 'error' or kind == 'lost') then
    redis.call('PEXPIRE', job, ttl)
  end
end
if ARGV[10] then replyEnd(KEYS[12], ARGV[1], ARGV[7], ARGV[10], ARGV[11], ARGV[12], ARGV[13], ARGV[14]) end`

// What is left of a job without a key that was told cancelled. A command that is still on its way, over a connection
// that has broken since, does not add it again.
const BURY = `
local function bury(job, proof)
  redis.call('HSET', job, 'spindle:cancelled', proof)
  redis.call('PEXPIRE', job, ${LATE_MS})
end`

// After BullMQ's script, which has removed the job.
const ENDED = `${BURY}
if ARGV[11] == 'cancelled' and redis.call('EXISTS', KEYS[12]) == 0 and not string.find(ARGV[1], '/', 1, true) then
  bury(KEYS[12], '')
end`

const TIME = `
local time = redis.call('TIME')
ARGV[2] = string.format('%d', time[1] * 1000 + math.floor(time[2] / 1000))`

const withTime = (lua: string): string => `${TIME}\n${lua}`

/** How scripts of BullMQ are extended, by their names. */
const EXTENSIONS: Readonly<Record<string, (lua: string) => string>> = {
  moveToActive: withTime,
  moveToFinished: (lua) =>
    `${TIME}${END}\nlocal function finish()\n${lua}\nend\nlocal answer = finish()${ENDED}\nreturn answer`,
  moveToDelayed: withTime,
  retryJob: withTime,
}

// Whether a call other than `but` waits for a job.
const WAITS = `
local function waits(job, but)
  for _, field in ipairs(redis.call('HKEYS', job)) do
    if string.sub(field, 1, 2) == 'w:' and field ~= 'w:' .. but then return true end
  end
end`

const SCRIPTS = {
  spindleTell: `${SEND}
reply(KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6])`,

  spindleBegin: `
if redis.call('GET', KEYS[1] .. ':lock') ~= ARGV[4] then return false end
local cancelled = {}
for i = 5, #ARGV do
  local id = ARGV[i]
  local proof = redis.call('HGET', ARGV[1] .. id, 'spindle:cancelled')
  if proof and i == 5 then redis.call('SET', ARGV[2] .. id, proof, 'PX', ARGV[3]) end
  proof = proof or (i > 5 and redis.call('GET', ARGV[2] .. id))
  if proof then cancelled[#cancelled + 1] = { id, proof } end
end
return { redis.call('HGET', KEYS[2], 'text'), cancelled }`,

  // Runs in one transaction with the script of BullMQ that adds the job, unless the key has one.
  spindleJoin: `${WAITS}
local job, told, result = KEYS[1], redis.call('GET', KEYS[5]), redis.call('HGET', KEYS[2], 'text')
if told or result then
  if not waits(job, '') and (redis.call('ZREM', KEYS[3], ARGV[1]) == 1 or redis.call('ZREM', KEYS[4], ARGV[1]) == 1) then
    redis.call('DEL', job)
  end
  if told then return { 'cancelled', told } end
  local more = ARGV[3] - redis.call('HGET', KEYS[2], 'ttl')
  if more > 0 then
    redis.call('HSET', KEYS[2], 'ttl', ARGV[3])
    redis.call('PEXPIRE', KEYS[2], redis.call('PTTL', KEYS[2]) + more)
  end
  return { 'result', result }
end
if redis.call('EXISTS', job) == 0 then return { 'again' } end
if redis.call('HEXISTS', job, 'spindle:cancelled') == 1 then return { 'again' } end
redis.call('HSET', job, 'w:' .. ARGV[2], ARGV[3])
return { 'waiting' }`,

  spindleCancel: `${SEND}${WAITS}${BURY}
local queue, answered, ttl = ARGV[1], ARGV[3], ARGV[4]
local streams, answers, told = queue .. 'spindle:reply:', {}, {}
if answered ~= '' and redis.call('EXISTS', answered) == 1 then return { ${REMOVED} } end
local function remove(job, id)
  if redis.call('ZREM', KEYS[1], id) == 1 or redis.call('ZREM', KEYS[2], id) == 1 then return true end
  return redis.call('EXISTS', job .. ':lock') == 0 and redis.call('LREM', KEYS[3], 1, id) == 1
end
local function confirm(job, call, text, isKeyed)
  if call == '' then return sendToAll(job, streams, 'cancelled', text) end
  send(streams .. string.match(call, '^(.*)%-%d+$'), call, ttl, 'cancelled', text, isKeyed)
end
for i = 5, #ARGV, 4 do
  local call, id, proof, text = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  local isKeyed = string.find(id, '/', 1, true)
  local job, at = queue .. id, (i - 1) / 4
  if redis.call('EXISTS', job) == 0 then
    answers[at] = ${GONE}
  elseif proof == '' and redis.call('EXISTS', job .. ':lock') == 1 then
    answers[at] = ${RUNS}
  elseif call ~= '' and isKeyed and waits(job, call) then
    redis.call('HDEL', job, 'w:' .. call)
    confirm(job, call, text, isKeyed)
    answers[at] = ${REMOVED}
  elseif remove(job, id) then
    confirm(job, call, text, isKeyed)
    redis.call('DEL', job, job .. ':logs')
    if not isKeyed then bury(job, proof) end
    answers[at] = ${REMOVED}
  else
    if proof ~= '' then
      redis.call('HSET', job, 'spindle:cancelled', proof)
      told[#told + 1] = { id, proof }
    end
    answers[at] = ${RUNS}
  end
end
if answered ~= '' and answers[1] ~= ${GONE} then redis.call('SET', answered, 1, 'PX', ${LATE_MS}) end
if #told > 0 then redis.call('PUBLISH', ARGV[2], cjson.encode(told)) end
return answers`,

  spindleProbe: `
redis.call('HEXISTS', KEYS[1], 'opts')
redis.call('XADD', KEYS[2], 'MAXLEN', 1, '*', 'kind', 'probe')
redis.call('PEXPIRE', KEYS[2], 1000)
return redis.call('PUBLISH', ARGV[1], '{}')`,

  spindleSweep: `
local now = tonumber(redis.call('TIME')[1])
for i = 3, #ARGV do redis.call('HSET', KEYS[2], ARGV[i], now) end
local known = redis.call('HGETALL', KEYS[2])
for i = 1, #known, 2 do
  if now - known[i + 1] > tonumber(ARGV[2]) then redis.call('HDEL', KEYS[2], known[i]) end
end
redis.call('EXPIRE', KEYS[2], ARGV[2])
local removed = 0
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, 999)) do
  if redis.call('EXISTS', ARGV[1] .. id) == 0 then removed = removed + redis.call('ZREM', KEYS[1], id) end
end
return removed`,

  spindleKeep: `
local kept = {}
for _, id in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  local job = ARGV[1] .. id
  local token = redis.call('GET', job .. ':lock')
  if token and string.sub(token, 1, #ARGV[2]) == ARGV[2] then
    redis.call('PEXPIRE', job .. ':lock', ARGV[3])
    kept[#kept + 1] = { token, id, redis.call('HGET', job, 'name') or '' }
  end
end
return kept`,
} as const
