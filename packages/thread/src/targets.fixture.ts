// Functions that the tests run on threads.

import { writeFileSync } from 'node:fs'
import type { Coroutine } from '@spindle/loop'
import { coroutine, sleep as taskSleep } from '@spindle/task'
import { currentThread, Event, mainThread, sleep, Thread } from './index.ts'

/** Prints its arguments as they arrived. */
export function report(path: string, ...values: unknown[]): void {
  writeFileSync(path, JSON.stringify(values))
}

export function describeThreads(path: string): void {
  const here = currentThread()
  writeFileSync(path, JSON.stringify([`${here}`, here.ident, here.daemon, `${mainThread()}`]))
}

export function nothing(): void {}

export function waitFor(event: Event, seen?: Event): void {
  event.wait()
  seen?.set()
}

export function setAfter(ms: number, event: Event): void {
  sleep(ms)
  event.set()
}

export async function setLater(ms: number, event: Event): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
  event.set()
}

export function setAll(given: { deep: [Event, Map<string, Set<Event>>]; again: Event }, same: Event): void {
  const [first, map] = given.deep
  const [second] = map.get('set') ?? []
  if (first === second && first === given.again && first instanceof Event) same.set()
}

export function joins(thread: Thread, ended: Event): void {
  thread.join()
  if (!thread.isAlive()) ended.set()
}

export function startsAnother(event: Event): void {
  const child = new Thread({ target: setAfter, args: [1, event] })
  child.start()
  child.join()
}

export const leave = (): never => process.exit(3)

function inside(event: Event): void {
  event.set()
}

export { inside as renamed }

export default function (event: Event): void {
  event.set()
}

export function notExported(): () => void {
  return hidden
}
function hidden(): void {}

export function make(value: number): () => number {
  return () => value
}

export function* plainCoroutine(event: Event): Coroutine<void> {
  yield* taskSleep(5)
  event.set()
}

export const wrapped = coroutine(function* setsEvent(event: Event): Coroutine<void> {
  yield* taskSleep(5)
  event.set()
})
