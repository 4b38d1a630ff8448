// The programs as `@spindle/unplugin` transforms them. vitest.config.ts applies it to this file and those beside it.

import type { Coroutine } from 'spindle'
import { longForm } from '../tooling/long-form.ts'
import { describePrograms } from './programs.fixture.ts'

const hasEffect = (): boolean => {
  function* main(): Coroutine<void> {
    yield* main()
  }
  return String(main).includes('"main (test/conformance/transformed.long.test.ts:9:')
}

describePrograms('transformed', hasEffect, longForm)
