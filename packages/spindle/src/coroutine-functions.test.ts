// Everything that takes a coroutine takes a coroutine function as well.

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import {
  type Awaitable,
  any,
  asCompleted,
  type Coroutine,
  createTask,
  ensureFuture,
  gather,
  getHostLoop,
  getRunningLoop,
  newEventLoop,
  Runner,
  race,
  run,
  runSync,
  shield,
  taskGroup,
  waitFor,
} from './index.ts'
import { runMain } from './node.ts'

function* given(): Coroutine<string> {
  return 'given'
}

const TAKERS: Record<string, () => unknown> = {
  run: () => run(given),
  runSync: () => runSync(given),
  'Runner.run': () => new Runner().run(given),
  'Runner.runSync': () => new Runner().runSync(given),
  'loop.runUntilComplete': () => newEventLoop().runUntilComplete(given),
  'loop.runUntilCompleteSync': () => newEventLoop().runUntilCompleteSync(given),
  'loop.createTask': inTask(() => getRunningLoop().createTask(given)),
  'getHostLoop().createTask': () => getHostLoop().createTask(given),
  createTask: inTask(() => createTask(given)),
  'group.createTask': inTask(() => taskGroup((group) => group.createTask(given))),
  ensureFuture: inTask(() => ensureFuture(given)),
  shield: inTask(() => shield(given)),
  waitFor: inTask(() => waitFor(given, 1000)),
  gather: inTask(() => gather([given])),
  race: inTask(() => race([given])),
  any: inTask(() => any([given])),
  asCompleted: inTask(() => asCompleted([given]).next().value as Coroutine<string>),
}

function inTask(take: () => Awaitable<unknown>): () => Promise<unknown> {
  return () =>
    run(function* () {
      return yield* take()
    })
}

it.each(Object.entries(TAKERS))('%s takes a coroutine function', async (_name, take) => {
  expect(String(await take())).toBe('given')
})

it('runMain takes a coroutine function', async () => {
  let isRun = false
  await runMain(function* () {
    yield* given()
    isRun = true
  })
  expect(isRun).toBe(true)
})

it('no other exported function takes a coroutine alone', () => {
  const found = ['index', 'tools', 'node', 'thread'].flatMap((entry) => {
    const exports = readFileSync(new URL(`${entry}.ts`, import.meta.url), 'utf8')
    return [...exports.matchAll(/\{([^}]*)\} from '@spindle\/(\w+)'/g)].flatMap(([, names = '', name = '']) => {
      const index = readFileSync(new URL(`../../${name}/src/index.ts`, import.meta.url), 'utf8')
      return [...index.matchAll(/from '(\..*)'/g)]
        .flatMap(([, path = '']) =>
          takersOf(readFileSync(new URL(`../../${name}/src/${path}`, import.meta.url), 'utf8')),
        )
        .filter((taker) => names.includes(` ${taker},`))
    })
  })
  expect(found).toEqual(['Task', 'eagerTaskFactory']) // task factories receive a coroutine
})

/** The exported functions and constructors with a parameter that is a coroutine and no function. */
function takersOf(source: string): string[] {
  const exported = /^export (?:const|(?:async )?function\*?) (\w+)(?:[^{}]|\{ readonly [^}]*\})*/gm
  return [...source.matchAll(exported)]
    .filter(([text]) => /[(,]\s*\w+\??: (Coroutine|Awaitable)<\w+>\s*[,)]/.test(text))
    .map(([, name = '']) => name)
}
