// Runs that outlive their clients, over HTTP as clients use them. Who reads, leaves, comes back or stops is random.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runningWith } from '../node/process-trees.ts'
import { randomCases } from '../tooling/long-form.ts'
import { Program } from './program.ts'

const MARK = `RUNS=${process.pid}.`
let server: Program
let url: string
let forgetful: Program // whose runs expire soon

beforeAll(async () => {
  process.env['RUNS'] = MARK.slice('RUNS='.length) // the program and all that it starts have it
  server = new Program('examples/with-packages/runs.ts')
  forgetful = new Program('examples/with-packages/runs.ts', '--keep', '50')
  url = await urlOf(server)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await forgetful[Symbol.asyncDispose]()
})

const urlOf = (program: Program): Promise<string> => program.printed(/^(http:\S+)\/\n/)

async function start(question = 'what', at = url): Promise<string> {
  return `${at}/runs/${await (await fetch(`${at}/runs`, { method: 'POST', body: question })).text()}`
}
const stop = async (run: string): Promise<string> => (await fetch(run, { method: 'DELETE' })).text()

/** What a client has received: the chunks by their numbers, in order, and how the run has ended. */
class Reader {
  readonly ids: number[] = []
  text = ''
  end: string | undefined

  /** Reads until the run has ended, or leaves after a while, in the middle of whatever comes. */
  async read(run: string, leaveAfter?: number): Promise<void> {
    const leaving = new AbortController()
    const timer = leaveAfter === undefined ? undefined : setTimeout(() => leaving.abort(), leaveAfter)
    const last = this.ids.at(-1)
    const headers: Record<string, string> = last === undefined ? {} : { 'last-event-id': `${last}` }
    try {
      const { body, status } = await fetch(run, { signal: leaving.signal, headers })
      if (status !== 200 || body === null) throw new Error(`status ${status}`)
      let unread = ''
      for await (const part of body.pipeThrough(new TextDecoderStream())) {
        const events = (unread + part).split('\n\n')
        unread = events.pop() ?? ''
        for (const event of events) this.#take(event)
      }
    } catch (error) {
      if (!leaving.signal.aborted) throw error
    } finally {
      clearTimeout(timer)
    }
  }

  #take(event: string): void {
    const [first = '', second = ''] = event.split('\n')
    const data = second.slice('data: '.length)
    if (first === 'event: end') this.end = data
    else {
      this.ids.push(Number(first.slice('id: '.length)))
      this.text += JSON.parse(data) as string
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

describe('a run', () => {
  it('continues when its client leaves, and the client that comes back receives the rest', async () => {
    const run = await start()
    const reader = new Reader()
    await reader.read(run, 30)
    await pause(50)
    await reader.read(run)
    expect({ text: reader.text, end: reader.end }).toEqual({
      text: '[shell]\n[research]\n  [shell]\nwhat? I have looked at it twice.',
      end: 'done',
    })
  })

  it('is stopped by the button, which returns when its processes have ended', async () => {
    const run = await start()
    const reader = new Reader()
    const reading = reader.read(run)
    while (!reader.text.includes('[shell]')) await pause(2)
    const answer = await stop(run)
    await reading
    expect({ answer, end: reader.end }).toEqual({ answer: 'stopped', end: 'stopped' })
  })

  it.each(['is stopped while', 'is stopped before'])(
    'can be joined when it has ended, and stopped twice: it %s',
    async (when) => {
      const run = await start()
      if (when === 'is stopped while') await pause(20)
      const answers = [await stop(run), await stop(run)]
      const reader = new Reader()
      await reader.read(run)
      expect({ answers, end: reader.end, ids: reader.ids }).toEqual({
        answers: ['stopped', 'stopped'],
        end: 'stopped',
        ids: reader.ids.map((_, n) => n),
      })
    },
  )

  it('that has failed says why to each who joins it, also later, and to the button', async () => {
    const path = process.env['PATH']
    process.env['PATH'] = '' // so that the tool finds no shell
    await using broken = new Program('examples/with-packages/runs.ts')
    process.env['PATH'] = path
    const run = await start('what', await urlOf(broken))
    const [reader, later] = [new Reader(), new Reader()]
    await reader.read(run)
    await later.read(run)
    const answer = await stop(run)
    const end = 'failed: Error: spawn sh ENOENT'
    expect(reader.text).toContain('[shell]\n')
    expect({ text: later.text, ends: [reader.end, later.end, answer] }).toEqual({
      text: reader.text, // nothing is said after the end
      ends: [end, end, end],
    })
  })

  it.each(['what', 'x '.repeat(1e5)])(
    'expires when nobody has read it for a while, also one that has not ended: %.4s',
    async (question) => {
      const run = await start(question, await urlOf(forgetful))
      for (let unread = 200, status = 200; status !== 404; unread *= 2) {
        await pause(unread)
        const leaving = new AbortController()
        status = (await fetch(run, { signal: leaving.signal })).status
        leaving.abort()
      }
    },
  )

  it('is not there if there was none; a question without text starts none', async () => {
    const { status } = await fetch(`${url}/runs`, { method: 'POST' })
    const found = [(await fetch(`${url}/runs/none`)).status, (await fetch(url)).status]
    expect({ found, status }).toEqual({ found: [404, 200], status: 400 })
  })

  it('passes each chunk once to each reader, however they leave, join again and stop; nothing is left', async () => {
    const failures: unknown[] = []
    async function reads(run: string): Promise<Reader> {
      const reader = new Reader()
      while (reader.end === undefined) await reader.read(run, Math.random() < 0.7 ? Math.random() * 60 : undefined)
      return reader
    }
    async function once(): Promise<void> {
      const run = await start()
      const stopping = Math.random() < 0.4 ? pause(Math.random() * 200).then(() => stop(run)) : undefined
      const readers = await Promise.all([reads(run), pause(Math.random() * 50).then(() => reads(run))])
      const last = new Reader()
      await last.read(run)
      const how = (await stopping) ?? 'done'
      for (const { ids, text, end } of readers) {
        const isWhole = text === last.text && end === last.end && ids.every((id, n) => id === n)
        if (!isWhole || end !== how) failures.push({ how, end, ids, text, last })
      }
    }
    let runs = randomCases(1000, 4)
    const worker = async (): Promise<void> => {
      while (runs-- > 0) await once()
    }
    await Promise.all(Array.from({ length: 4 }, worker))
    expect(failures).toEqual([])
    expect(runningWith(MARK).sort()).toEqual([server.pid, forgetful.pid].sort())
  }, 1_800_000)
})

it('a server that is terminated ends its runs, and tells their readers', async () => {
  const run = await start('x '.repeat(1e5))
  const reader = new Reader()
  const reading = reader.read(run)
  while (reader.ids.length === 0) await pause(2)
  server.kill('SIGTERM')
  await reading
  await server.end('SIGTERM') // the second one does not wait until the idle connections of fetch() are closed
  expect({ end: reader.end, signal: server.signal, left: runningWith(MARK) }).toEqual({
    end: 'stopped',
    signal: 'SIGTERM',
    left: [forgetful.pid],
  })
})
