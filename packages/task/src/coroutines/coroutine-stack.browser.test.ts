import type { Coroutine } from '@spindle/loop'
import { describe, expect, it } from 'vitest'
import { coroutine } from './coroutine.ts'
import { coroutineName, coroutineStack, describeCoroutine } from './coroutine-stack.browser.ts'
import { sleep } from './sleep.ts'

describe('A coroutine in a bundle for browsers', () => {
  it('is described by its name, if it was made by coroutine(), and never by a place', () => {
    const named = coroutine(function* work(): Coroutine<void> {
      yield* sleep(0)
    })()
    function* plain(): Coroutine<void> {
      yield* named
    }
    const bare = plain()
    const described = [named, bare].map((one) => [coroutineName(one), describeCoroutine(one)])
    expect([...described, describeCoroutine(bare, true), coroutineStack(bare, undefined)]).toEqual([
      ['work', 'work() running'],
      ['', '<anonymous>() running'],
      '<anonymous>() done',
      [],
    ])
    named.return?.()
  })
})
