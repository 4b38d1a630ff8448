// README's first program, stopped at every await, once and twice.

import { readFileSync } from 'node:fs'
import { explore } from '@spindle/testing'
import { type Coroutine, run, sleep, type Task, TimeoutError, timeout } from 'spindle'
import { describe, expect, it } from 'vitest'
import { PAGE_ON_NPM, pageOnNpm } from '../../scripts/readme.mjs'

const ROOT = new URL('../../', import.meta.url)
const [, block = ''] = /^```ts\n([\s\S]*?)^```/m.exec(readFileSync(new URL('README.md', ROOT), 'utf8')) ?? []

type Main = (said: (text: string) => void) => Coroutine<unknown>

/** The coroutine functions of the program. */
const main = ((): Main => {
  const [, functions = ''] = /(function\* poll[\s\S]*)^await run/m.exec(block) ?? []
  const names = { run, sleep, timeout }
  const make = new Function(...Object.keys(names), 'console', `${functions}; return main`)
  return (said) => make(...Object.values(names), { log: (...texts: unknown[]) => said(texts.join(' ')) })()
})()

function endsAsCancelled({ cancelled, task }: { cancelled: readonly string[]; task: Task }): void {
  if (cancelled.includes(task.getName())) expect(task.cancelled()).toBe(true)
}

describe("README's first program", () => {
  // A second cancel interrupts a clean-up that waits, as in asyncio; `uncancellable` is not for a first page.
  it.each([
    ['each', 'completes its clean-up and ends as cancelled'],
    ['twice', 'ends as cancelled'],
  ] as const)('stopped at any await, %s: %s', async (cancel, _promise) => {
    const outputs: string[][] = []
    const setup = (): string[] => {
      outputs.push([])
      return outputs.at(-1) as string[]
    }
    function* program(said: string[]): Coroutine<void> {
      try {
        yield* main((text) => said.push(text))
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error // as the program expects
      }
    }
    const { runs } = await explore(program, { setup, cancel, times: 'written', check: endsAsCancelled })
    const cleanedUp = outputs.filter((said) => said.includes('poll has stopped')).length
    expect(runs).toBeGreaterThan(10)
    // Not before its first step, and not where the cancel comes during the clean-up.
    if (cancel === 'each') expect(runs - cleanedUp).toBeLessThanOrEqual(7)
  })
})

describe('README', () => {
  const readme = readFileSync(new URL('README.md', ROOT), 'utf8')

  it('is one screen: at most 400 words, and three imports in its program', () => {
    expect(readme.split(/\s+/).length).toBeLessThanOrEqual(401)
    expect(/^import \{ (.*) \} from 'spindle'$/m.exec(block)?.[1]?.split(', ')).toHaveLength(3)
  })

  it('is the page on npm, with links that work there: `npm run pack` writes it', () => {
    const page = readFileSync(new URL(PAGE_ON_NPM, ROOT), 'utf8')
    expect(page).toBe(pageOnNpm())
    expect(page.match(/\]\((?!https:)/g)).toBeNull()
  })
})
