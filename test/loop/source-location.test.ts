import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

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
})
