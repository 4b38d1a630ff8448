import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { newLoop } from '../../packages/loop/src/new-loop.fixture.ts'

describe('source locations, outside of vitest', () => {
  const directory = mkdtempSync(join(tmpdir(), 'spindle-location-'))
  afterAll(() => rmSync(directory, { recursive: true }))

  const program = (extension: string, file: string): string => {
    const library = new URL(`../../packages/${file}`, import.meta.url).href
    const path = join(directory, `program${extension}`)
    writeFileSync(
      path,
      `import { Worker, isMainThread } from 'node:worker_threads'
import { functionLocation, generatorLocation } from ${JSON.stringify(library)}


export function* tick() { // line 5
  yield 1
  yield 2 // line 7
}
const generator = tick()
generator.next()
generator.next()
console.log(functionLocation(tick)?.line, generatorLocation(generator)?.line, functionLocation(tick)?.url === import.meta.url)
if (isMainThread && process.argv[2]) new Worker(new URL(import.meta.url))
`,
    )
    return path
  }
  const run = (...args: string[]): string => execFileSync(process.execPath, args, { encoding: 'utf8' })

  it('returns the lines of the source under tsx, which compiles it to one long line', () => {
    expect(run('--import', import.meta.resolve('tsx'), program('.mts', 'loop/src/inspect/source-location.ts'))).toBe(
      '5 7 true\n',
    )
  })

  it('returns the lines of plain JavaScript, in worker threads too', () => {
    expect(run(program('.mjs', 'spindle/dist/runtime.js'), 'in a worker, too')).toBe('5 7 true\n5 7 true\n')
  })

  it('does not count the time of its queries as that of a slow step', async () => {
    let now = 0
    const { post } = Session.prototype
    const spies = [
      vi.spyOn(process, 'hrtime').mockImplementation(() => [now, 0]),
      vi.spyOn(performance, 'now').mockImplementation(() => now * 1000),
      vi.spyOn(Session.prototype, 'post').mockImplementation(function (this: Session, ...question: unknown[]) {
        now += 1 // a second
        return Reflect.apply(post, this, question)
      }),
      vi.spyOn(console, 'warn').mockImplementation(() => {}),
      vi.spyOn(console, 'error').mockImplementation(() => {}),
    ]
    const loop = newLoop({ debug: true })
    const told: unknown[] = []
    loop.events.on('handle:slow', ({ handle, duration }) =>
      told.push([`${handle}`.split(' at ')[0], Math.round(duration)]),
    )
    loop.callSoon(function quick() {
      throw new Error('reported, with its place')
    })
    loop.callSoon(function slow() {
      now += 1
      throw new Error('reported, with its place')
    })
    loop.callSoon(() => loop.stop())
    await loop.runForever() // a blocking run would read the clock that no test can fake
    const printed = spies.slice(3).map(({ mock }) => mock.calls.length)
    for (const spy of spies) spy.mockRestore()
    expect({ told, printed, asked: now > 1 }).toEqual({
      told: [['<Handle slow()', 1000]],
      printed: [1, 2],
      asked: true,
    })
  })
})
