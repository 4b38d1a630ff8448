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
export async function ask(
  { pid, socket }: MonitoredProcess,
  request: MonitorRequest,
  timeout: number,
  onLine: (answer: unknown) => boolean,
): Promise<void> {
  const hint = `\`spindle why --pid ${pid}\` says what it does instead`
  const tooLate = new NoAnswerError(`process ${pid} does not answer: ${hint}`)
  try {
    await receive(socket, `${JSON.stringify(request)}\n`, timeout, tooLate, onLine)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (code !== 'ECONNREFUSED' && code !== 'ENOENT') throw error
    rmSync(socket, { force: true }) // it was killed, and could not clean up
    throw new Error(`process ${pid} has ended`)
  }
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
export async function askSteps(pid: number, timeout: number): Promise<StepAnswer> {
  let answer: unknown
  const tooLate = new Error(`the helper thread of process ${pid} does not answer`)
  await receive(stepSocketPath(pid), '', timeout, tooLate, (line) => {
    answer = line
    return false
  })
  if (answer === undefined) throw new Error(`the helper thread of process ${pid} has ended`)
  return answer as StepAnswer
}

/** Calls `onLine` with each line from a socket, to which `request` is written first. */
function receive(
  path: string,
  request: string,
  timeout: number,
  tooLate: Error,
  onLine: (answer: unknown) => boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    const timer = setTimeout(() => socket.destroy(tooLate), timeout)
    let text = ''
    socket.setEncoding('utf8')
    socket.on('connect', () => request !== '' && socket.write(request))
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
    socket.on('error', reject)
    socket.on('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
