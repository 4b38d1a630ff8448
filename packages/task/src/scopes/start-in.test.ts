import { CancelledError, type Coroutine, ExceptionGroup, RuntimeError } from '@spindle/loop'
import { explore } from '@spindle/testing'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { sleep } from '../coroutines/sleep.ts'
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

  it('leaves nothing running, wherever and however often it is cancelled', async () => {
    for (const cancel of ['main', 'main twice'] as const) {
      let running = 0
      const { runs } = await explore(
        function* (): Coroutine<void> {
          running = 0
          yield* taskGroup(function* (group) {
            yield* group.start(function* (started) {
              running++
              try {
                yield* sleep(5)
                started()
                yield* sleep(5)
              } finally {
                yield* uncancellable(() => sleep(2))
                running--
              }
            })
            yield* sleep(20)
          })
        },
        {
          cancel,
          times: 'written',
          check: ({ task, cancelled, left }) => {
            const expected = { running: 0, left: [], cancelled: cancelled.length > 0 }
            expect({ running, left, cancelled: task.cancelled() }).toEqual(expected)
          },
        },
      )
      expect(runs).toBeGreaterThan(5)
    }
  })
})
