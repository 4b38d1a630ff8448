import { fileURLToPath } from 'node:url'
import { lookAtAwaits } from './await-tree.ts'
import { formatAwaits } from './format-awaits.ts'
import { ofSession } from './inspector.ts'

/**
 * The await tree of this thread, as text: its async functions, async generators and Tasks that wait, with their lines,
 * each below the one that awaits it. For a test that hangs, or a handler that takes too long. Takes a heap snapshot,
 * which blocks the thread for about 0.5 s for each 50 MB of heap. Has no counterpart in asyncio but
 * `python -m asyncio pstree`.
 * @param options `ownOnly`: leaves out functions of packages that nothing of the program awaits, such as a test runner
 * @throws (rejects) if there is no inspector, as with `--permission`
 *
 * @example
 * ```ts
 * import { awaitTree } from '@spindle/inspect/node'
 *
 * const forever: Promise<void> = new Promise((resolve) => process.once('exit', resolve))
 * async function waits(): Promise<void> {
 *   await forever
 * }
 * void waits()
 * console.log((await awaitTree()).includes('waits()')) // prints: true
 * ```
 */
export async function awaitTree(options: { readonly ownOnly?: boolean | undefined } = {}): Promise<string> {
  const { Session } = await import('node:inspector')
  const session = new Session()
  session.connect()
  const tree = await lookAtAwaits(ofSession(session), { pause: false })
  return formatAwaits(tree, options.ownOnly, fileURLToPath(new URL('.', import.meta.url)))
}
