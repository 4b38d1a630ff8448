import { waitUntil } from 'spindle/internal/thread'
import { expect, it } from 'vitest'
import { ClientThread } from '../../packages/distributed/src/redis/client-thread.ts'
import { sendTwo } from './client-thread.fixture.ts'
import { until } from './redis-server.fixture.ts'

it('the receiver of a message may block until another message of the same batch', async () => {
  const seen: string[] = []
  const take = (message: string): void => {
    seen.push(message)
    if (message === 'first') seen.push(String(waitUntil(() => seen.includes('second'), 30_000, String)))
  }
  new ClientThread<never, string>('two', sendTwo, {}, { take, gone: () => seen.push('gone') }).hold(true)
  await until(() => seen.length >= 3, 'both messages')
  expect(seen).toEqual(['first', 'second', 'true'])
})
