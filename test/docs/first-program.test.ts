// README's first program, stopped at every await, once and twice.

import { readFileSync } from 'node:fs'
import { explore } from '@spindle/testing'
import { type Coroutine, createTask, run, sleep, type Task, uncancellable, wait } from 'spindle'
import { describe, expect, it } from 'vitest'

const ROOT = new URL('../../', import.meta.url)
const [, block = ''] = /^```ts\n([\s\S]*?)^```/m.exec(readFileSync(new URL('README.md', ROOT), 'utf8')) ?? []

type Watch = (said: (text: string) => void) => Coroutine<unknown>

/** The coroutine functions of the program, without their types. */
const main = ((): Watch => {
  const [, functions = ''] = /(function\* watch[\s\S]*)^console\.log\('Answer/m.exec(block) ?? []
  const plain = functions.replaceAll(/\): Coroutine<\w+>/g, ')')
  const names = { createTask, run, sleep, uncancellable, wait }
  const make = new Function(...Object.keys(names), 'console', `${plain}; return main`)
  return (said) => make(...Object.values(names), { log: (...texts: unknown[]) => said(texts.join(' ')) })()
})()

function endsAsCancelled({ cancelled, task }: { cancelled: readonly string[]; task: Task }): void {
  if (cancelled.includes(task.getName())) expect(task.cancelled()).toBe(true)
}

describe("README's first program", () => {
  it.each(['each', 'twice'] as const)(
    'completes its clean-up and ends as cancelled when it is stopped at any await: %s',
    async (cancel) => {
      const outputs: string[][] = []
      const setup = (): string[] => {
        outputs.push([])
        return outputs.at(-1) as string[]
      }
      const program = (said: string[]): Coroutine<unknown> => main((text) => said.push(text))
      const { runs } = await explore(program, { setup, cancel, times: 'written', check: endsAsCancelled })
      const begun = outputs.filter((said) => said.includes('watching'))
      expect(begun.length).toBeGreaterThan(runs / 2)
      expect(begun.filter((said) => !said.includes('stopped watching'))).toEqual([])
    },
  )
})
