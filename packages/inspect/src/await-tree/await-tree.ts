// The await tree of a thread: takes one heap snapshot through the inspector, and asks where its functions stand.

import { grouped } from '../grouped.ts'
import { type FunctionPlace, HeapGraph } from './heap-graph.ts'
import { type Inspector, type Params, workersOf } from './inspector.ts'
import { type Place, Scripts } from './scripts.ts'
import { type Cause, findWaiters, type Waiter } from './waits.ts'

export interface AwaitTree {
  readonly pid: number
  readonly program: string
  readonly cwd: string
  /** In s. */
  readonly uptime: number
  /** Where the thread stands if its event loop did not turn within 1 s, innermost first; otherwise empty. */
  readonly stack: readonly Place[]
  /** Everything that waits. `causes` refer to other items by their index. */
  readonly waiters: readonly PlacedWaiter[]
}

/** A Waiter with its line, as plain data. */
export interface PlacedWaiter {
  readonly name: string
  readonly place: Place
  readonly causes: readonly Cause[]
}

/** The await trees of all threads of a process, as plain data. */
export interface ProcessLook extends AwaitTree {
  readonly workers: readonly WorkerLook[]
}

export interface WorkerLook {
  /** `[worker 1]`, or with its name: `[worker 1] crawler`. */
  readonly title: string
  readonly url: string
  /** Otherwise, why there is none. */
  readonly tree: AwaitTree | string
}

export interface LookOptions {
  /** Stops the thread meanwhile, so that nothing moves on. Not possible in the same thread. */
  readonly pause: boolean
  /** Fails instead of looking if the heap is larger, in bytes: the thread is stopped for about 1 s for each 100 MB. */
  readonly maxHeap?: number
  /** How long to ask for current lines, in ms: for each question the engine walks the heap. @default 5000 */
  readonly askFor?: number
  /** Whether to close the inspector of the process in the same pause. */
  readonly closePort?: boolean
}

const ABOUT = `({ pid: process.pid, program: process.argv[1] ?? process.execPath, cwd: process.cwd(),
  uptime: process.uptime(), heap: process.memoryUsage().heapUsed })`
const CLOSE = `process.getBuiltinModule('inspector').close()`
const QUESTIONS_MS = 5000
const SAME_IN_A_ROW = 3
const MAX_STACK = 12
const TURN_MS = 1000
const ANSWER_MS = 5000

/**
 * Looks at the worker threads one after another, and then at the main thread.
 * @throws Error before the main thread is stopped, if its heap is larger than allowed
 */
export async function lookAtThreads(main: Inspector, options: LookOptions): Promise<ProcessLook> {
  const threads = (await workersOf(main)).sort((a, b) => a.title.localeCompare(b.title, 'en', { numeric: true }))
  const asks = threads.map(({ inspector }) => inspector.post('Runtime.evaluate', { expression: '0' }))
  const answers = await Promise.all(asks.map((ask) => settlesWithin(ANSWER_MS, ask).catch(() => false)))
  const workers: WorkerLook[] = []
  for (const [n, { title, url, inspector }] of threads.entries()) {
    const tree = answers[n]
      ? await lookAtAwaits(inspector, { ...options, closePort: false }).catch((error: Error) => error.message)
      : `it does not answer within ${ANSWER_MS / 1000} s`
    inspector.close()
    workers.push({ title, url, tree })
  }
  return { ...(await lookAtAwaits(main, options)), workers }
}

/** @throws Error before anything is stopped, if the heap is larger than allowed */
export async function lookAtAwaits(inspector: Inspector, options: LookOptions): Promise<AwaitTree> {
  const scripts = new Scripts()
  const chunks: Buffer[] = []
  inspector.on('Debugger.scriptParsed', (script) => scripts.add(script))
  inspector.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => void chunks.push(Buffer.from(chunk as string)))
  const { result } = (await inspector.post('Runtime.evaluate', { expression: ABOUT, returnByValue: true })) as {
    result: { value: Omit<AwaitTree, 'stack' | 'waiters'> & { heap: number } }
  }
  const { heap, ...about } = result.value
  const close = async (): Promise<void> => {
    if (options.closePort !== true) return
    await inspector.post('Runtime.evaluate', { expression: CLOSE }).catch(() => {}) // the answer cannot arrive any more
  }
  if (heap > (options.maxHeap ?? Number.POSITIVE_INFINITY)) {
    await close()
    throw new Error(
      `the heap of process ${about.pid} has ${Math.round(heap / 1e6)} MB, and stops for a long time: say --yes to look all the same`,
    )
  }
  try {
    await inspector.post('Debugger.enable')
    const next = { expression: 'new Promise((resolve) => setImmediate(resolve))', awaitPromise: true }
    const turns = !options.pause || (await settlesWithin(TURN_MS, inspector.post('Runtime.evaluate', next)))
    const stack = options.pause ? await pause(inspector, scripts) : []
    await inspector.post('HeapProfiler.enable')
    await inspector.post('HeapProfiler.takeHeapSnapshot', { reportProgress: false, captureNumericValue: true })
    const graph = new HeapGraph(chunks)
    chunks.length = 0
    const waiters = findWaiters(graph)
    const isForeign = ({ function: at }: Waiter): boolean => /^node:|^$|\/node_modules\//.test(scripts.place(at).file)
    const ownFirst = [...waiters].sort((a, b) => Number(isForeign(a)) - Number(isForeign(b)))
    const groups = grouped(ownFirst, ({ function: at, causes }) => {
      const kinds = causes.map((cause) => ('text' in cause ? cause.text : waiters[cause.waiter]!.name))
      return JSON.stringify([at, kinds])
    })
    const location = (waiter: Waiter): Promise<FunctionPlace | undefined> =>
      locationOf(graph.id(waiter.suspended), inspector)
    const lines = await locationsOf([...groups.values()], location, options.askFor ?? QUESTIONS_MS)
    const placed = waiters.map((waiter) => {
      const line = lines.get(waiter)
      const place = { ...scripts.place(line ?? waiter.function), isStart: line === undefined }
      return { name: waiter.name, place, causes: waiter.causes }
    })
    return { ...about, stack: turns ? [] : stack, waiters: placed }
  } finally {
    await close()
    inspector.close()
  }
}

async function settlesWithin(ms: number, answer: Promise<unknown>): Promise<boolean> {
  const settled = answer.then(() => true)
  settled.catch(() => {}) // the connection is closed before
  const late = new Promise<false>((resolve) => setTimeout(resolve, ms, false).unref())
  return await Promise.race([settled, late])
}

/** Stops the thread wherever it is, and returns its stack unless it is idle. */
async function pause(inspector: Inspector, scripts: Scripts): Promise<Place[]> {
  const paused = new Promise<Params>((resolve) => inspector.on('Debugger.paused', resolve))
  await inspector.post('Debugger.pause')
  // An idle thread pauses when it runs something: this.
  const idle = inspector.post('Runtime.evaluate', { expression: '0 //# sourceURL=spindle:idle' })
  idle.catch(() => {}) // it is answered after the pause, or never
  const { callFrames } = (await paused) as { callFrames: CallFrame[] }
  const places = callFrames.slice(0, MAX_STACK).map(({ functionName, location }) => {
    const { scriptId, lineNumber: line, columnNumber: column } = location
    return {
      ...scripts.place({ script: Number(scriptId), line, column }),
      function: `${functionName || '<anonymous>'}()`,
    }
  })
  return places.filter(({ file }) => !file.startsWith('spindle:idle'))
}

interface CallFrame {
  readonly functionName: string
  readonly location: { readonly scriptId: string; readonly lineNumber: number; readonly columnNumber: number }
}

/**
 * The current lines, asked one by one while there is time. If the first three of a group of equal Waiters are at the
 * same line, the others are assumed to be there, too.
 */
async function locationsOf(
  groups: readonly (readonly Waiter[])[],
  locationOf: (waiter: Waiter) => Promise<FunctionPlace | undefined>,
  askFor: number,
): Promise<Map<Waiter, FunctionPlace>> {
  const start = performance.now()
  const found = new Map<Waiter, FunctionPlace>()
  const agreed = (group: readonly Waiter[]): FunctionPlace | undefined => {
    const [first, ...others] = group.slice(0, SAME_IN_A_ROW).flatMap((waiter) => found.get(waiter) ?? [])
    return others.every(({ line, column }) => line === first?.line && column === first.column) ? first : undefined
  }
  const questions = groups.flatMap((group) => group.map((waiter, round) => ({ waiter, round, group })))
  for (const { waiter, round, group } of questions.sort((a, b) => a.round - b.round)) {
    if (round >= SAME_IN_A_ROW && agreed(group) !== undefined) continue
    if (performance.now() - start > askFor) break
    const location = await locationOf(waiter)
    if (location !== undefined) found.set(waiter, location)
  }
  for (const group of groups) {
    const location = agreed(group)
    if (location !== undefined) for (const waiter of group) if (!found.has(waiter)) found.set(waiter, location)
  }
  return found
}

async function locationOf(id: number, inspector: Inspector): Promise<FunctionPlace | undefined> {
  try {
    const { result } = (await inspector.post('HeapProfiler.getObjectByHeapObjectId', { objectId: `${id}` })) as {
      result: { objectId?: string }
    }
    const { objectId } = result
    const { internalProperties = [] } = (await inspector.post('Runtime.getProperties', {
      objectId,
      ownProperties: true,
    })) as {
      internalProperties?: { name: string; value?: { value?: unknown } }[]
    }
    await inspector.post('Runtime.releaseObject', { objectId })
    const at = internalProperties.find(({ name }) => name === '[[GeneratorLocation]]')?.value?.value as
      | { scriptId: string; lineNumber: number; columnNumber: number }
      | undefined
    return at && { script: Number(at.scriptId), line: at.lineNumber, column: at.columnNumber }
  } catch {
    return undefined // it has gone on meanwhile
  }
}
