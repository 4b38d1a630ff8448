import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CancelledError, type Coroutine, getRunningLoop } from '@spindle/loop'
import { createTask, run, sleep } from '@spindle/task'
import { cancelEverywhere } from '@spindle/testing'
import { afterAll, describe, expect, expectTypeOf, it } from 'vitest'
import { readFile, writeFile } from './files.ts'
import { outcome } from './outcome.fixture.ts'

const directory = mkdtempSync(join(tmpdir(), 'spindle-files-'))
afterAll(() => rmSync(directory, { recursive: true }))
const path = join(directory, 'file')

describe('writeFile and readFile', () => {
  it('write and read bytes or text', async () => {
    function* main(): Coroutine<unknown[]> {
      yield* writeFile(path, 'grün\n')
      yield* writeFile(path, Buffer.from('blau\n'), { flag: 'a' })
      const bytes = yield* readFile(path)
      const text = yield* readFile(path, { encoding: 'utf8' })
      expectTypeOf(bytes).toEqualTypeOf<Buffer>()
      expectTypeOf(text).toEqualTypeOf<string>()
      return [bytes.length, text]
    }
    expect(await run(main())).toEqual([11, 'grün\nblau\n'])
  })

  it('throw the errors of Node', async () => {
    expect(await run(outcome(readFile(join(directory, 'none'))))).toMatchObject({ code: 'ENOENT' })
    expect(await run(outcome(writeFile(directory, 'x')))).toMatchObject({ code: 'EISDIR' })
  })

  it('are called by their names when they were never awaited', async () => {
    const reports: string[] = []
    function* main(): Coroutine<void> {
      getRunningLoop().setExceptionHandler((_loop, { message }) => reports.push(message.split('.')[0] ?? ''))
      writeFile(path, 'forgotten')
      readFile(path)
      yield* sleep(0)
    }
    await run(main())
    expect(reports).toEqual(["coroutine 'writeFile' was never awaited", "coroutine 'readFile' was never awaited"])
  })

  it('stop when they are cancelled', async () => {
    const large = Buffer.alloc(100_000_000)
    writeFileSync(path, large)
    function* main(): Coroutine<unknown[]> {
      const errors: unknown[] = []
      for (const task of [createTask(readFile(path)), createTask(writeFile(join(directory, 'other'), large))]) {
        yield* sleep(0)
        task.cancel()
        errors.push(yield* outcome(task))
      }
      return errors
    }
    expect((await run(main())).every((error) => error instanceof CancelledError)).toBe(true)
    expect(readFileSync(join(directory, 'other')).length).toBeLessThan(large.length)
  })

  it('can be cancelled anywhere', async () => {
    await cancelEverywhere(
      function* () {
        yield* writeFile(path, 'text')
        return yield* readFile(path, { encoding: 'utf8' })
      },
      ({ task, point }) =>
        expect(point === undefined ? task.result() : task.cancelled()).toBe(point === undefined ? 'text' : true),
    )
  })
})
