// The programs with `import 'spindle/deep'`, which gives plain `function*` frames.

import 'spindle/deep'
import { longForm } from '../tooling/long-form.ts'
import { describePrograms } from './programs.fixture.ts'

const hasEffect = (): boolean => {
  function* ordinary(): Generator<number> {
    yield 1
  }
  return Object.hasOwn(Object.getPrototypeOf(Object.getPrototypeOf(ordinary())), Symbol.iterator)
}

describePrograms('with spindle/deep', hasEffect, longForm)
