import { CancelledError, ExceptionGroup, RuntimeError } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { sleep } from '../coroutines/sleep.ts'
import { leavesNothing } from '../leaves-nothing.fixture.ts'
import { outcome } from '../outcome.fixture.ts'
import { taskGroup } from './task-group.ts'
import { moveOnAfter } from './timeout.ts'
import { uncancellable } from './uncancellable.ts'

describe('group.start', () => {
  it('returns the argument of started(), and the Task continues in the group', function* () {
    const log: string[] = []
    yield* taskGroup(function* (group) {
      const port = yield* group.start(function* (started: (port: number) => void) {
        yield* sleep(10)
        started(8080)
        log.push('goes on')
        yield* sleep(10)
        log.push('ends')
      })
      log.push(`started ${port}`)
    })
    expect(log).toEqual(['goes on', 'started 8080', 'ends'])
  })

  it('throws the error of a Task that fails before it has started, and the group continues', function* () {
    const failed = new Error('port in use')
    const error = yield* taskGroup(function* (group) {
      const error = yield* outcome(
        group.start(function* () {
          yield* sleep(1)
          throw failed
        }),
      )
      yield* sleep(10)
      return error
    })
    expect(error).toBe(failed)
  })

  it('is an error of the group when the Task throws afterwards', function* () {
    const error = yield* outcome(
      taskGroup(function* (group) {
        yield* group.start(function* (started) {
          started()
          yield* sleep(1)
          throw new Error('later')
        })
        yield* sleep(100)
      }),
    )
    expect((error as ExceptionGroup).exceptions).toEqual([new Error('later')])
    expect(error).toBeInstanceOf(ExceptionGroup)
  })

  it('throws if the Task ends without having started, was cancelled, or starts twice', function* () {
    yield* taskGroup(function* (group) {
      expect(yield* outcome(group.start(() => sleep(1)))).toEqual(
        new RuntimeError('The task of group.start() ended without calling started()'),
      )
      expect(
        yield* outcome(
          group.start(function* () {
            throw new CancelledError('by itself')
          }),
        ),
      ).toBeInstanceOf(CancelledError)
      let twice: unknown
      yield* group.start(function* (started) {
        started()
        try {
          started()
        } catch (error) {
          twice = error
        }
      })
      expect(twice).toEqual(new RuntimeError('started() was called twice'))
      expect(() => group.start(5 as never)).toThrow('group.start() takes a block, got 5')
    })
  })

  it('cancels and awaits the Task when the caller is cancelled before', function* () {
    const log: string[] = []
    yield* taskGroup(function* (group) {
      yield* moveOnAfter(5, () =>
        group.start(function* () {
          try {
            yield* sleep(100)
          } finally {
            yield* uncancellable(() => sleep(5))
            log.push('clean')
          }
        }),
      )
      log.push('moved on')
    })
    expect(log).toEqual(['clean', 'moved on'])
  })

  it('leaves nothing running, wherever and however often it is cancelled', () =>
    leavesNothing(function* (running) {
      yield* taskGroup(function* (group) {
        yield* group.start(function* (started) {
          running.count++
          try {
            yield* sleep(5)
            started()
            yield* sleep(5)
          } finally {
            yield* uncancellable(() => sleep(2))
            running.count--
          }
        })
        yield* sleep(20)
      })
    }))
})
