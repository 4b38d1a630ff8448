// The `spindle` command. `main.ts` passes it the arguments and the two outputs. What needs the package spindle is
// imported where it is used: the await tree of another process does not, and `npx` need not have installed it.

import { closeSync, statSync, writeSync } from 'node:fs'
import { userInfo } from 'node:os'
import { parseArgs } from 'node:util'
import { checkRunning } from '../await-tree/attach.ts'
import type { ProcessLook } from '../await-tree/await-tree.ts'
import { ask, askOnce, NoAnswerError, noAnswer } from '../node/ask.ts'
import type { MonitorRequest } from '../node/monitor.ts'
import type { Details, ProcessSnapshot } from '../node/snapshot.ts'
import { type MonitoredProcess, monitoredProcesses, stepSocketPath } from '../node/socket-directory.ts'
import type { StepAnswer } from '../node/step-thread.ts'
import { summary } from '../pictures/account.ts'
import { printable } from '../printable.ts'
import type { Recording } from '../recording.ts'
import { parseRecording } from '../recording-file/parse.ts'
import { diagnose, endOf, seconds } from '../replay/diagnose.ts'
import type { TaskState } from '../replay/frame.ts'
import { type ReplayState, shownReplay } from '../replay/replay.ts'
import { whatWoke } from '../replay/what-woke.ts'
import { awaitTreeOf, type Consent, formatLook } from './await-tree-of.ts'
import { compareFiles, readRecording } from './compare-files.ts'
import { exploreFile } from './explore-file.ts'
import { formatTop } from './top.ts'
import { findTasks, formatState, formatTree, formatWhy, headOf, stateOf, title, titles, unfinished } from './trees.ts'

export class UsageError extends Error {}

export interface CommandOutput {
  write(text: string): void
  /** Whether it is a terminal, on which a table can be redrawn. */
  readonly isTerminal: boolean
  /** Asks a question; returns undefined if nobody can answer. */
  confirm?(question: string): Promise<boolean | undefined>
}

export const USAGE = `spindle                                           a prompt: yield* waits, Tasks go on between lines
spindle draw <file> [--text | --trace] [--dark]   a recording as a picture (SVG), as text, for Perfetto
             [--width <px>] [--span <ms>] [--focus <task>]   how wide, true time over so many ms, one Task
spindle diff <file> <file>                        where two recordings of a program differ
spindle explore <file> [--runs <n>] [--seed <n>] [--replay <text>]
                                                  the \`main\` that a module exports, in each order that can occur
spindle ps                                        the processes that can be looked at
spindle pstree <pid> [--yes]                      who awaits whom, in any process of Node.js: async functions and Tasks
spindle pstree [<pid> | <file>]                   who waits for whom: now, or at the end of a recording
spindle why [<task>] [--pid <pid>] [--yes]        why a Task, or the process, does not continue
spindle why <file> [<task>]                       the same of a recording, and what woke the Task last
spindle top [<pid>] [--count <n>]                 switches per second, lag, the longest steps
spindle cancel <task> [--pid <pid>]               cancels a Task
spindle record [<seconds>] --output <file> [--pid <pid>]

\`pstree <pid>\` and \`why <pid>\` look at any process of yours, and first say what that does to it; --yes agrees. The
others need a process that was started with \`node --import @spindle/inspect/monitor\`; --promises shows its async
functions, too.
A Task is named by its name or '#number' as \`spindle pstree\` shows it: a Task without a name has that of its function.
`

const ANSWER_MS = 1000
/** A busy machine takes seconds. */
const PATIENCE_MS = 10_000
const TOP_MS = 1000

/** @throws UsageError if the arguments are invalid; Error if the command fails */
export async function runCommand(args: readonly string[], output: CommandOutput): Promise<void> {
  const { positionals, values } = parse(args)
  const [command, argument, second, ...more] = positionals
  const file = (command === 'pstree' || command === 'why') && isFile(argument) ? argument : undefined
  // One argument of `why` may be the name of a Task; the first of two is a recording.
  if (command === 'why' && file === undefined && (second !== undefined || argument?.endsWith('.jsonl')))
    throw new UsageError(`why: there is no file ${JSON.stringify(argument)}`)
  const takesTwo = command === 'diff' || (command === 'why' && file !== undefined)
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
  const consent: Consent = { yes: values.yes === true, confirm: async (question) => output.confirm?.(question) }
  switch (command) {
    case undefined:
    case 'help':
      return output.write(USAGE)
    case 'draw':
      return output.write(await drawn(argument, values))
    case 'diff':
      if (second === undefined) throw new UsageError('diff: which two files?')
      return output.write(compareFiles(argument!, second))
    case 'explore': {
      if (argument === undefined) throw new UsageError('explore: which file?')
      const { text, hasFailed } = await exploreFile(argument, values)
      if (hasFailed) process.exitCode = 1
      return output.write(text)
    }
    case 'ps':
      return output.write(await listProcesses())
    case 'pstree':
      if (file !== undefined) return output.write(recordedTree(readRecording(file)))
      if (isForeign(argument)) return output.write(await awaitTreeOf(Number(argument), consent))
      if (values.promises) return output.write(await awaitsWithin(targetOf(), consent))
      return output.write(
        await whenAnswered(targetOf(), 'lines', (found) =>
          formatTree(stateOf(found), diagnose(found.recording, found.now)),
        ),
      )
    case 'why':
      if (file !== undefined) return output.write(whyRecorded(readRecording(file), second))
      if (isForeign(argument ?? values.pid))
        return output.write(await awaitTreeOf(Number(argument ?? values.pid), consent))
      // The number of a process, too, as `spindle ps` shows it.
      return isMonitored(argument)
        ? output.write(await why(findProcess(argument), undefined))
        : output.write(await why(target(), argument))
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
        yes: { type: 'boolean', short: 'y' },
        promises: { type: 'boolean' },
        pid: { type: 'string' },
        count: { type: 'string' },
        output: { type: 'string', short: 'o' },
        text: { type: 'boolean' },
        trace: { type: 'boolean' },
        dark: { type: 'boolean' },
        width: { type: 'string' },
        span: { type: 'string' },
        runs: { type: 'string' },
        seed: { type: 'string' },
        replay: { type: 'string' },
        focus: { type: 'string' },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

async function drawn(file: string | undefined, { text, trace, dark, width, span, focus }: Options): Promise<string> {
  if (file === undefined) throw new UsageError('draw: which file?')
  const recording = readRecording(file)
  const task = focus === undefined ? undefined : single(endOf(shownReplay(recording)), focus, true).id
  if (text) return (await import('../pictures/text.ts')).toText(recording)
  if (trace) return `${JSON.stringify((await import('../pictures/trace.ts')).toTrace(recording))}\n`
  const { toSVG } = await import('../pictures/draw.ts')
  const numbers = { width, span, focus: task }
  const given = Object.entries(numbers).flatMap(([name, value]) => (value === undefined ? [] : [[name, Number(value)]]))
  try {
    return `${toSVG(recording, { theme: dark ? 'dark' : 'light', title: file, ...Object.fromEntries(given) })}\n`
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(`draw: --${error.message}`) : error
  }
}

function isFile(path: string | undefined): path is string {
  return path !== undefined && statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

function findProcess(pid: string | undefined): MonitoredProcess {
  const all = monitoredProcesses().filter(isAlive)
  const wanted = pid === undefined ? all : all.filter((one) => String(one.pid) === pid)
  if (wanted.length === 1) {
    checkRunning(wanted[0]!.pid)
    return wanted[0]!
  }
  if (wanted.length > 1)
    throw new UsageError(`which process? Say --pid ${wanted.map((one) => one.pid).join(', or --pid ')}`)
  const what = pid === undefined ? 'no process can' : `process ${pid} cannot`
  throw new Error(`${what} be looked at. Start it with \`node --import @spindle/inspect/monitor\``)
}

function isMonitored(pid: string | undefined): boolean {
  return monitoredProcesses().some((one) => String(one.pid) === pid && isAlive(one))
}

/** Whether it is the number of a process without the monitor. */
function isForeign(pid: string | undefined): boolean {
  return pid !== undefined && /^\d+$/.test(pid) && !isMonitored(pid)
}

/** The await tree, read by the helper thread of a monitored process, which needs no port; from outside if it blocks. */
async function awaitsWithin(target: MonitoredProcess, consent: Consent): Promise<string> {
  const found = await stepOf(target)
  if (found === undefined || blocksLoop(found)) return awaitTreeOf(target.pid, consent)
  const socket = stepSocketPath(target.pid)
  return formatLook((await askOnce({ pid: target.pid, socket }, { do: 'awaits' }, ANSWER_MS * 60)) as ProcessLook)
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
        if (isAlive(one)) checkRunning(one.pid)
        const found = await snapshotOf(one, 'names')
        const { program, uptime } = found
        return `${one.pid}  ${unfinished(stateOf(found)).length} Tasks, for ${Math.round(uptime)} s  ${printable(program)}`
      } catch (error) {
        const { message } = error as Error
        return message.endsWith('has ended') ? undefined : message.replace(/^process (\d+) /, '$1  ')
      }
    }),
  )
  const shown = lines.filter((line) => line !== undefined)
  return shown.length === 0 ? 'No process can be looked at.\n' : `${shown.join('\n')}\n`
}

async function stateNow(target: MonitoredProcess): Promise<ReplayState> {
  return stateOf(await snapshotOf(target, 'names'))
}

/**
 * Asks a process. On a busy machine an answer takes time, so it is given up only if a Task blocks the loop.
 * @throws NoAnswerError if there is no answer
 */
async function answerOf(target: MonitoredProcess, request: MonitorRequest): Promise<unknown> {
  const attempt = new AbortController()
  const answer = askOnce(target, request, PATIENCE_MS, attempt.signal)
  answer.catch(() => {}) // it is awaited below, or of no use
  const late = new Promise<void>((resolve) => setTimeout(resolve, ANSWER_MS).unref())
  const early = await Promise.race([answer, late])
  if (early !== undefined) return early
  const found = await stepOf(target)
  if (found !== undefined && blocksLoop(found)) {
    attempt.abort()
    throw noAnswer(target.pid)
  }
  return await answer
}

/** Whether a step has run for so long that the loop will not answer soon. */
function blocksLoop({ step }: StepAnswer): boolean {
  return step?.task !== undefined && step.duration > ANSWER_MS
}

async function snapshotOf(target: MonitoredProcess, details: Details): Promise<ProcessSnapshot> {
  const found = (await answerOf(target, { do: 'tasks', details })) as ProcessSnapshot
  if (found.recording?.version === 1) return found
  throw new Error(`process ${target.pid} has another version of @spindle/inspect: restart it with this one`)
}

/** Formats the state of a process, or says what it does instead of an answer. */
async function whenAnswered(
  target: MonitoredProcess,
  details: Details,
  format: (found: ProcessSnapshot) => string,
): Promise<string> {
  const start = performance.now()
  try {
    const found = await snapshotOf(target, details)
    const took = performance.now() - start
    return `${took > ANSWER_MS ? `It answered after ${seconds(took)}.\n\n` : ''}${format(found)}`
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error
    checkRunning(target.pid)
    const found = await stepOf(target)
    if (found !== undefined) return describeBlocked(found)
    const help = `\`${pstreeOf(target.pid)}\` stops it and shows the line, through the inspector of Node.js.`
    throw new Error(`process ${target.pid} does not answer, nor does its helper thread. ${help}`)
  }
}

/** The present step, from the helper thread; undefined if there is none. */
async function stepOf({ pid }: MonitoredProcess): Promise<StepAnswer | undefined> {
  try {
    return (await askOnce({ pid, socket: stepSocketPath(pid) }, { do: 'step' }, ANSWER_MS * 5)) as StepAnswer
  } catch {
    return undefined
  }
}

function pstreeOf(pid: number): string {
  return `spindle pstree ${pid} --promises`
}

/** What is known of a process whose loop does not answer: only a step that is open is said to block it. */
function describeBlocked({ step, cpu }: StepAnswer): string {
  const none = `No answer within ${PATIENCE_MS / 1000} s, but no Task blocks the loop: none is in a step.`
  const used = `The process uses ${Math.round(cpu * 100)} % of a CPU.`
  if (step === undefined)
    return `No answer: the thread stands in a call of Node.js that waits or computes, such as execSync(), the machine has no time for it, or its permission model forbids to look.\n${used}\n`
  const { task, places, tasks, duration } = step
  const others = task === undefined ? tasks : tasks - 1
  const known =
    task !== undefined
      ? `The Task ${title({ id: task.id, givenName: task.name })} blocks the loop: ${(duration / 1000).toFixed(1)} s in one step, which has not ended.`
      : places.length > 0
        ? `${none} Code outside of Tasks runs.`
        : `${none} The machine has no time for it.`
  const where = places.length === 0 ? [] : ['It stands in', ...places.map((place) => `  ${printable(place)}`)]
  const waiting = others > 0 ? [`${others} other ${others > 1 ? 'Tasks are' : 'Task is'} there.`] : []
  return `${[known, ...where, used, ...waiting].join('\n')}\n`
}

function why(target: MonitoredProcess, name: string | undefined): Promise<string> {
  const details = name === undefined ? 'lines' : { linesOf: name }
  return whenAnswered(target, details, (found) => {
    const state = stateOf(found)
    const wrong = diagnose(found.recording, found.now)
    if (name !== undefined) return formatWhy(state, single(state, name), wrong)
    const said = formatState(headOf(found, state), state, wrong)
    if (wrong.length === 0) return said
    return `${said}\n\`${pstreeOf(target.pid)}\` shows the innermost line of each Task; it stops the process for a moment.\n`
  })
}

function whyRecorded(recording: Recording, name: string | undefined): string {
  const run = shownReplay(recording)
  const state = endOf(run)
  if (name === undefined) return formatState(summary(recording), state, diagnose(recording))
  const task = single(state, name)
  const waker = whatWoke(run, state.at, task.id)
  return `${formatWhy(state, task, diagnose(recording))}${waker === undefined ? '' : `\n${waker.text}.\n`}`
}

function recordedTree(recording: Recording): string {
  return formatTree(endOf(shownReplay(recording)), diagnose(recording))
}

function single(found: ReplayState, name: string, orEnded = false): TaskState {
  const tasks = findTasks(found, name, orEnded)
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
  const { cancelled } = (await answerOf(target, { do: 'cancel', id: task.id, by })) as { cancelled: boolean }
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
  const { openForOwner } = await import('../node/recording-file.ts')
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
  const found = await snapshotOf(target, 'none')
  for (; left > 0; left--) {
    let text = ''
    const isComplete = await recorded(target, TOP_MS, (part) => {
      text += part
    })
    if (!isComplete) throw new Error(`process ${target.pid} has ended`)
    output.write(clear + formatTop(found, parseRecording(text).rows, TOP_MS))
  }
}
