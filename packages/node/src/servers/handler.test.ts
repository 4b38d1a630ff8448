// What each framework has in common is in handler.conformance.test.ts.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Coroutine } from '@spindle/loop'
import { closeHostLoop, createTask, Event, getHostLoop, sleep, taskGroup } from '@spindle/task'
import express, { type Request as ExpressRequest, type Response as ExpressResponse } from 'express'
import { afterEach, describe, expect, it } from 'vitest'
import { handler } from './handler.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  await closeHostLoop()
})

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

/** Until it says so. */
async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !isSo(); i++) await new Promise((resolve) => setTimeout(resolve, 5))
}

describe('handler, in node:http', () => {
  it.each<[sent: string, status: string, expected: string]>([
    ['nothing', '500', 'Internal Server Error\n'],
    ['a part of an answer', 'cut off', ''],
  ])(
    'answers 500 or hangs up when the coroutine throws after sending %s, and reports it',
    async (sent, status, body) => {
      const reports: string[] = []
      getHostLoop().setExceptionHandler((_loop, { message, exception }) => reports.push(`${message}: ${exception}`))
      const handle = handler(function* (_request: IncomingMessage, response: ServerResponse) {
        yield* sleep(1)
        if (sent !== 'nothing') response.writeHead(200, { 'content-length': '10' }).write('half')
        throw new Error('failed')
      })
      const base = await listen(createServer((request, response) => void handle(request, response)))
      const answer = await fetch(base).then(
        async (response) => {
          const text = await response.text().catch(() => undefined)
          return text === undefined ? ['cut off', ''] : [`${response.status}`, text]
        },
        () => ['cut off', ''],
      )
      expect(answer).toEqual([status, body])
      expect(reports).toEqual(['Unhandled exception in a handler(): Error: failed'])
    },
  )

  it('lets Tasks started by a request continue, unless they are in a group', async () => {
    const log: string[] = []
    const ended = new Event()
    function* goOn(name: string): Coroutine<void> {
      yield* sleep(20)
      log.push(`${name} ended`)
      if (name === 'left over') ended.set()
    }
    const handle = handler(function* (_request: IncomingMessage, response: ServerResponse): Coroutine<void> {
      createTask(goOn('left over'))
      yield* taskGroup((group) => void group.createTask(goOn('grouped')))
      log.push('answered')
      response.end('answer')
    })
    const base = await listen(createServer(handle))
    expect(await (await fetch(base)).text()).toBe('answer')
    await getHostLoop().createTask(ended.wait())
    expect(log.sort()).toEqual(['answered', 'grouped ended', 'left over ended'])
  })

  it('is not cancelled by the end of a response, and leaves no listener behind', async () => {
    const log: unknown[] = []
    let answer: ServerResponse | undefined
    const handle = handler(function* (_request: IncomingMessage, response: ServerResponse) {
      answer = response
      response.end('answer')
      yield* sleep(30)
      log.push('went on')
    })
    let before = 0
    const server = createServer((request, response) => {
      before = response.listenerCount('close')
      handle(request, response).then(() => log.push(response.listenerCount('close') - before))
    })
    const base = await listen(server)
    expect(await (await fetch(base)).text()).toBe('answer')
    await until(() => log.length === 2)
    expect({ first: log[0], finished: answer?.writableFinished }).toEqual({ first: 'went on', finished: true })
    expect(log[1]).toBeLessThanOrEqual(0)
  })
})

describe('handler, in Express', () => {
  it('may be middleware, which continues with next()', async () => {
    const app = express()
    app.use(
      handler(function* (_request: ExpressRequest, response: ExpressResponse, next: () => void) {
        yield* sleep(5)
        response.set('x-before', 'yes')
        next()
      }),
    )
    app.get('/', (_request, response) => void response.send('the next one answers'))
    const answer = await fetch(await listen(createServer(app)))
    expect([answer.headers.get('x-before'), await answer.text()]).toEqual(['yes', 'the next one answers'])
  })
})

describe('handler', () => {
  it('answers an aborted Request with 499', async () => {
    const answer = handler(function* (_request: Request) {
      yield* sleep(60_000)
    })
    const controller = new AbortController()
    const answered = answer(new Request('http://localhost', { signal: controller.signal }))
    controller.abort()
    expect(await answered).toMatchObject({ status: 499 })
  })

  it('refuses a value that is not a function', () => {
    expect(() => handler(5 as never)).toThrow(new TypeError('handler() takes a coroutine function, got 5'))
  })
})
