// `spindle pstree <pid>` and `why <pid>` of any process that runs Node.js.

import { attachToOpen, checkTarget, openAndAttach, startedBy } from '../await-tree/attach.ts'
import { type AwaitTree, lookAtThreads, type ProcessLook } from '../await-tree/await-tree.ts'
import { formatAwaits, formatPlace } from '../await-tree/format-awaits.ts'
import { toPath } from '../await-tree/scripts.ts'
import { grouped } from '../grouped.ts'
import { printable } from '../printable.ts'

export interface Consent {
  /** `--yes`: no questions. */
  readonly yes: boolean
  /** Asks the user; undefined without a terminal. */
  confirm(question: string): Promise<boolean | undefined>
}

const MAX_HEAP = 1e9
const [MAX_STARTED, MAX_COMMAND] = [20, 100]

const WHAT_IT_DOES = (pid: number): string =>
  `Process ${pid} gets SIGUSR1, on which Node.js opens its inspector on 127.0.0.1 for a few seconds. Until it is closed
again, every user of this machine could connect and run code in the process. For the heap snapshot the process stops,
about 0.5 s for each 50 MB of its heap.`

/** @throws Error if the process cannot be inspected, or if the user does not agree */
export async function awaitTreeOf(pid: number, consent: Consent): Promise<string> {
  checkTarget(pid)
  const open = await attachToOpen(pid)
  if (open === undefined) await agree(WHAT_IT_DOES(pid), consent)
  const inspector = open ?? (await openAndAttach(pid))
  const maxHeap = consent.yes ? Number.POSITIVE_INFINITY : MAX_HEAP
  return formatLook(await lookAtThreads(inspector, { pause: true, closePort: open === undefined, maxHeap }))
}

/** `It started 4712  node worker.js`: the process that was asked about may be a launcher such as `npm` or `tsx`. */
function formatStarted(pid: number): string {
  const started = startedBy(pid).map(({ pid, command }) => `\n  ${pid}  ${printable(command.slice(0, MAX_COMMAND))}`)
  return started.length === 0
    ? ''
    : `\nIt started other processes of Node.js:${started.slice(0, MAX_STARTED).join('')}\n`
}

/** The tree of each thread, below a line about the process. */
export function formatLook(look: ProcessLook): string {
  const { program, pid, uptime, cwd, workers } = look
  const alike = grouped(workers, ({ url, tree }) => {
    const place = formatPlace({ file: toPath(url) || '[eval]', line: 0, column: 0 }, cwd)
    return `${printable(place)}\n\n${typeof tree === 'string' ? `${printable(tree)}\n` : formatThread(tree)}`
  })
  const others = [...alike].map(
    ([text, group]) => `\n${group.map(({ title }) => printable(title)).join(', ')}  ${text}`,
  )
  return `${printable(program)}, process ${pid}, up ${Math.round(uptime)} s\n\n${formatThread(look)}${others.join('')}${formatStarted(pid)}`
}

/** The tree, and where the thread is, if it does not come back to its event loop. */
function formatThread(tree: AwaitTree): string {
  if (tree.stack.length === 0) return formatAwaits(tree)
  const lines = tree.stack.map((place) => `  ${printable(`${place.function}  ${formatPlace(place, tree.cwd)}`)}\n`)
  return `It has not come back to its event loop for 1 s. It is in\n${lines.join('')}\n${formatAwaits(tree)}`
}

async function agree(what: string, { yes, confirm }: Consent): Promise<void> {
  if (yes) return
  const answer = await confirm(`${what}\nContinue? [y/N] `)
  if (answer === undefined) throw new Error(`${what}\nSay --yes to agree.`)
  if (!answer) throw new Error('nothing was done')
}
