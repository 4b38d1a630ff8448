import { rmSync } from 'node:fs'
import { connect } from 'node:net'
import type { MonitorRequest } from './monitor.ts'
import { type MonitoredProcess, stepSocketPath } from './socket-directory.ts'
import type { StepAnswer } from './step-thread.ts'

/** Thrown when a process exists, but its thread does not answer. */
export class NoAnswerError extends Error {}

/**
 * Asks a process, and calls `onLine` with each line of its answer until it ends, or until `onLine` returns false.
 *
 * @param timeout how long to wait for the first line, in ms
 * @throws NoAnswerError if there is no answer by then; Error if the process has ended
 */
export function ask(
  { pid, socket: path }: MonitoredProcess,
  request: MonitorRequest,
  timeout: number,
  onLine: (answer: unknown) => boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    const timer = setTimeout(
      () =>
        socket.destroy(
          new NoAnswerError(`process ${pid} does not answer: \`spindle why --pid ${pid}\` says what it does instead`),
        ),
      timeout,
    )
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
      clearTimeout(timer)
      const isGone = error.code === 'ECONNREFUSED' || error.code === 'ENOENT'
      if (isGone) rmSync(path, { force: true }) // it was killed, and could not clean up
      reject(isGone ? new Error(`process ${pid} has ended`) : error)
    })
    socket.on('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** Asks for one line. */
export async function askOnce(to: MonitoredProcess, request: MonitorRequest, timeout: number): Promise<unknown> {
  let answer: unknown
  await ask(to, request, timeout, (line) => {
    answer = line
    return false
  })
  if (answer === undefined) throw new Error(`process ${to.pid} has ended`)
  return answer
}

/** Asks the helper thread of a process, which answers while the process blocks. @throws Error if there is none */
export function askSteps(pid: number, timeout: number): Promise<StepAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(stepSocketPath(pid))
    const timer = setTimeout(
      () => socket.destroy(new Error(`the helper thread of process ${pid} does not answer`)),
      timeout,
    )
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      text += chunk
    })
    socket.on('error', reject)
    socket.on('close', () => {
      clearTimeout(timer)
      if (text.endsWith('\n')) resolve(JSON.parse(text) as StepAnswer)
      else reject(new Error(`the helper thread of process ${pid} has ended`))
    })
  })
}
