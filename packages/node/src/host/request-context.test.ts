// What keeps the request for a library finds it in a handler: a tracer, a logger and an ORM, each with many requests
// side by side.

import { AsyncLocalStorage } from 'node:async_hooks'
import { type EntityManager, RequestContext } from '@mikro-orm/core'
import { context, createContextKey } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import type { Coroutine } from '@spindle/loop'
import { call, createTask, sleep } from '@spindle/task'
import pino from 'pino'
import { describe, expect, it } from 'vitest'
import { handler } from '../servers/handler.ts'

interface Request {
  readonly url: string
  readonly signal: AbortSignal
}

const urls = Array.from({ length: 60 }, (_, index) => `/${index}`)
const { signal } = new AbortController()

/**
 * Handles all requests at once; each looks at what `current` says at its start, after a wait, in a child Task and in an
 * async function.
 */
async function lookInAll(
  enter: (url: string, next: () => Promise<unknown>) => Promise<unknown>,
  current: () => unknown,
): Promise<unknown> {
  function* look(): Coroutine<unknown> {
    yield* sleep(1)
    return current()
  }
  const handle = handler(function* (_request: Request): Coroutine<unknown[]> {
    const seen = [current()]
    yield* sleep(1)
    seen.push(current())
    seen.push(yield* createTask(look()))
    seen.push(yield* call(async () => current()))
    return seen
  })
  return await Promise.all(urls.map((url) => enter(url, () => handle({ url, signal }) as Promise<unknown>)))
}

const fourTimes = urls.map((url) => [url, url, url, url])

describe('the request of a handler', () => {
  it('is found by a tracer: the active context of OpenTelemetry', async () => {
    const key = createContextKey('request')
    const manager = new AsyncLocalStorageContextManager().enable()
    context.setGlobalContextManager(manager)
    try {
      const seen = await lookInAll(
        (url, next) => context.with(context.active().setValue(key, url), next),
        () => context.active().getValue(key),
      )
      expect(seen).toEqual(fourTimes)
    } finally {
      context.disable()
    }
  })

  it('is found by a logger: the mixin of pino', async () => {
    const request = new AsyncLocalStorage<string>()
    const lines: string[] = []
    const write = (line: string): void => void lines.push(line)
    const logger = pino({ mixin: () => ({ request: request.getStore() }) }, { write })
    const seen = await lookInAll(
      (url, next) => request.run(url, next),
      () => {
        logger.info('looks')
        return (JSON.parse(String(lines.at(-1))) as { request: unknown }).request
      },
    )
    expect(seen).toEqual(fourTimes)
  })

  it('is found by an ORM: the RequestContext of MikroORM', async () => {
    let forks = 0
    const root = { name: 'default', fork: () => ({ name: 'default', of: urls[forks++] }) } as unknown as EntityManager
    const seen = await lookInAll(
      (_url, next) => RequestContext.create(root, next),
      () => (RequestContext.getEntityManager() as unknown as { of: string } | undefined)?.of,
    )
    expect(seen).toEqual(fourTimes)
  })
})
