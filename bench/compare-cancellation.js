// A coroutine waits inside another one. It is cancelled while it waits, and its `finally` waits twice. What does each
// library do?
// Run: npm run bench cancellation     Prints: the table in docs/explanation/other-libraries.md
//
// The first column uses an ordinary `try/finally`. The second one uses the library's own idiom for it, if it has one.

import { readFileSync } from 'node:fs'
import { installPeers } from './peers/install.js'

const peers = ['effection', 'redux-saga', 'bluebird', 'effect']

installPeers()
/** @type {Record<string, string>} */
const programs = {
  Spindle: './programs/cancellation.js',
  'async functions, AbortSignal': './peers/cancellation/abort-signal.js',
}
for (const peer of peers) programs[`${peer} ${versionOf(peer)}`] = `./peers/cancellation/${peer}.js`

const rows = []
for (const [library, program] of Object.entries(programs)) {
  const { variants } = await import(program)
  for (const [idiom, scenario] of Object.entries(variants)) {
    rows.push([library, idiom, ...verdict(await record(scenario))])
  }
}
console.log('| library | written as | its clean-up | the code after it | right |')
console.log('|---|---|---|---|:-:|')
for (const row of rows) console.log(`| ${row.join(' | ')} |`)

/** @param {(log: (what: string) => void) => Promise<unknown>} scenario */
async function record(scenario) {
  /** @type {string[]} */
  const log = []
  await scenario((what) => log.push(what))
  return log
}

/** @param {string[]} log */
function verdict(log) {
  const cleanUp = log.includes('clean-up ends')
    ? 'runs to its end'
    : (log.findLast((what) => what.startsWith('clean-up')) ?? 'does not run').replace('clean-up', 'stops after it')
  const after = log.includes('ran on') ? 'runs, though it was cancelled' : 'does not run'
  return [cleanUp, after, cleanUp === 'runs to its end' && after === 'does not run' ? 'yes' : 'no']
}

/** @param {string} peer */
function versionOf(peer) {
  return JSON.parse(readFileSync(new URL('./peers/package.json', import.meta.url), 'utf8')).dependencies[peer]
}
