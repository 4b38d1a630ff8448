import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { root } from '../tooling/run-example.ts'
import { bugs as compositionBugs } from './composition-bugs.ts'
import { bugs as cpythonBugs } from './cpython-bugs.ts'
import { bugs as explorationBugs } from './exploration-bugs.ts'
import { bugs as securityBugs } from './security-bugs.ts'

describe('The bugs to plant', () => {
  // If the code of a bug has changed, write the bug again, and check with `npm run plant` that it is found.
  it.each([...explorationBugs, ...cpythonBugs, ...compositionBugs, ...securityBugs])(
    'have their place exactly once: $what',
    ({ file, find }) => {
      expect(readFileSync(`${root}${file}`, 'utf8').split(find)).toHaveLength(2)
    },
  )
})
