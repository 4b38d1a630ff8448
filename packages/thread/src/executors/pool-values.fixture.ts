import { writeFileSync, writeSync } from 'node:fs'
import { sleep } from '@spindle/task'
import { reportProgress } from '../index.ts'

export function nested(depth: number): unknown {
  let object: unknown = {}
  for (let level = 0; level < depth; level++) object = { object }
  return object
}

export function* items(depth: number): Generator<unknown> {
  yield 1
  yield nested(depth)
  yield 2
}

export async function* asyncItems(): AsyncGenerator<number> {
  yield 1
}

export function waits(ms: number): Promise<string> {
  return new Promise((resolve) => setTimeout(resolve, ms, 'waited'))
}

/** To the channel of its process, where only messages of the pool are expected. */
export function writesNonsense(kind: 'module' | 'frame'): Promise<string> {
  if (kind === 'module') process.send?.(new wasm.Module(Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0])))
  else writeSync(3, Uint8Array.from([0, 0, 0, 6, 9, 9, 9, 9, 9, 9]))
  return waits(60_000)
}

export function reports(n: number): number {
  reportProgress(n)
  return n
}

/** Keeps its thread after it has returned. The file exists once it does. */
export function leavesLoop(file: string): void {
  setTimeout(() => {
    writeFileSync(file, '')
    for (;;);
  })
}

const wasm = Reflect.get(globalThis, 'WebAssembly') as { readonly Module: new (bytes: Uint8Array) => object }

export function* yieldsPromise(): Generator<unknown> {
  yield Promise.resolve()
}

export function* yieldsSleep(): Generator<never> {
  yield sleep(1) as never
}
