// Measures how many runs it takes to find each bug and each published race of test/bugs with the default options: the
// median of many seeds. Writes the tables of docs/reference/explore.md, if the number of seeds is left out.
//   npm run explore -- --table 200        the number of seeds; 20 if left out

import { readFileSync, writeFileSync } from 'node:fs'
import { ExplorationError, type ExploreOptions, explore, type Program } from '@spindle/testing'
import { bugs } from './all.ts'
import type { Bug } from './bug.ts'
import { load, races } from './published/all.ts'
import { rowOfBug, rowOfRace } from './rows.ts'

const SEEDS = Number(process.argv[3] ?? 20)
const MAX_RUNS = 500
// A bug may take this many runs, or the command fails.
const MOST_RUNS = 130
const PAGE = new URL('../../docs/reference/explore.md', import.meta.url)

interface Found {
  readonly runs: number
  readonly by: string
}

const all: number[] = []
let page = readFileSync(PAGE, 'utf8')
for (const bug of bugs) await measure(rowOfBug(bug), bug.broken, bug.options)
for (const race of races) {
  const module = await load(race.broken, race)
  await measure(rowOfRace(race), async (context: { signal: AbortSignal }) => race.program(module, context))
}
console.log(`worst ${Math.max(...all)}, sum ${all.reduce((sum, one) => sum + one, 0)}`)
if (process.argv[3] === undefined) writeFileSync(PAGE, page)
if (Math.max(...all) > MOST_RUNS) process.exitCode = 1

/** @param row the row of the page, without the result */
async function measure(row: string, program: Program<never, unknown>, options: Bug['options'] = {}): Promise<void> {
  const found: Found[] = []
  for (let seed = 1; seed <= SEEDS; seed++) found.push(await find(program, { ...options, seed }))
  const { runs, by } = found.sort((a, b) => a.runs - b.runs)[SEEDS >> 1] as Found
  all.push(runs)
  const full = `${row} ${by} | ${runs < MAX_RUNS ? runs : '–'} |`
  console.log(full)
  page = page
    .split('\n')
    .map((line) => (line.startsWith(row) ? full : line))
    .join('\n')
}

async function find(program: Program<never, unknown>, options: ExploreOptions<never, unknown>): Promise<Found> {
  try {
    await explore(program, { ...options, runs: MAX_RUNS })
  } catch (error) {
    if (error instanceof ExplorationError) return { runs: error.runs.found, by: kindsOf(error) }
    throw error
  }
  return { runs: MAX_RUNS, by: '–' }
}

/** What the schedule of a failure consists of. */
function kindsOf({ replay, kind }: ExplorationError): string {
  const kinds = replay.split('; ').map((item) => /^(?:cancel|abort|late|busy)|picks/.exec(item)?.[0] ?? 'times')
  return [...new Set([...kinds, ...(kind === 'check' ? ['check'] : [])])].join(', ').replace('picks', 'order')
}
