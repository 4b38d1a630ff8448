// What a test of promises has around it is explored with it: stubs of the network, waits of test libraries, a logger.
// Each test below has a race that explore() must find, and a mended form that it must not complain about.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { linesEnvironment } from '../tooling/run-example.ts'

const CONFIG = `
const project = (pool) => ({ test: { name: pool, pool, globals: true, setupFiles: ['@spindle/testing/host'], include: ['*.explored.mjs'] } })
export default { test: { projects: ['forks', 'threads', 'vmThreads'].map(project) } }
`

// The field shows an answer of the server; the mended one ignores an answer that is not the latest.
const SEARCH = `
import { explore } from '@spindle/testing/explore'
export { explore }
export const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
export const search = (ask, isMended) => async () => {
  let shown = ''
  let latest = ''
  const type = async (text) => {
    latest = text
    const answer = await ask(text)
    if (!isMended || latest === text) shown = answer
  }
  const first = type('r')
  await wait(100)
  await Promise.all([first, type('ra')])
  if (shown !== 'ra') throw new Error('the field shows ' + shown)
}
export const both = (name, ask) => {
  it(name + ' is explored: a race is found', async () => {
    await expect(explore(search(ask, false), { runs: 100 })).rejects.toThrow('the program throws Error: the field shows r')
  })
  it(name + ' is explored: no complaint', () => explore(search(ask, true), { runs: 20 }))
}
`

const NOCK = `
import nock from 'nock'
import { both } from './search.mjs'
beforeAll(() => { for (const text of ['r', 'ra']) nock('http://server.test').persist().get('/' + text).delay(50).reply(200, text) })
afterAll(() => nock.restore())
both('nock', async (text) => (await fetch('http://server.test/' + text)).text())
`

const FILES = {
  'msw.explored.mjs': `
import { delay, http, HttpResponse } from 'msw'
import { setupServer } from 'msw/node'
import { both } from './search.mjs'
const server = setupServer(http.get('http://server.test/:text', async ({ params }) => {
  await delay(50)
  return HttpResponse.text(params.text)
}))
beforeAll(() => server.listen())
afterAll(() => server.close())
both('MSW', async (text) => (await fetch('http://server.test/' + text)).text())
`,
  'nock.explored.mjs': NOCK,
  'waits.explored.mjs': `
import { findByText } from '@testing-library/dom'
import { Window } from 'happy-dom'
import { pino } from 'pino'
import { both, wait } from './search.mjs'
both('findBy', async (text) => {
  const { document } = new Window()
  setTimeout(() => { document.body.innerHTML = '<p>' + text + '</p>' }, 50)
  return (await findByText(document.body, text)).textContent
})
both('vi.waitFor', async (text) => {
  let answer
  setTimeout(() => { answer = text }, 50)
  return vi.waitFor(() => { if (answer === undefined) throw new Error('not yet'); return answer })
})
both('pino', async (text) => {
  let line = ''
  const logger = pino({}, { write: (written) => { line = written } })
  await wait(50)
  logger.info(text)
  return JSON.parse(line).msg
})
`,
}

type Report = { readonly testResults: readonly { readonly assertionResults: readonly Result[] }[] }

interface Result {
  readonly title: string
  readonly status: string
  readonly failureMessages: readonly string[]
}

let results: readonly Result[]

beforeAll(() => {
  const folder = mkdtempSync(join(linesEnvironment().cwd, 'libraries-'))
  try {
    for (const [name, text] of Object.entries({ ...FILES, 'search.mjs': SEARCH, 'vitest.config.mjs': CONFIG }))
      writeFileSync(join(folder, name), text)
    const vitest = join(createRequire(import.meta.url).resolve('vitest/package.json'), '../vitest.mjs')
    const args = [vitest, 'run', '--root', folder, '--reporter=json', '--outputFile=report.json']
    // Without what the outer Vitest has set for its own workers.
    const own = Object.entries(process.env).filter(([name]) => !/^(?:VITEST|NODE_OPTIONS|NODE_ENV|TEST$)/.test(name))
    spawnSync(process.execPath, args, { cwd: folder, env: Object.fromEntries(own) })
    const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as Report
    results = report.testResults.flatMap(({ assertionResults }) => assertionResults)
  } finally {
    rmSync(folder, { recursive: true })
  }
}, 300_000)

describe('explore(), in the pools forks, threads and vmThreads of Vitest', () => {
  it.each(['MSW', 'nock', 'findBy', 'vi.waitFor', 'pino'])('explores what %s does, and refuses nothing', (name) => {
    const ours = results.filter(({ title }) => title.startsWith(`${name} `))
    expect(ours.flatMap(({ failureMessages }) => failureMessages)).toEqual([])
    expect(ours.map(({ status }) => status)).toEqual(Array(6).fill('passed'))
  })
})
