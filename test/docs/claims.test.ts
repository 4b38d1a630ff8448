// The sentences of README and of the first page of the site, each with a check that knows no more than the sentence.

import { readFileSync } from 'node:fs'
import { explore } from '@spindle/testing'
import { type Coroutine, call, createTask, run, sleep, wait } from 'spindle'
import { describe, expect, it } from 'vitest'
import { root, runLines } from '../tooling/run-example.ts'

const text = (file: string): string => readFileSync(`${root}${file}`, 'utf8').replaceAll(/\s+/g, ' ')
const said = `${text('README.md')} ${text('site/home.mjs').replaceAll(/<\/?\w+>/g, '`')}`

/** A check of sentences that a reader finds on one of the two pages. */
function claim(sentences: readonly string[], check: () => Promise<void>): void {
  it(sentences[0] ?? '', async () => {
    expect(sentences.filter((sentence) => !said.includes(sentence))).toEqual([])
    await check()
  })
}

describe('README and the first page say that', () => {
  claim(
    [
      '`task.cancel()` throws a `CancelledError` into its coroutine where it waits, and clean-up may wait.',
      'A generator can at its `yield*`.',
      'A cancel reaches whatever the Task is waiting for, runs every `finally`, even one that waits, and is over when all of it is over.',
    ],
    async () => {
      const steps: string[] = []
      function* inner(): Coroutine<void> {
        try {
          yield* call(
            (signal) => new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
          )
          steps.push('not reached')
        } catch (error) {
          steps.push((error as Error).name)
          throw error
        } finally {
          yield* sleep(5)
          steps.push('inner')
        }
      }
      function* outer(): Coroutine<void> {
        try {
          yield* inner()
          steps.push('not reached')
        } finally {
          yield* sleep(5)
          steps.push('outer')
        }
      }
      await run(function* () {
        const task = createTask(outer())
        yield* sleep(1)
        task.cancel()
        yield* wait([task])
        steps.push(task.cancelled() ? 'cancelled' : 'not cancelled')
      })
      expect(steps).toEqual(['CancelledError', 'inner', 'outer', 'cancelled'])
    },
  )

  claim(
    ['A promise that has started cannot be stopped.', 'An `async` function cannot be interrupted at its `await`.'],
    async () => {
      const steps: string[] = []
      const controller = new AbortController()
      const running = (async () => {
        await new Promise((resolve) => setTimeout(resolve, 5))
        steps.push('went on')
      })()
      controller.abort()
      await running
      expect(steps).toEqual(['went on'])
    },
  )

  claim(['end code that computes.'], async () => {
    let turns = 0
    await run(function* () {
      const task = createTask(
        (function* (): Coroutine<void> {
          while (turns < 1000) turns++
        })(),
      )
      yield* sleep(0)
      task.cancel()
    })
    expect(turns).toBe(1000)
  })

  claim(['`await explore(main)`, also for `async` functions'], async () => {
    const exploring = explore(async () => {
      let total = 0
      const add = async (): Promise<void> => {
        const before = total
        await new Promise((resolve) => setTimeout(resolve, 1))
        total = before + 1
      }
      await Promise.all([add(), add()])
      if (total !== 2) throw new Error('lost an update')
    })
    await expect(exploring).rejects.toThrow('lost an update')
  })

  claim(['Ctrl-C runs each `finally`'], async () => {
    const { stdout } = await runLines(`import { call, run } from 'spindle'
      setTimeout(() => process.kill(process.pid, 'SIGINT'), 50)
      await run(function* main() {
        try { yield* call((signal) => new Promise((_, reject) => signal.addEventListener('abort', reject))) }
        finally { console.log('finally') }
      })`)
    expect(stdout).toBe('finally\n')
  })

  claim(['about a third more than promises', 'when 1,000 Tasks take turns on Node 24'], async () => {
    const table = readFileSync(`${root}docs/explanation/performance.md`, 'utf8')
    const [, times] = /^\| .*`switch` \|.*\| \*{0,2}([\d.]+) ×\*{0,2} \| [^|]*\|$/m.exec(table) ?? []
    expect(table).toMatch(/^Node 24\.\d+\.\d+, 2 cores/m)
    expect(Number(times)).toBeLessThan(1.4)
  })
})
