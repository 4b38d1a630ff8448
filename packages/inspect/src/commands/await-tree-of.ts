// `spindle pstree <pid>` and `why <pid>` of any process that runs Node.js.

import { attachToOpen, checkTarget, openAndAttach } from '../await-tree/attach.ts'
import { type AwaitTree, LargeHeapError, lookAtAwaits } from '../await-tree/await-tree.ts'
import { formatAwaits, formatPlace } from '../await-tree/format-awaits.ts'
import { printable } from '../printable.ts'

export interface Consent {
  /** `--yes`: no questions. */
  readonly yes: boolean
  /** Asks the user; undefined without a terminal. */
  confirm(question: string): Promise<boolean | undefined>
}

const MAX_HEAP = 1e9

const WHAT_IT_DOES = (pid: number): string =>
  `Process ${pid} gets SIGUSR1, on which Node.js opens its inspector on 127.0.0.1 for a few seconds. Until it is closed
again, every user of this machine could connect and run code in the process. For the heap snapshot the process stops,
about 0.5 s for each 50 MB of its heap.`

/** @throws Error if the process cannot be inspected, or if the user does not agree */
export async function awaitTreeOf(pid: number, consent: Consent): Promise<string> {
  checkTarget(pid)
  let attached = await attachToOpen(pid)
  if (attached === undefined) {
    await agree(WHAT_IT_DOES(pid), consent)
    attached = await openAndAttach(pid)
  }
  const { inspector, isOpened } = attached
  const look = { pause: true, closePort: isOpened }
  try {
    const tree = await lookAtAwaits(inspector, consent.yes ? look : { ...look, maxHeap: MAX_HEAP })
    return formatLook(tree)
  } catch (error) {
    if (!(error instanceof LargeHeapError)) throw error
    throw new Error(`${error.message}, and stops for a long time: say --yes to look all the same`)
  }
}

/** The tree below a line about the process; and where its thread is, if it does not come back to its event loop. */
export function formatLook(tree: AwaitTree): string {
  const { program, pid, uptime, stack, cwd } = tree
  const lines = [`${printable(program)}, process ${pid}, up ${Math.round(uptime)} s`, '']
  if (stack.length > 0) {
    lines.push('It has not come back to its event loop for 1 s. It is in')
    for (const place of stack) lines.push(`  ${printable(place.function ?? '')}  ${printable(formatPlace(place, cwd))}`)
    lines.push('')
  }
  return `${lines.join('\n')}\n${formatAwaits(tree)}`
}

async function agree(what: string, { yes, confirm }: Consent): Promise<void> {
  if (yes) return
  const answer = await confirm(`${what}\nContinue? [y/N] `)
  if (answer === undefined) throw new Error(`${what}\nSay --yes to agree.`)
  if (!answer) throw new Error('nothing was done')
}
