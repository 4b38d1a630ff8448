// Calls whose arguments, results, errors, items and progress can't be sent, or be sent but not received, among innocent
// ones. Each ends once, the innocent ones with their result, and the pool goes on.
// Run: hostile-values.fixture.ts <thread or process> <seed> <calls>
// Prints how many calls ended how, and what went wrong.

import { writeSync } from 'node:fs'
import {
  type concurrent,
  type Executor,
  isMain,
  ProcessPoolExecutor,
  reportProgress,
  ThreadPoolExecutor,
} from 'spindle/thread'
import { randomFrom } from './random-from.fixture.ts'

export function double(n: number): number {
  return 2 * n
}

export function nested(depth: number): unknown {
  let list: unknown = []
  for (let level = 0; level < depth; level++) list = level % 3 === 0 ? { list } : [list]
  return list
}

export function take(_: unknown): string {
  return 'taken'
}

export function fail(depth: number): never {
  throw Object.assign(new RangeError('deep'), { property: nested(depth) })
}

export function failWith(depth: number): never {
  throw nested(depth)
}

export function progress(depth: number): string {
  reportProgress(nested(depth))
  return 'done'
}

export function* items(depth: number): Generator<unknown> {
  yield 1
  yield nested(depth)
  yield 3
}

const wasm = Reflect.get(globalThis, 'WebAssembly') as { readonly Module: new (bytes: Uint8Array) => object }
const EMPTY_MODULE = [0, 97, 115, 109, 1, 0, 0, 0]

export function hostile(kind: string): unknown {
  if (kind === 'wasm') return new wasm.Module(Uint8Array.from(EMPTY_MODULE))
  if (kind === 'detached') {
    const bytes = new Uint8Array(8)
    structuredClone(bytes, { transfer: [bytes.buffer] })
    return bytes
  }
  if (kind === 'proxy')
    return new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no keys')
        },
      },
    )
  if (kind === 'getter')
    return {
      get value(): never {
        throw new Error('no value')
      },
    }
  if (kind === 'function') return { inner: () => 1 }
  if (kind === 'weak') return new WeakMap()
  if (kind === 'url') return { url: new URL('http://localhost') }
  if (kind === 'headers') return [new Headers({ a: 'b' })]
  if (kind === 'signal') return AbortSignal.abort()
  if (kind === 'symbol') return Symbol('s')
  if (kind === 'rejects')
    return Promise.reject(
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('no property')
          },
        },
      ),
    )
  if (kind === 'nothing') throw null
  return 'harmless'
}

export async function* asyncItems(): AsyncGenerator<number> {
  yield 1
}

/** Writes to the channel of its process what is no message of a pool. */
export function nonsense(kind: string): unknown {
  if (kind === 'send') process.send?.(hostile('wasm'))
  if (kind === 'deep') process.send?.(nested(2100))
  if (kind === 'frame') writeSync(3, Uint8Array.from([0, 0, 0, 6, 9, 9, 9, 9, 9, 9, 9, 9]))
  return new Promise((resolve) => setTimeout(resolve, 100, 'survived'))
}

const KINDS = 'wasm detached proxy getter function weak url headers signal symbol rejects nothing'.split(' ')

async function main(): Promise<void> {
  const [kind, seed, calls] = process.argv.slice(2)
  const random = randomFrom(Number(seed))
  const isProcess = kind === 'process'
  const executor = isProcess ? new ProcessPoolExecutor(2) : new ThreadPoolExecutor(2)
  const wrong: string[] = []
  const ends = { given: 0, thrown: 0, innocent: 0 }
  let begun = 0
  const follow = (what: string, future: concurrent.Future, expected?: unknown): Promise<void> => {
    let times = 0
    begun++
    future.addDoneCallback(() => times++)
    return future
      .then(
        (value) => {
          ends.given++
          if (expected !== undefined && value !== expected) wrong.push(`${what} gave ${String(value)}`)
          else if (expected !== undefined) ends.innocent++
        },
        (error: unknown) => {
          ends.thrown++
          if (expected !== undefined) wrong.push(`${what} failed: ${String(error)}`)
        },
      )
      .then(() => new Promise((resolve) => setImmediate(resolve)))
      .then(() => {
        if (times !== 1) wrong.push(`${what} ended ${times} times`)
      })
  }
  const depth = (): number => 1000 + random(2600)
  while (begun < Number(calls)) {
    const some: Promise<void>[] = []
    for (let count = 20; count > 0; count--) {
      some.push(follow('double', executor.submit(double, begun), 2 * begun))
      some.push(...hostileCall(executor, random, depth, isProcess, follow))
    }
    if (random(3) === 0) blockOn(executor, random(2) === 0 ? 3000 : 1, wrong)
    await Promise.all(some)
  }
  if ((await executor.submit(double, 21)) !== 42) wrong.push('the pool does not go on')
  executor.shutdown()
  console.log(JSON.stringify({ ...ends, wrong: wrong.length, each: begun === ends.given + ends.thrown }))
  for (const line of wrong.slice(0, 10)) console.log(line)
}

type Follow = (what: string, future: concurrent.Future, expected?: unknown) => Promise<void>

function hostileCall(
  executor: Executor,
  random: (limit: number) => number,
  depth: () => number,
  isProcess: boolean,
  follow: Follow,
): Promise<void>[] {
  const choice = random(isProcess ? 11 : 10)
  const deep = depth()
  if (choice === 0) return [follow(`nested(${deep})`, executor.submit(nested, deep))]
  if (choice === 1) return [follow(`take(${deep})`, executor.submit(take, nested(deep)))]
  if (choice === 2) return [follow(`fail(${deep})`, executor.submit(fail, deep))]
  if (choice === 3) return [follow(`failWith(${deep})`, executor.submit(failWith, deep))]
  if (choice === 4)
    return [follow('progress', executor.with({ onProgress: () => {} }).submit(progress, deep), undefined)]
  if (choice === 5) return [takeAll(executor, deep)]
  if (choice === 6) return [follow('asyncItems', executor.submit(asyncItems as unknown as () => number))]
  if (choice === 10) {
    const kind = ['send', 'deep', 'frame'][random(3)] as string
    return [follow(kind, executor.with({ timeout: 20_000 }).submit(nonsense, kind))]
  }
  const kind = KINDS[random(KINDS.length)] as string
  return [follow(kind, executor.submit(hostile, kind))]
}

async function takeAll(executor: Executor, deep: number): Promise<void> {
  try {
    for await (const _ of executor.stream(items, deep));
  } catch {}
}

/** Waits at the end of the stack, where little of what arrives can be read. */
function blockOn(executor: Executor, frames: number, wrong: string[]): void {
  const future = executor.submit(double, 4)
  const result = ((): number => {
    const descend = (left: number): number => (left === 0 ? future.result() : descend(left - 1))
    return descend(frames)
  })()
  if (result !== 8) wrong.push(`result() gave ${result}`)
}

if (isMain(import.meta)) await main()
