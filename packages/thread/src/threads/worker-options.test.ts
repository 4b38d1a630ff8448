import { realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe, expect, it, vi } from 'vitest'
import * as calls from '../futures/calls.fixture.ts'
import { Event, ProcessPoolExecutor, Thread, ThreadPoolExecutor } from '../index.ts'

describe('env, argv and workerData of threads', () => {
  it('are visible on the thread, and a shared object in workerData is the same', () => {
    const event = new Event()
    const options = { env: { ...process.env, WORKER_MODE: 'batch', UNSET: undefined }, argv: ['--fast'] }
    using pool = new ThreadPoolExecutor(1, { ...options, workerData: { event, n: 1 } })
    const found = pool.submit(calls.surroundings, 'WORKER_MODE').result() as { workerData: { event: Event } }
    expect(found).toMatchObject({ variable: 'batch', argv: ['--fast'], workerData: { n: 1 } })
    found.workerData.event.set()
    expect({ isSet: event.isSet(), here: process.env['WORKER_MODE'] }).toEqual({ isSet: true, here: undefined })
  })

  it('default to the options of the program, and to nothing', () => {
    using pool = new ThreadPoolExecutor(1)
    process.env['SET_LATER'] = 'seen'
    const found = pool.submit(calls.surroundings, 'SET_LATER').result()
    delete process.env['SET_LATER']
    expect(found).toMatchObject({ variable: 'seen', argv: process.argv.slice(2), workerData: undefined })
  })

  it('are refused if they can not be', () => {
    const refused = (options: object): unknown => {
      try {
        return new ThreadPoolExecutor(1, options)
      } catch (error) {
        return `${error}`
      }
    }
    expect(refused({ env: 'A=1' })).toBe("TypeError: env must be an object of strings, got 'A=1'")
    expect(refused({ env: { A: 1 } })).toBe('TypeError: env.A must be a string, got 1')
    expect(refused({ argv: '--fast' })).toBe("TypeError: argv must be an array of strings, got '--fast'")
    expect(refused({ workerData: () => {} })).toMatch(/^TypeError: workerData can't be sent to another thread: /)
    expect(refused({ workerData: new MessageChannel().port1 })).toMatch(/^TypeError: workerData can't be sent/)
    expect(refused({ stdio: ['pipe'] })).toBe("TypeError: stdio must be 'inherit', 'ignore' or 'pipe', got ['pipe']")
  })
})

describe('stdio of threads', () => {
  it('is read from events of a pool, or from a Thread', async () => {
    await using pool = new ThreadPoolExecutor(1, { stdio: 'pipe' })
    const texts = { stdout: '', stderr: '' }
    pool.events.on('worker:output', ({ stream, text }) => {
      texts[stream] += text
    })
    await pool.submit(calls.print, 'grüß ')
    await pool.submit(calls.print, 'dich')
    await vi.waitUntil(() => texts.stderr.endsWith('DICH') && texts.stdout.endsWith('dich'), 30_000)
    expect(texts).toEqual({ stdout: 'grüß dich', stderr: 'GRÜSS DICH' })

    const thread = new Thread({ target: calls.print, args: ['alone'], stdio: 'pipe' })
    expect(thread.stdout).toBe(undefined)
    thread.start()
    let text = ''
    for await (const part of thread.stdout ?? []) text += part
    for await (const part of thread.stderr ?? []) text += part
    expect(text).toBe('aloneALONE')
  })
})

describe('env and cwd of processes', () => {
  it('are visible in the process', () => {
    const folder = realpathSync(tmpdir())
    using pool = new ProcessPoolExecutor(1, { env: { ...process.env, WORKER_MODE: 'batch' }, cwd: folder })
    const found = pool.submit(calls.surroundings, 'WORKER_MODE').result()
    expect(found).toMatchObject({ variable: 'batch', cwd: folder })
  })

  it('are refused if they can not be', () => {
    expect(() => new ProcessPoolExecutor(1, { cwd: '/nowhere' })).toThrow(
      new TypeError("cwd must be the path of a folder, got '/nowhere'"),
    )
    expect(() => new ProcessPoolExecutor(1, { cwd: 1 as never })).toThrow(new TypeError('cwd must be a string, got 1'))
    expect(() => new ProcessPoolExecutor(1, { env: { A: 1 as never } })).toThrow(/^env\.A must be a string/)
  })
})
