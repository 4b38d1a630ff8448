// Tests which memory executors release. Run with --expose-gc: collected.fixture.ts <thread or process>

import { type Executor, isMain, ProcessPoolExecutor, ThreadPoolExecutor } from 'spindle/thread'

export function makeObject(n: number): object {
  return { n }
}

let remembered: WeakRef<object> | undefined

export function remember(object: object): void {
  remembered = new WeakRef(object)
}

export async function hasForgotten(): Promise<boolean> {
  return remembered !== undefined && (await isCollected(remembered))
}

async function isCollected(reference: WeakRef<object>): Promise<boolean> {
  for (let time = 0; time < 20 && reference.deref() !== undefined; time++) {
    await new Promise((resolve) => setTimeout(resolve, 5)) // the target of a WeakRef that was read is kept until then
    globalThis.gc?.()
  }
  return reference.deref() === undefined
}

/** A separate function, so that nothing on the stack of the caller refers to the objects. */
function submitObject(executor: Executor): Record<string, WeakRef<object>> {
  const object = { large: new Uint8Array(1000) }
  const future = executor.submit(remember, object)
  future.result()
  return { argument: new WeakRef(object), future: new WeakRef(future) }
}

function nextOf(results: Iterator<object>): WeakRef<object> {
  return new WeakRef(results.next().value as object)
}

if (isMain(import.meta)) {
  const executor = process.argv[2] === 'process' ? new ProcessPoolExecutor(1) : new ThreadPoolExecutor(1)
  const log: Record<string, boolean> = {}
  for (const [name, reference] of Object.entries(submitObject(executor))) log[name] = await isCollected(reference)
  log['over there'] = executor.submit(hasForgotten).result()
  const results = executor.map(makeObject, [1, 2, 3])
  log['a result'] = await isCollected(nextOf(results))
  log['the next'] = await isCollected(nextOf(results))
  console.log(JSON.stringify(log), results.next().value)
  executor.shutdown()
}
