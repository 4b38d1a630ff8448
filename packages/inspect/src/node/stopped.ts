// A process that does not answer is inspected through Node's inspector, which needs no help from the thread: SIGUSR1
// opens it, `Debugger.pause` stops the thread wherever it is, and after a look the thread is resumed.

import { EventEmitter, once } from 'node:events'
import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import WebSocket from 'ws'
import type { ProcessSnapshot } from './snapshot.ts'
import type { MonitoredProcess } from './socket-directory.ts'
import { isAsleep } from './thread-state.ts'

export interface StoppedThread {
  /** `hotLoop() file:///…/main.ts:12`, innermost first. */
  readonly stack: readonly string[]
  readonly sleeps: boolean | undefined
  readonly process: ProcessSnapshot | undefined
}

const RETRY_MS = 50
const HANG_MS = 30_000 // a busy machine takes seconds
const DEPTH = 12

/** Stops a process that does not answer, reads its state, and resumes it. @throws Error if that is not possible */
export async function lookIntoStopped({ pid, port }: MonitoredProcess): Promise<StoppedThread> {
  if (port === 0) {
    throw new Error(
      `process ${pid} does not answer, and cannot be stopped: it has no inspector (--permission, --disable-sigusr1), or handles SIGUSR1 itself`,
    )
  }
  process.kill(pid, 'SIGUSR1')
  const inspector = new Inspector(await findInspector(port, pid))
  try {
    await inspector.open()
    await inspector.send('Debugger.enable')
    const sleeps = await isAsleep(pid)
    const { callFrames, tasks } = await inspector.lookInPause(pid)
    return {
      stack: ownFrames(callFrames).map((frame) => describeFrame(frame, inspector.scripts.get(frame.location.scriptId))),
      sleeps,
      process: tasks === undefined ? undefined : (JSON.parse(tasks) as ProcessSnapshot),
    }
  } finally {
    inspector.close()
  }
}

interface Look {
  readonly pid: number
  readonly tasks?: string
}

const LOOK = `({ pid: process.pid, tasks: globalThis[Symbol.for('spindle.monitor')]?.tasks() })`

// Evaluated in the pause: an endless loop would leave the port open otherwise. It ends the connection, too, and with it
// the pause.
const CLOSE = `process.getBuiltinModule('inspector').close()`

interface CallFrame {
  readonly functionName: string
  readonly location: { readonly scriptId: string; readonly lineNumber: number; readonly columnNumber: number }
}

interface Script {
  readonly scriptId: string
  readonly url: string
  readonly sourceMapURL?: string
}

/** The frames above the loop's own, which are always the same. */
function ownFrames(frames: readonly CallFrame[]): readonly CallFrame[] {
  const loop = frames.findIndex(({ functionName }) => functionName === 'resumeGenerator')
  return frames.slice(0, Math.min(loop > 0 ? loop : frames.length, DEPTH))
}

function describeFrame({ functionName, location }: CallFrame, script: Script | undefined): string {
  const { lineNumber, columnNumber } = location
  const name = `${functionName || '<anonymous>'}()`
  const original = sourceMap(script)?.findEntry(lineNumber, columnNumber)
  if (original !== undefined && 'originalSource' in original && original.originalSource) {
    const file = URL.canParse(original.originalSource, script?.url)
      ? new URL(original.originalSource, script?.url).href
      : original.originalSource
    return `${name} ${file}:${original.originalLine + 1}`
  }
  return `${name} ${script?.url ?? ''}:${lineNumber + 1}`
}

function sourceMap(script: Script | undefined): SourceMap | undefined {
  if (!script?.sourceMapURL) return undefined
  try {
    const [, data] = /^data:[^,]*;base64,(.*)$/s.exec(script.sourceMapURL) ?? []
    const text =
      data === undefined
        ? readFileSync(new URL(script.sourceMapURL, script.url), 'utf8')
        : Buffer.from(data, 'base64').toString()
    return new SourceMap(JSON.parse(text))
  } catch {
    return undefined // it does not exist, or is not a source map
  }
}

async function findInspector(port: number, pid: number): Promise<string> {
  const end = Date.now() + HANG_MS
  for (;;) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/json/list`)
      const [target] = (await response.json()) as { webSocketDebuggerUrl?: string }[]
      if (target?.webSocketDebuggerUrl !== undefined) return target.webSocketDebuggerUrl
    } catch {} // it does not exist yet
    if (Date.now() > end)
      throw new Error(`process ${pid} does not answer, not even to Node's inspector on port ${port}`)
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  }
}

class Inspector {
  readonly #socket: WebSocket
  /** Emits each answer by its number, and each event by its name. */
  readonly #messages = new EventEmitter()
  #sent = 0
  readonly scripts = new Map<string, Script>()

  constructor(url: string) {
    this.#socket = new WebSocket(url)
    this.#socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as { readonly id?: number; readonly method?: string }
      this.#messages.emit(message.method ?? `${message.id}`, message)
    })
    this.#messages.on('Debugger.scriptParsed', ({ params }: { params: Script }) =>
      this.scripts.set(params.scriptId, params),
    )
  }

  async open(): Promise<void> {
    await inTime(this.#socket, 'open')
  }

  close(): void {
    this.#socket.terminate()
  }

  /** Stops the thread, reads its state, and resumes it by closing the connection. */
  async lookInPause(pid: number): Promise<{ callFrames: readonly CallFrame[]; tasks?: string }> {
    const paused = inTime(this.#messages, 'Debugger.paused')
    await this.send('Debugger.pause')
    this.#post('Runtime.evaluate', { expression: '0' }) // a thread that is idle by now pauses only if it runs something
    const { callFrames } = (await paused)['params'] as { callFrames: readonly CallFrame[] }
    // Not in the innermost frame: that may be one of Node's own, which does not see the globals.
    const params = { expression: LOOK, returnByValue: true, silent: true }
    const { result } = (await this.send('Runtime.evaluate', params)) as { result: { value: Look } }
    const { pid: found, ...look } = result.value
    if (found !== pid) throw new Error(`its port belongs to process ${found}`)
    this.#post('Runtime.evaluate', { expression: CLOSE })
    await inTime(this.#socket, 'close')
    return { callFrames, ...look }
  }

  async send(method: string, params: object = {}): Promise<unknown> {
    const { error, result } = await inTime(this.#messages, `${this.#post(method, params)}`)
    if (error !== undefined) throw new Error((error as Error).message)
    return result
  }

  #post(method: string, params: object): number {
    this.#socket.send(JSON.stringify({ id: ++this.#sent, method, params }))
    return this.#sent
  }
}

async function inTime(from: EventEmitter, event: string): Promise<Record<string, unknown>> {
  const signal = AbortSignal.timeout(HANG_MS)
  try {
    return ((await once(from, event, { signal })) as [Record<string, unknown>])[0]
  } catch (error) {
    throw signal.aborted ? new Error(`Node's inspector does not answer: no ${event}`) : error
  }
}
