// Many requests at once whose handlers share what stands at the level of a module.

import { AsyncLocalStorage } from 'node:async_hooks'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { ContextVar, type Coroutine } from '@spindle/loop'
import {
  allTasks,
  closeHostLoop,
  gather,
  getHostLoop,
  Lock,
  Queue,
  run,
  Semaphore,
  shield,
  sleep,
  type Task,
  uncancellable,
} from '@spindle/task'
import { afterEach, describe, expect, it } from 'vitest'
import type { StreamReader } from '../streams/stream-reader.ts'
import type { StreamWriter } from '../streams/stream-writer.ts'
import { handler } from './handler.ts'
import { openConnection } from './open-connection.ts'

const REQUESTS = 60
const LEAVING = 12 // clients that go away in the middle

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  await closeHostLoop()
})

const user = new ContextVar<string>('user')
const store = new AsyncLocalStorage<string>()

/** What a module of a web application keeps: locks, a connection, a value that is fetched once. */
class Application {
  readonly lock = new Lock()
  readonly seats = new Semaphore(2)
  readonly mailbox = new Queue<string>(1)
  readonly connectionLock = new Lock()
  readonly wrong: string[] = []
  fetches = 0
  #inside = 0
  #seated = 0
  #fetched: Task<string> | undefined
  #connection: readonly [StreamReader, StreamWriter] | undefined
  readonly #port: number

  constructor(port: number) {
    this.#port = port
  }

  /** What is answered to a request: its name, if all is as it should be. */
  *answer(name: string): Coroutine<string> {
    user.set(name)
    yield* gather([this.mailbox.put(name), this.mailbox.get()])
    {
      using _ = yield* this.seats.acquire()
      if (++this.#seated > 2) this.wrong.push(`${this.#seated} on two seats`)
      try {
        yield* sleep(1)
      } finally {
        this.#seated--
      }
    }
    {
      using _ = yield* this.lock.acquire()
      if (++this.#inside > 1) this.wrong.push('two in the lock')
      try {
        yield* sleep(0)
      } finally {
        this.#inside--
      }
    }
    const value = yield* this.#fetchOnce()
    if (user.get() !== name) this.wrong.push(`the context of ${user.get()} in ${name}`)
    return `${name} ${value}`
  }

  /** All requests wait for one Task, which none of those that leave cancels. */
  *#fetchOnce(): Coroutine<string> {
    this.#fetched ??= getHostLoop().createTask(this.#fetch()) as Task<string>
    return yield* shield(this.#fetched)
  }

  /** The same, and asks a server, over one connection for all requests: the first opens it, and it stays. */
  *answerAndAsk(name: string): Coroutine<string> {
    store.enterWith(name)
    const answer = yield* this.answer(name)
    if (store.getStore() !== name) this.wrong.push(`the store of ${store.getStore()} in ${name}`)
    using _ = yield* this.connectionLock.acquire()
    this.#connection ??= yield* openConnection('127.0.0.1', this.#port)
    const [reader, writer] = this.#connection
    const echoed = yield* uncancellable(function* () {
      writer.write(`${name}\n`)
      return (yield* reader.readLine()).toString().trim()
    })
    if (echoed !== name) this.wrong.push(`${name} got what was for ${echoed}`)
    return answer
  }

  close(): void {
    this.#connection?.[1].close()
  }

  *#fetch(): Coroutine<string> {
    this.fetches++
    yield* sleep(5)
    return 'fetched'
  }
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

/** A server that sends back each line, as a database would answer. */
async function echoPort(): Promise<number> {
  const server = createTcpServer((socket) => void socket.on('error', () => {}).pipe(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => server.close())
  return (server.address() as { port: number }).port
}

describe('handler() under load', () => {
  it('shares locks, a queue, a connection and a Task between requests', { timeout: 60_000 }, async () => {
    const application = new Application(await echoPort())
    closing.unshift(() => application.close())
    const base = await listening(
      createServer(
        handler(function* (request: IncomingMessage, response: ServerResponse) {
          response.end(yield* application.answerAndAsk(String(request.url).slice(1)))
        }),
      ),
    )
    const leaving = Array.from({ length: LEAVING }, (_, n) => {
      const client = new AbortController()
      setTimeout(() => client.abort(), n)
      return fetch(`${base}/leaves${n}`, { signal: client.signal }).then(
        (response) => response.text(),
        () => 'left',
      )
    })
    // A run() of the program takes part, too, save in the connection: it would end with its loop.
    const beside = run(application.answer('beside'))
    const names = Array.from({ length: REQUESTS }, (_, n) => `request${n}`)
    const answers = await Promise.all(names.map(async (name) => (await fetch(`${base}/${name}`)).text()))
    expect(answers).toEqual(names.map((name) => `${name} fetched`))
    expect(await beside).toBe('beside fetched')
    for (const answer of await Promise.all(leaving)) expect(answer).toMatch(/^(left|leaves\d+ fetched)$/)
    const { wrong, fetches, lock, seats, mailbox } = application
    expect({ wrong, fetches }).toEqual({ wrong: [], fetches: 1 })
    await ended()
    expect([lock, seats, application.connectionLock].map(String)).toEqual([
      '<Lock [unlocked]>',
      '<Semaphore [unlocked, value:2]>',
      '<Lock [unlocked]>',
    ])
    expect(mailbox.qsize()).toBeLessThanOrEqual(1)
  })
})

/** Until the requests of clients that have left are cleaned up. */
async function ended(): Promise<void> {
  while ([...allTasks({ loop: getHostLoop() })].length > 0) await new Promise((resolve) => setTimeout(resolve, 1))
}
