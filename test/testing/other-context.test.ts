// Jest, and the pools `vmThreads` and `vmForks` of Vitest, run each test file in a context of `node:vm`. Its globals
// are not those that scripts and the inspector of Node see.

import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { build } from 'esbuild'
import { beforeAll, describe, expect, it } from 'vitest'
import { root } from '../tooling/run-example.ts'

// What the host adds to the language: the language's own globals belong to the context.
const language = new Set(runInContext('Reflect.ownKeys(globalThis)', createContext()) as unknown[])
const added = Reflect.ownKeys(globalThis).filter((key) => !language.has(key))
const context = createContext(Object.fromEntries(added.map((key) => [key, Reflect.get(globalThis, key)])))

beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: "export * from 'spindle'; export * from '@spindle/testing'",
      resolveDir: join(root, 'examples'),
    },
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'spindle',
    platform: 'node',
    logLevel: 'error',
    logOverride: { 'empty-import-meta': 'silent' },
  })
  runInContext(outputFiles[0]?.text as string, context, { filename: 'file:///bundle.js' })
})

/** What `explore` says of a program, whose first line is line 1 of program.js. */
function explored(program: string, options = '{}'): Promise<string> {
  const script = `spindle.explore(${program}, ${options}).then(() => 'passed', (error) => error.message)`
  return runInContext(script, context, { filename: 'file:///program.js' }) as Promise<string>
}

describe('explore(), in a context of node:vm', () => {
  it('finds a race of an async function', async () => {
    const message = await explored(`async () => {
      let count = 0
      const add = async (ms) => {
        const before = count
        await new Promise((resolve) => setTimeout(resolve, ms))
        count = before + 1
      }
      await add(10)
      await Promise.all([add(10), add(20)])
      if (count !== 3) throw new Error('lost: ' + count)
    }`)
    expect(message).toContain('lost: 2')
  })

  it('names the lines of a deadlock of coroutines', async () => {
    const message = await explored(`function* () {
      const lock = new spindle.Lock()
      yield* lock.acquire()
      yield* lock.acquire()
    }`)
    expect(message).toMatch(/program\.js:4/)
  })

  it('names the line of a loop that does not end', async () => {
    expect(
      await explored(
        `function* () {
      yield* spindle.sleep(1)
      for (;;);
    }`,
        '{ maxTime: 500 }',
      ),
    ).toMatch(/it has not returned after 500 ms.*program\.js:3/s)
  })
})
