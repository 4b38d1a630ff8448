// Runs a module of generated programs, looks at its own await tree, and prints it as JSON.

import { Session } from 'node:inspector'
import { lookAtAwaits } from '../../packages/inspect/src/await-tree/await-tree.ts'
import { ofSession } from '../../packages/inspect/src/await-tree/inspector.ts'

const [, , module = '', askFor = '1000'] = process.argv
await import(module)
// All functions and Tasks have come to where they wait after some turns, however long each takes on a busy machine.
for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setTimeout(resolve, 1))
const session = new Session()
session.connect()
const start = performance.now()
const { waiters } = await lookAtAwaits(ofSession(session), { pause: false, askFor: Number(askFor) })
process.stdout.write(JSON.stringify({ waiters, ms: performance.now() - start }), () => process.exit())
