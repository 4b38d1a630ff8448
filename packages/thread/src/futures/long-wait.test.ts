import { setEventLoop } from '@spindle/loop'
import { newEventLoop } from '@spindle/task'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { waitUntil } from '../shared-memory/wakeup.ts'
import { hintWhenLong } from './long-wait.ts'

afterEach(() => vi.restoreAllMocks())

const noObstacle = (): undefined => {}

describe('a blocking wait that lasts', () => {
  it('is reported once in debug mode, with the possible reasons', () => {
    const written: string[] = []
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0)
    setEventLoop(newEventLoop({ debug: true }))
    const what = (): string => 'result() of <Future>'
    waitUntil(() => written.length > 0, 30_000, what, hintWhenLong(what, noObstacle, 1))
    waitUntil(() => false, 5, what, hintWhenLong(what, noObstacle, 30_000))
    expect(written).toEqual([
      expect.stringMatching(
        /^result\(\) of <Future> has blocked this thread for 0 s\. .* it never ends\. Write `yield\* future`/,
      ),
    ])
  })

  it('is reported once when its obstacle is known, which may be later', () => {
    const written: string[] = []
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0)
    setEventLoop(undefined)
    const answers = [undefined, undefined, 'worker 0 has not begun it', 'worker 0 has not begun it']
    const obstacle = (): string | undefined => answers.shift()
    waitUntil(
      () => false,
      100,
      String,
      hintWhenLong(() => 'result() of <Future>', obstacle, 1),
    )
    expect(written).toEqual([
      expect.stringMatching(/^result\(\) of <Future> has waited for 0(?:\.1)? s: worker 0 has not begun it\.\n$/),
    ])
  })

  it('is not reported otherwise', () => {
    const write = vi.spyOn(process.stderr, 'write')
    for (const loop of [newEventLoop(), undefined]) {
      setEventLoop(loop)
      hintWhenLong(() => '', noObstacle).report(5000)
    }
    expect(write).not.toHaveBeenCalled()
  })
})
