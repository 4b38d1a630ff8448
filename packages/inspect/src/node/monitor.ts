// Answers the `spindle` command. Each connection has one request, a line of JSON,
// and the answer is lines of JSON. Only the user who runs the process can connect.

import { rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import type { EventLoop, Task } from 'spindle'
import { onNewLoop } from 'spindle/tools'
import { printable } from '../printable.ts'
import { actorsInTasks } from '../recorder/actors.ts'
import { Numbers } from '../recorder/numbers.ts'
import { listenForOwner } from './listen-for-owner.ts'
import { answerInAStep } from './present-step.ts'
import { RecordingStream } from './recording-stream.ts'
import { type Details, snapshot } from './snapshot.ts'
import { socketPath, stepSocketPath } from './socket-directory.ts'

export type MonitorRequest =
  | { readonly do: 'tasks'; readonly details: Details }
  | { readonly do: 'cancel'; readonly id: number; readonly by: string }
  | { readonly do: 'record'; readonly ms: number }

const MAX_REQUEST = 10_000
const MAX_OPERATOR = 200
const MAX_MS = 3_600_000
const [NOTE_MS, MAX_SHARE] = [250, 0.005]

/**
 * Lets the `spindle` command of this user inspect the loops that this thread creates from now on.
 * @throws Error if the folder of the sockets belongs to another user, or if the process may not create a socket there
 */
export function monitor(): Disposable {
  const loops = new Set<EventLoop>()
  const numbers = new Numbers(actorsInTasks())
  const path = socketPath(process.pid)
  const server = createServer((socket) => answer(socket, loops, numbers))
  server.on('error', (error) => console.error(`spindle cannot look at this process: ${printable(error.message)}`))
  listenForOwner(server, path)
  server.unref()
  const helper = startHelper(stepSocketPath(process.pid))
  // Waits are noted now and then, not at each step: that would cost more than a step.
  let [due, timer] = [performance.now(), undefined as NodeJS.Timeout | undefined]
  const note = (): void => {
    const start = performance.now()
    for (const loop of loops) numbers.past.noteWaits(loop)
    const end = performance.now()
    due = end + Math.max(NOTE_MS, (end - start) / MAX_SHARE)
    timer = setTimeout(note, due - end).unref()
  }
  note()
  const stopAnswering = answerInAStep(loops, numbers, () => Math.max(0, performance.now() - due))
  const watched = new Set<() => void>()
  const stopHearing = onNewLoop((loop) => {
    loops.add(loop)
    const unwatch = numbers.past.watch(loop)
    watched.add(unwatch)
    loop.closeCallbacks.add(() => {
      loops.delete(loop)
      watched.delete(unwatch)
    })
  })
  const remove = (): void => {
    rmSync(path, { force: true })
    rmSync(stepSocketPath(process.pid), { force: true })
  }
  process.once('exit', remove)
  return {
    [Symbol.dispose]() {
      stopHearing()
      server.close()
      remove()
      for (const unwatch of watched) unwatch()
      clearTimeout(timer)
      stopAnswering()
      void helper?.terminate()
      process.off('exit', remove)
    },
  }
}

/** The thread that answers on its own socket while this one computes; undefined where threads are not allowed. */
function startHelper(path: string): Worker | undefined {
  const isSource = import.meta.url.endsWith('.ts') // and then it needs what loads TypeScript
  try {
    const worker = new Worker(new URL(`./step-thread.${isSource ? 'ts' : 'js'}`, import.meta.url), {
      workerData: { path, mayInspect: mayInspect() },
      env: {},
      stdin: false,
      ...(isSource ? {} : { execArgv: [] }),
    })
    worker.on('error', () => {}) // without it `why` says that the process does not answer
    worker.unref()
    return worker
  } catch {
    return undefined
  }
}

/** Without the permission, an attempt to connect to the inspector ends the process. */
function mayInspect(): boolean {
  const { permission } = process as { permission?: { has(what: string): boolean } }
  return permission === undefined || permission.has('inspector')
}

function answer(socket: Socket, loops: ReadonlySet<EventLoop>, numbers: Numbers): void {
  let text = ''
  socket.unref()
  socket.on('error', () => {}) // the client has disconnected
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => {
    text += chunk
    if (text.length > MAX_REQUEST) return void socket.destroy()
    if (!text.includes('\n')) return
    socket.removeAllListeners('data')
    try {
      respond(socket, JSON.parse(text) as MonitorRequest, loops, numbers)
    } catch (error) {
      end(socket, { error: String(error) })
    }
  })
}

function respond(socket: Socket, request: MonitorRequest, loops: ReadonlySet<EventLoop>, numbers: Numbers): void {
  switch (request.do) {
    case 'tasks':
      return end(socket, snapshot(loops, numbers, request.details))
    case 'cancel': {
      const task = [...loops].flatMap((loop) => [...loop.tasks]).find((one) => numbers.of(one) === request.id)
      const by = `cancelled by ${printable(String(request.by)).slice(0, MAX_OPERATOR)}`
      const cancelled = task !== undefined && (task as Task).cancel(by)
      if (cancelled) console.error(printable(`spindle: ${task.getName()} #${request.id} is ${by}`))
      return end(socket, { cancelled })
    }
    case 'record': {
      const { ms } = request
      if (!(ms >= 1 && ms <= MAX_MS)) throw new RangeError(`expected a number of ms from 1 to ${MAX_MS}, got ${ms}`)
      const send = (part: object): boolean => socket.write(`${JSON.stringify(part)}\n`)
      const stream = new RecordingStream((text) => send({ text }), { numbers })
      for (const loop of loops) stream.watch(loop)
      stream.flush()
      const timer = setTimeout(() => end(socket, { text: stream.end(), complete: true }), ms).unref()
      // The client may have disconnected before.
      return void socket.once('close', () => {
        clearTimeout(timer)
        stream.end()
      })
    }
    default:
      return end(socket, { error: `this process does not know ${JSON.stringify(request)}: update @spindle/inspect` })
  }
}

function end(socket: Socket, value: unknown): void {
  socket.end(`${JSON.stringify(value)}\n`)
}
