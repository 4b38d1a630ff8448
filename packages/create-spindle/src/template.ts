/** The files of a new project, by name. */
export const TEMPLATE: Readonly<Record<string, string>> = {
  'src/main.ts': `import { run } from 'spindle'
import { greetAll } from './greet.js'

console.log(await run(greetAll(['Ann', 'Bob'])))
`,
  'src/greet.ts': `import { type Coroutine, gather, sleep } from 'spindle'

/** Greets all of them at once. Whoever cancels it cancels each greeting. */
export function* greetAll(names: readonly string[]): Coroutine<string[]> {
  return yield* gather(names.map((name) => greet(name)))
}

export function* greet(name: string): Coroutine<string> {
  try {
    yield* sleep(500) // yield* is Spindle's await
    const greeting = \`Hello, \${name}!\`
    console.log(greeting)
    return greeting
  } finally {
    yield* sleep(100) // clean-up may wait, also when it is cancelled
  }
}
`,
  'src/greet.test.ts': `import { inVirtualTime } from '@spindle/testing'
import { CancelledError, coroutine, createTask, sleep } from 'spindle'
import { describe, expect, it } from 'vitest'
import { greet, greetAll } from './greet.js'

describe('greetAll', () => {
  it(
    'greets everyone',
    inVirtualTime(function* () {
      expect(yield* greetAll(['Ann', 'Bob'])).toEqual(['Hello, Ann!', 'Hello, Bob!'])
    }),
  )
})

describe('greet', () => {
  it(
    'can be cancelled',
    coroutine(function* () {
      const task = createTask(greet('Ann'))
      yield* sleep(10)
      task.cancel()
      try {
        yield* task
        expect.fail('it was not cancelled')
      } catch (error) {
        expect(error).toBeInstanceOf(CancelledError)
      }
    }),
  )
})
`,
  'tsconfig.json': `{
  "include": ["src"],
  "compilerOptions": {
    "target": "ES2022",
    "lib": ["ES2022", "ESNext.Disposable"],
    "types": ["node"],
    "module": "NodeNext",
    "strict": true,
    "noUncheckedIndexedAccess": true,
    "skipLibCheck": true,
    "outDir": "dist"
  }
}
`,
  'eslint.config.js': `import spindle from '@spindle/eslint-plugin'
import parser from '@typescript-eslint/parser'

export default [
  { ignores: ['dist'] },
  { files: ['src/**/*.ts'], languageOptions: { parser, parserOptions: { projectService: true } } },
  spindle.configs.recommended,
]
`,
  'vitest.config.ts': `import { defineConfig } from 'vitest/config'

// Runs tests that are coroutines: it('…', coroutine(function* () { … })).
export default defineConfig({ test: { runner: '@spindle/testing/vitest-runner' } })
`,
  '.gitignore': `node_modules/
dist/
`,
}
