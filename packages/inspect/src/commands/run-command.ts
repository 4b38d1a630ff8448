// The `spindle` command. `main.ts` passes it the arguments and the two outputs.

import { closeSync, statSync, writeSync } from 'node:fs'
import { userInfo } from 'node:os'
import { parseArgs } from 'node:util'
import { ask, askOnce, NoAnswerError } from '../node/ask.ts'
import { openForOwner } from '../node/recording-file.ts'
import type { Details, ProcessSnapshot } from '../node/snapshot.ts'
import { type MonitoredProcess, monitoredProcesses, stepSocketPath } from '../node/socket-directory.ts'
import type { StepAnswer } from '../node/step-thread.ts'
import { lookIntoStopped } from '../node/stopped.ts'
import { summary } from '../pictures/account.ts'
import { toSVG } from '../pictures/draw.ts'
import { toText } from '../pictures/text.ts'
import { toTrace } from '../pictures/trace.ts'
import { printable } from '../printable.ts'
import type { Recording } from '../recording.ts'
import { parseRecording } from '../recording-file/parse.ts'
import { endOf } from '../replay/diagnose.ts'
import type { TaskState } from '../replay/frame.ts'
import { type ReplayState, shownReplay } from '../replay/replay.ts'
import { whatWoke } from '../replay/what-woke.ts'
import { compareFiles, readRecording, rerunFile } from './compare-files.ts'
import { formatTop } from './top.ts'
import { findTasks, formatTree, formatWhy, stateOf, title, titles, unfinished } from './trees.ts'

export class UsageError extends Error {}

export interface CommandOutput {
  write(text: string): void
  /** Whether it is a terminal, on which a table can be redrawn. */
  readonly isTerminal: boolean
}

export const USAGE = `spindle                                           a prompt: yield* waits, Tasks go on between lines
spindle draw <file> [--text | --trace] [--dark]   a recording as a picture (SVG), as text, for Perfetto
spindle diff <file> <file>                        where two recordings of a program differ
spindle rerun <file> <module>                     runs the \`main\` that a module exports again, and compares
spindle ps                                        the processes that can be looked at
spindle pstree [<pid> | <file>]                   who waits for whom: now, or at the end of a recording
spindle why [<task>] [--pid <pid>]                why a Task, or the process, does not continue
spindle why <file> [<task>]                       the same of a recording, and what woke the Task last
spindle why --inspect [--pid <pid>]               stops a process that does not answer, by Node's inspector
spindle top [<pid>] [--count <n>]                 switches per second, lag, the longest steps
spindle cancel <task> [--pid <pid>]               cancels a Task
spindle record [<seconds>] --output <file> [--pid <pid>]

A process can be looked at if it was started with \`node --import @spindle/inspect/monitor\`.
A Task is named by its name or '#number' as \`spindle pstree\` shows it: a Task without a name has that of its function.
`

const ANSWER_MS = 1000
const TOP_MS = 1000

/** @throws UsageError if the arguments are invalid; Error if the command fails */
export async function runCommand(args: readonly string[], output: CommandOutput): Promise<void> {
  const { positionals, values } = parse(args)
  const [command, argument, second, ...more] = positionals
  const file = (command === 'pstree' || command === 'why') && isFile(argument) ? argument : undefined
  // One argument of `why` may be the name of a Task; the first of two is a recording.
  if (command === 'why' && file === undefined && (second !== undefined || argument?.endsWith('.jsonl')))
    throw new UsageError(`why: there is no file ${JSON.stringify(argument)}`)
  const takesTwo = command === 'diff' || command === 'rerun' || (command === 'why' && file !== undefined)
  const unexpected = command === 'ps' ? argument : takesTwo ? more[0] : second
  if (unexpected !== undefined) throw new UsageError(`${command}: unexpected argument ${JSON.stringify(unexpected)}`)
  const target = (): MonitoredProcess => findProcess(values.pid)
  const targetOf = (): MonitoredProcess => {
    const orFile = command === 'pstree' ? ', which is not a file either' : ''
    if (argument !== undefined && !/^\d+$/.test(argument))
      throw new UsageError(`${command}: expected the number of a process, got ${JSON.stringify(argument)}${orFile}`)
    return findProcess(argument ?? values.pid)
  }
  if (values.help) return output.write(USAGE)
  switch (command) {
    case undefined:
    case 'help':
      return output.write(USAGE)
    case 'draw':
      return output.write(drawn(argument, values))
    case 'diff':
      if (second === undefined) throw new UsageError('diff: which two files?')
      return output.write(compareFiles(argument!, second))
    case 'rerun':
      if (second === undefined) throw new UsageError('rerun: which recording, and which module?')
      return output.write(await rerunFile(argument!, second))
    case 'ps':
      return output.write(await listProcesses())
    case 'pstree':
      if (file !== undefined) return output.write(formatTree(endOf(shownReplay(readRecording(file)))))
      return output.write(await whenAnswered(targetOf(), 'lines', formatTree))
    case 'why':
      if (file !== undefined) return output.write(whyRecorded(readRecording(file), second))
      // The number of a process, too, as `spindle ps` shows it.
      return isMonitored(argument)
        ? output.write(await why(findProcess(argument), undefined, values.inspect))
        : output.write(await why(target(), argument, values.inspect))
    case 'top':
      return top(targetOf(), values.count, output)
    case 'cancel':
      return output.write(await cancel(target(), argument))
    case 'record':
      return output.write(await recordFor(target(), argument, values.output))
    default:
      throw new UsageError(`there is no command ${JSON.stringify(command)}`)
  }
}

type Options = ReturnType<typeof parse>['values']

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        inspect: { type: 'boolean' },
        pid: { type: 'string' },
        count: { type: 'string' },
        output: { type: 'string', short: 'o' },
        text: { type: 'boolean' },
        trace: { type: 'boolean' },
        dark: { type: 'boolean' },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function drawn(file: string | undefined, { text, trace, dark }: Options): string {
  if (file === undefined) throw new UsageError('draw: which file?')
  const recording = readRecording(file)
  if (text) return toText(recording)
  if (trace) return `${JSON.stringify(toTrace(recording))}\n`
  return `${toSVG(recording, { theme: dark ? 'dark' : 'light', title: file })}\n`
}

function isFile(path: string | undefined): path is string {
  return path !== undefined && statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

function findProcess(pid: string | undefined): MonitoredProcess {
  const all = monitoredProcesses().filter(isAlive)
  const wanted = pid === undefined ? all : all.filter((one) => String(one.pid) === pid)
  if (wanted.length === 1) return wanted[0]!
  if (wanted.length > 1)
    throw new UsageError(`which process? Say --pid ${wanted.map((one) => one.pid).join(', or --pid ')}`)
  const what = pid === undefined ? 'no process can' : `process ${pid} cannot`
  throw new Error(`${what} be looked at. Start it with \`node --import @spindle/inspect/monitor\``)
}

function isMonitored(pid: string | undefined): boolean {
  return monitoredProcesses().some((one) => String(one.pid) === pid && isAlive(one))
}

function isAlive({ pid }: MonitoredProcess): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function listProcesses(): Promise<string> {
  const lines = await Promise.all(
    monitoredProcesses().map(async (one) => {
      try {
        const found = (await askOnce(one, { do: 'tasks', details: 'names' }, ANSWER_MS)) as ProcessSnapshot
        const { program, uptime } = found
        return `${one.pid}  ${stateOf(found).tasks.size} Tasks, for ${Math.round(uptime)} s  ${printable(program)}`
      } catch (error) {
        return error instanceof NoAnswerError
          ? `${one.pid}  does not answer: \`spindle why --pid ${one.pid}\``
          : undefined
      }
    }),
  )
  const shown = lines.filter((line) => line !== undefined)
  return shown.length === 0 ? 'No process can be looked at.\n' : `${shown.join('\n')}\n`
}

async function stateNow(target: MonitoredProcess, details: Details = 'names'): Promise<ReplayState> {
  return stateOf((await askOnce(target, { do: 'tasks', details }, ANSWER_MS)) as ProcessSnapshot)
}

/** Formats the state of a process. If it does not answer, describes the activity of its thread. */
async function whenAnswered(
  target: MonitoredProcess,
  details: Details,
  format: (state: ReplayState) => string,
  describe = describeBlocked,
): Promise<string> {
  try {
    return format(await stateNow(target, details))
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error
    return describe(target)
  }
}

/** The answer of the helper thread, for a process that does not answer. */
async function describeBlocked(target: MonitoredProcess): Promise<string> {
  const { pid } = target
  const advice =
    target.port === 0
      ? 'Nor can it be stopped to look where it stands: it has no inspector, or handles SIGUSR1 itself.'
      : `\`spindle why --inspect --pid ${pid}\` stops it and reads where it stands. ${INSPECT_MEANS}`
  let found: StepAnswer
  try {
    found = (await askOnce({ pid, socket: stepSocketPath(pid) }, undefined, ANSWER_MS * 5)) as StepAnswer
  } catch {
    throw new Error(`process ${pid} does not answer, and has no helper thread that could. ${advice}`)
  }
  const { task, tasks, duration, sleeps } = found
  const who =
    task === undefined ? `The thread of process ${pid}` : `The Task ${title({ id: task.id, givenName: task.name })}`
  const since = `${(duration / 1000).toFixed(1)} s`
  return [
    `${who} ${describeBlock(sleeps)}. ${task === undefined ? `No Task has run for ${since}.` : `This step has taken ${since} so far.`}`,
    ...(task === undefined || task.at === ''
      ? []
      : [task.inThisStep ? 'It began in' : 'An earlier step began in', `  ${printable(task.at)}`]),
    ...othersWait(task === undefined ? tasks : tasks - 1),
    advice,
    '',
  ].join('\n')
}

/** @param sleeps undefined if the system does not say */
function describeBlock(sleeps: boolean | undefined): string {
  if (sleeps === undefined) return 'keeps the thread, and no loop gets a turn meanwhile'
  return sleeps
    ? 'blocks the thread: it sleeps, and no loop gets a turn until it wakes'
    : 'computes, and no loop gets a turn until it waits'
}

function othersWait(count: number): string[] {
  return count > 0 ? [`${count} other ${count > 1 ? 'Tasks wait' : 'Task waits'} meanwhile.`] : []
}

const INSPECT_MEANS =
  'It opens the inspector of Node for that moment, through which every user of this machine can run code in the process.'

async function describeStopped(target: MonitoredProcess): Promise<string> {
  const { stack, sleeps, process: found } = await lookIntoStopped(target)
  const tasks = found === undefined ? [] : unfinished(stateOf(found))
  const running = tasks.find(({ status }) => status === 'running')
  const who = running === undefined ? `The thread of process ${target.pid}` : `The Task ${title(running)}`
  return [
    `${who} ${describeBlock(sleeps)}. It stands in`,
    ...stack.map((place) => `  ${printable(place)}`),
    ...othersWait(tasks.filter((task) => task !== running).length),
    `Node's inspector was open on 127.0.0.1:${target.port} for this.`,
    '',
  ].join('\n')
}

function why(target: MonitoredProcess, name: string | undefined, inspect = false): Promise<string> {
  const details = name === undefined ? 'lines' : { linesOf: name }
  const format = (state: ReplayState): string => {
    if (name !== undefined) return formatWhy(state, single(state, name))
    const tasks = unfinished(state)
    const waiting = tasks.filter(({ status }) => status === 'waiting').length
    return `The loop of process ${target.pid} answers: it is not blocked. ${waiting} of ${tasks.length} Tasks wait.\n\n${formatTree(state)}`
  }
  return whenAnswered(target, details, format, inspect ? describeStopped : describeBlocked)
}

function whyRecorded(recording: Recording, name: string | undefined): string {
  const run = shownReplay(recording)
  const state = endOf(run)
  if (name === undefined) return `${summary(recording)}\n\n${formatTree(state)}`
  const task = single(state, name)
  const waker = whatWoke(run, state.at, task.id)
  return `${formatWhy(state, task)}${waker === undefined ? '' : `\n${waker.text}.\n`}`
}

function single(found: ReplayState, name: string): TaskState {
  const tasks = findTasks(found, name)
  if (tasks.length === 1) return tasks[0]!
  if (tasks.length > 1) {
    const ids = tasks.slice(0, 20).map(({ id }) => `'#${id}'`)
    throw new UsageError(`which ${name}? ${ids.join(', ')}${tasks.length > 20 ? `, … (${tasks.length})` : ''}`)
  }
  const all = unfinished(found)
  throw new Error(`there is no Task ${name}. There ${all.length === 0 ? 'is none' : `are ${titles(all)}`}`)
}

async function cancel(target: MonitoredProcess, name: string | undefined): Promise<string> {
  if (name === undefined) throw new UsageError('cancel: which Task?')
  const task = single(await stateNow(target), name)
  const by = `${operator()} with \`spindle cancel\` (process ${process.pid})`
  const { cancelled } = (await askOnce(target, { do: 'cancel', id: task.id, by }, ANSWER_MS)) as { cancelled: boolean }
  return cancelled ? `Requested the cancellation of ${title(task)}.\n` : `${title(task)} has already ended.\n`
}

/** The user who gives the command, for the log of the other process. */
function operator(): string {
  try {
    const { username } = userInfo()
    const before = process.env['SUDO_USER']
    return before === undefined ? username : `${before} as ${username}`
  } catch {
    return `user ${process.getuid?.() ?? 'unknown'}` // has no name, as in a container
  }
}

async function recordFor(target: MonitoredProcess, seconds = '5', file: string | undefined): Promise<string> {
  const ms = Number(seconds) * 1000
  if (!(ms >= 1 && ms <= 3_600_000)) throw new UsageError(`record: expected seconds, at most 3600, got ${seconds}`)
  if (file === undefined) throw new UsageError('record: which file? Say --output run.jsonl')
  await stateNow(target) // fails at once if it does not answer now
  const opened = openForOwner(file)
  let isComplete = false
  try {
    isComplete = await recorded(target, ms, (text) => writeSync(opened, text))
  } finally {
    closeSync(opened)
  }
  const { rows } = readRecording(file)
  const note = isComplete ? '' : `. Process ${target.pid} has ended before the time was over`
  return `${rows.length} events are in ${file}${note}\n`
}

/** Writes the parts of a recording of `ms`. Returns whether it is complete. */
async function recorded(target: MonitoredProcess, ms: number, write: (text: string) => void): Promise<boolean> {
  let isComplete = false
  await ask(target, { do: 'record', ms }, ms + 10 * ANSWER_MS, (answer) => {
    const { text, complete = false } = answer as { text: string; complete?: boolean }
    write(text)
    isComplete = complete
    return !complete
  })
  return isComplete
}

async function top(target: MonitoredProcess, count: string | undefined, output: CommandOutput): Promise<void> {
  let left = count === undefined ? (output.isTerminal ? Number.POSITIVE_INFINITY : 1) : Number(count)
  if (!(left >= 1)) throw new UsageError(`top: expected how many tables, got ${count}`)
  const clear = output.isTerminal ? '\u001b[H\u001b[2J' : ''
  const found = (await askOnce(target, { do: 'tasks', details: 'none' }, ANSWER_MS)) as ProcessSnapshot
  for (; left > 0; left--) {
    let text = ''
    const isComplete = await recorded(target, TOP_MS, (part) => {
      text += part
    })
    if (!isComplete) throw new Error(`process ${target.pid} has ended`)
    output.write(clear + formatTop(found, parseRecording(text).rows, TOP_MS))
  }
}
