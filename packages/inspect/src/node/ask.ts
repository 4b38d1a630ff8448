import { rmSync } from 'node:fs'
import { connect } from 'node:net'
import type { MonitorRequest } from './monitor.ts'
import type { MonitoredProcess } from './socket-directory.ts'
import type { StepRequest } from './step-thread.ts'

/** Thrown when a process exists, but its thread does not answer. */
export class NoAnswerError extends Error {}

export function noAnswer(pid: number): NoAnswerError {
  return new NoAnswerError(`process ${pid} does not answer: \`spindle why --pid ${pid}\` says what it does instead`)
}

type Target = Pick<MonitoredProcess, 'pid' | 'socket'>

/**
 * Asks a process, and calls `onLine` with each line of its answer until it ends, or until `onLine` returns false.
 *
 * @param timeout how long to wait for the first line, in ms
 * @param signal gives up
 * @throws NoAnswerError if there is no answer by then; Error if the process has ended
 */
export function ask(
  { pid, socket: path }: Target,
  request: MonitorRequest | StepRequest,
  timeout: number,
  onLine: (answer: unknown) => boolean,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, ...(signal && { signal }) })
    const timer = setTimeout(() => socket.destroy(noAnswer(pid)), timeout)
    let text = ''
    socket.setEncoding('utf8')
    socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`))
    socket.on('data', (chunk: string) => {
      clearTimeout(timer)
      text += chunk
      for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n')) {
        const answer: unknown = JSON.parse(text.slice(0, at))
        text = text.slice(at + 1)
        const { error } = answer as { error?: string }
        if (error !== undefined) return void socket.destroy(new Error(error))
        if (!onLine(answer)) return void socket.destroy()
      }
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET') return // killed before it had read the request: 'close' follows
      if (error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT') return reject(error)
      rmSync(path, { force: true }) // it was killed, and could not clean up
      reject(new Error(`process ${pid} has ended`))
    })
    socket.on('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

export async function askOnce(
  to: Target,
  request: MonitorRequest | StepRequest,
  timeout: number,
  signal?: AbortSignal,
): Promise<unknown> {
  let answer: unknown
  const onLine = (line: unknown): boolean => {
    answer = line
    return false
  }
  await ask(to, request, timeout, onLine, signal)
  if (answer === undefined) throw new Error(`process ${to.pid} has ended`)
  return answer
}
