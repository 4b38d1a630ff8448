import { caches } from './caches.ts'
import { connections } from './connections.ts'
import { locks } from './locks.ts'
import { pools } from './pools.ts'
import { queues } from './queues.ts'
import type { PublishedRace } from './race.ts'

/** Races in packages as they were published on npm. */
export const races: readonly PublishedRace[] = [...pools, ...connections, ...caches, ...locks, ...queues]

/** Loads a version of a package: the exports of all entries that the program uses. */
export async function load(version: string, { entries = [''] }: PublishedRace): Promise<never> {
  const modules = await Promise.all(entries.map((entry) => import(version + entry) as Promise<object>))
  return Object.assign({}, ...modules) as never
}
