// The programs with `import 'spindle/deep'`, which gives plain `function*` frames.

import 'spindle/deep'
import { describePrograms } from './programs.fixture.ts'

describePrograms('with spindle/deep', () => {
  function* ordinary(): Generator<number> {
    yield 1
  }
  return Object.hasOwn(Object.getPrototypeOf(Object.getPrototypeOf(ordinary())), Symbol.iterator)
})
