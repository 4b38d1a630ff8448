import { copyContext } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { gather } from '../combinators/gather.ts'
import { waitFor } from '../combinators/wait-for.ts'
import { sleep } from '../coroutines/sleep.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { deadline } from './deadline.ts'
import { taskGroup } from './task-group.ts'
import { moveOnAfter, timeout } from './timeout.ts'

function* left(): Generator<never, number> {
  return deadline()
}

describe('deadline', () => {
  it('is the time that the nearest of the blocks around leaves', function* () {
    const seen: Record<string, number> = { before: deadline() }
    yield* timeout(300, function* () {
      yield* sleep(100)
      seen['outer'] = deadline()
      yield* moveOnAfter(50, function* () {
        seen['inner'] = deadline()
      })
      yield* moveOnAfter(1000, function* () {
        seen['longer'] = deadline()
      })
      yield* timeout(undefined, function* () {
        seen['without'] = deadline()
      })
      seen['waitFor'] = yield* waitFor(left, 20)
      seen['again'] = deadline()
    })
    seen['after'] = deadline()
    const expected = { before: Infinity, outer: 200, inner: 50, longer: 200, without: 200, waitFor: 20, again: 200 }
    expect(seen).toEqual({ ...expected, after: Infinity })
  })

  it('counts for Tasks that the block creates, while it runs', function* () {
    let outlives: ReturnType<typeof createTask<[number, number]>> | undefined
    const seen = yield* timeout(300, function* () {
      outlives = createTask(function* () {
        const before = deadline()
        yield* sleep(10)
        return [before, deadline()] as [number, number]
      })
      const gathered = yield* gather([left(), timeout(50, left)])
      const grouped = yield* taskGroup(function* (group) {
        return yield* group.createTask(left())
      })
      return { gathered, grouped }
    })
    expect({ ...seen, outlives: yield* outlives as NonNullable<typeof outlives> }).toEqual({
      gathered: [300, 50],
      grouped: 300,
      outlives: [300, Infinity],
    })
  })

  it('is 0 when a limit is over, and Infinity outside of everything', function* () {
    let cleaningUp: number | undefined
    yield* moveOnAfter(10, function* () {
      try {
        yield* sleep(1000)
      } finally {
        cleaningUp = deadline()
      }
    })
    expect({ cleaningUp, after: deadline() }).toEqual({ cleaningUp: 0, after: Infinity })
  })

  it('follows reschedule(), and is no variable of the context', function* () {
    const variables = copyContext().size
    yield* timeout(10, function* (scope) {
      scope.reschedule(undefined)
      const never = deadline()
      scope.reschedule(500)
      expect({ never, later: deadline(), variables: copyContext().size }).toEqual({
        never: Infinity,
        later: 500,
        variables,
      })
    })
  })
})
